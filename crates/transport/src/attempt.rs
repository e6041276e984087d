//! One attempt: a request, its redirects, and the answer read to its end.

use std::error::Error;

use jiff::Timestamp;
use pipeline_config::clipped;

use crate::{
    connections::Connections,
    headers::Headers,
    inflate::{ACCEPTED, InflateError, Inflater},
    limits::Limits,
    reach::{OutOfReach, Reach},
    redirect::{self, MAX_REDIRECTS, Refusal},
    request::{Method, Request},
    response::Response,
    stats::Stats,
};

/// The longest address that the library below takes; servers take some thousand bytes.
const MAX_URL: usize = u16::MAX as usize - 1;

/// How much of the scheme of an address a message shows.
const MAX_SCHEME: usize = 40;

/// Why an attempt gave no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The server was never reached.
    NotSent(String),
    /// The request was on its way, and no whole answer came back.
    Broken(String),
    /// Another attempt would end the same way.
    Hopeless(String),
    /// The answer is too long.
    TooLarge,
    /// A redirect that is not followed.
    Redirect(String),
}

/// Sends `request` until something other than a redirect comes back.
pub(crate) async fn attempt(
    connections: &Connections,
    request: &Request,
    limits: &Limits,
    stats: &Stats,
) -> Result<Response, Failure> {
    let mut request = request.clone();
    for _ in 0..=MAX_REDIRECTS {
        stats.count_request();
        let sent = tokio::time::timeout(limits.timeout, send(connections, &request, limits, stats)).await;
        let (response, reach) =
            sent.map_err(|_| Failure::Broken(format!("no whole answer within {:?}", limits.timeout)))??;
        request.from = request.from.max(reach);
        match redirect::next(&request, response.status, &response.headers) {
            Ok(None) => return Ok(response),
            Ok(Some(next)) => request = next,
            Err(Refusal::NotAUrl) => return Err(Failure::Redirect("the redirect leads to no URL".into())),
            Err(Refusal::NotPrivate(url)) => {
                return Err(Failure::Redirect(match url.host_str() {
                    Some(host) if url.scheme() == "http" => {
                        format!("the redirect leads to `{host}` without https")
                    }
                    _ => format!(
                        "the redirect leads to no server but to `{}:`",
                        clipped(url.scheme(), MAX_SCHEME)
                    ),
                }));
            }
            Err(Refusal::OutOfReach(refused)) => {
                return Err(Failure::Redirect(format!("the redirect is not followed: {refused}")));
            }
            Err(Refusal::BodyLeaves(url)) => {
                let host = url.host_str().unwrap_or_default();
                return Err(Failure::Redirect(format!(
                    "the redirect would send the request's body to `{host}`"
                )));
            }
        }
    }
    Err(Failure::Redirect(format!("more than {MAX_REDIRECTS} redirects")))
}

async fn send(
    connections: &Connections,
    request: &Request,
    limits: &Limits,
    stats: &Stats,
) -> Result<(Response, Reach), Failure> {
    let client = connections.to(&request.url, request.from)?;
    let mut answer = client.execute(build(client, request)?).await.map_err(|error| classify(&error))?;
    let reach = connections.answered(&request.url, answer.remote_addr());
    let status = answer.status().as_u16();
    let mut headers: Headers = answer
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    stats.compare_clocks(&headers, Timestamp::now());
    let buffer = connections.buffers.take(answer.content_length());
    let mut body = Inflater::new(&headers, buffer, limits.max_response);
    let mut n_counted = 0;
    while let Some(chunk) = answer.chunk().await.map_err(|error| classify(&error))? {
        let n_bytes = body.push(&chunk).map_err(|error| not_unpacked(error, &headers))?;
        stats.count_bytes(n_bytes);
        n_counted += n_bytes;
    }
    let body = match body.finish(&mut headers) {
        Ok(body) => body,
        Err(error) => return Err(not_unpacked(error, &headers)),
    };
    // What is packed may come out at its end only.
    stats.count_bytes(body.len().saturating_sub(n_counted));
    Ok((Response { status, headers, body, url: request.url.clone() }, reach))
}

/// Why the body of an answer was not unpacked.
fn not_unpacked(error: InflateError, headers: &Headers) -> Failure {
    let encoding = headers.get("content-encoding").unwrap_or_default();
    match error {
        InflateError::TooLarge => Failure::TooLarge,
        InflateError::Broken => Failure::Hopeless(format!(
            "the body is not `{encoding}` from its first byte to its last, as its header `Content-Encoding` says"
        )),
        InflateError::Short => {
            Failure::Broken(format!("the last bytes of the body are no whole `{encoding}`"))
        }
    }
}

/// Credentials join the URL and the headers here and nowhere else.
fn build(client: &reqwest::Client, request: &Request) -> Result<reqwest::Request, Failure> {
    let mut url = request.url.clone();
    for (name, secret) in request.credential_query() {
        url.query_pairs_mut().append_pair(name, secret.expose());
    }
    // reqwest says `builder error` of it.
    if url.as_str().len() > MAX_URL {
        let length = url.as_str().len();
        return Err(Failure::Hopeless(format!(
            "the address has {length} bytes, and HTTP takes {MAX_URL} at most"
        )));
    }
    let method = reqwest::Method::from_bytes(request.method.as_str().as_bytes())
        .expect("the names of methods are tokens");
    let mut builder = client.request(method, url);
    if request.headers.get("accept-encoding").is_none() {
        builder = builder.header("accept-encoding", ACCEPTED);
    }
    for (name, value) in request.headers.iter() {
        builder = builder.header(name, value);
    }
    for (name, secret) in request.credential_headers() {
        let mut value = reqwest::header::HeaderValue::from_str(secret.expose()).map_err(|_| {
            Failure::Hopeless(format!("the credential for `{name}` has characters no header can hold"))
        })?;
        value.set_sensitive(true);
        builder = builder.header(name, value);
    }
    if let Some(body) =
        request.body.as_ref().filter(|_| !matches!(request.method, Method::Get | Method::Head))
    {
        if request.headers.get("content-type").is_none() {
            builder = builder.header("content-type", &body.content_type);
        }
        builder = builder.body(body.bytes.clone());
    }
    builder.build().map_err(|error| Failure::Hopeless(chain(&error)))
}

fn classify(error: &reqwest::Error) -> Failure {
    if let Some(refused) = out_of_reach(error) {
        return Failure::Redirect(refused.to_string());
    }
    let problem = chain(error);
    if error.is_builder() || problem.contains("certificate") {
        // A name or an authority that is wrong now is wrong in two seconds too.
        return Failure::Hopeless(format!("{problem}{}", certificate_help(&problem)));
    }
    if error.is_connect() { Failure::NotSent(problem) } else { Failure::Broken(problem) }
}

/// What the resolver has refused, if that is the cause.
fn out_of_reach(error: &reqwest::Error) -> Option<&OutOfReach> {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(found) = inner.downcast_ref() {
            return Some(found);
        }
        cause = inner.source();
    }
    None
}

/// What to do about a certificate that rustls does not trust.
fn certificate_help(problem: &str) -> &'static str {
    if problem.contains("CaUsedAsEndEntity") {
        return "; the server shows the certificate of an authority (CA:TRUE) as its own, as `openssl req -x509` makes it: \
                make the server's with `-addext basicConstraints=critical,CA:FALSE`, and name that file in `ca_file`";
    }
    if problem.contains("UnknownIssuer") {
        return "; no authority that is trusted here has signed it: `limits: { ca_file: … }` names a PEM file with further ones";
    }
    ""
}

/// The causes of an error in words, without the URL, which the caller prints redacted.
fn chain(error: &reqwest::Error) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if words.last().is_none_or(|last| !last.contains(&text)) {
            words.push(text);
        }
        cause = inner.source();
    }
    if words.is_empty() {
        words.push(if error.is_timeout() { "timed out".into() } else { "the request cannot be sent".into() });
    }
    words.join(": ")
}

#[cfg(test)]
mod tests {
    use super::certificate_help;

    #[test]
    fn certificates_that_are_not_trusted_are_explained() {
        assert!(
            certificate_help("invalid peer certificate: UnknownIssuer").contains("`limits: { ca_file: … }`")
        );
        assert!(certificate_help("Other(OtherError(CaUsedAsEndEntity))").contains("CA:FALSE`"));
        assert_eq!(certificate_help("invalid peer certificate: Expired"), "");
    }
}
