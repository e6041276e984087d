//! Follows redirects without carrying credentials to another origin.

use url::Url;

use crate::{
    headers::Headers,
    reach::{OutOfReach, Reach},
    request::{Method, Request},
    safety::is_private,
};

/// As many as browsers follow is 20; APIs need one or two.
pub(crate) const MAX_REDIRECTS: usize = 10;

/// Headers that say nothing about who we are, and so may go anywhere.
const HARMLESS: [&str; 4] = ["accept", "accept-language", "user-agent", "content-type"];

/// Why a redirect is not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// `Location` is not a URL.
    NotAUrl,
    /// The next address is not https.
    NotPrivate(Url),
    /// The next address is one of this machine or of a private network, and this server's is not.
    OutOfReach(OutOfReach),
    /// A body, which may hold anything, would go to another origin.
    BodyLeaves(Url),
}

/// The request that a redirect asks for, or `None` when the answer is none (RFC 9110 §15.4). Where the server stands that
/// redirects is in `from`; of a name the address is looked at when it is resolved.
pub(crate) fn next(request: &Request, status: u16, headers: &Headers) -> Result<Option<Request>, Refusal> {
    let Some(location) = headers.get("location").filter(|_| matches!(status, 301 | 302 | 303 | 307 | 308))
    else {
        return Ok(None);
    };
    let mut url = request.url.join(location.trim()).map_err(|_| Refusal::NotAUrl)?;
    // Who asks is not for a server to say. Both fail only for addresses that have no host.
    let is_same = url.origin() == request.url.origin();
    let _ = url.set_username(if is_same { request.url.username() } else { "" });
    let _ = url.set_password(request.url.password().filter(|_| is_same));
    if !is_private(&url) {
        return Err(Refusal::NotPrivate(url));
    }
    if let Some(reach) = Reach::of_url(&url).filter(|reach| *reach < request.from) {
        let host = url.host_str().unwrap_or_default().to_owned();
        return Err(Refusal::OutOfReach(OutOfReach { host, reach }));
    }
    let mut next = request.clone();
    if status == 303 || (matches!(status, 301 | 302) && request.method == Method::Post) {
        next.method = if request.method == Method::Head { Method::Head } else { Method::Get };
        next.body = None;
    }
    if !is_same {
        if next.body.is_some() {
            return Err(Refusal::BodyLeaves(url));
        }
        next.drop_credentials();
        let is_harmless = |name: &str| HARMLESS.iter().any(|known| known.eq_ignore_ascii_case(name));
        next.headers = request.headers.iter().filter(|(name, _)| is_harmless(name)).collect();
    }
    next.url = url;
    Ok(Some(next))
}

#[cfg(test)]
mod tests {
    use pipeline_config::Secret;

    use super::*;
    use crate::request::Body;

    fn request(method: Method) -> Request {
        let mut request = Request::new(method, "https://a.test/v1/x?page=2".parse().unwrap());
        request.set_credential_header("Authorization", Secret::new("hunter2"));
        request.headers.set("X-Api-Key", "hunter3");
        request.headers.set("Accept", "application/json");
        if method == Method::Post {
            request.body = Some(Body::json("{}"));
        }
        request
    }

    fn follow(method: Method, status: u16, location: &str) -> Result<Option<Request>, Refusal> {
        next(&request(method), status, &Headers::from_iter([("Location", location)]))
    }

    #[test]
    fn keeps_credentials_within_the_origin_only() {
        let check = |location: &str, url: &str, has_credentials: bool| {
            let next = follow(Method::Get, 302, location).unwrap().unwrap();
            assert_eq!(next.url.as_str(), url);
            assert_eq!(next.has_credentials(), has_credentials, "{location}");
            assert_eq!(next.headers.get("x-api-key").is_some(), has_credentials, "{location}");
            assert!(next.headers.get("accept").is_some());
        };
        check("/v2/x", "https://a.test/v2/x", true);
        check("y?z=1", "https://a.test/v1/y?z=1", true);
        check("https://b.test/", "https://b.test/", false);
        check("https://a.test:8443/", "https://a.test:8443/", false);
        // The user's own server on this machine.
        check("http://127.0.0.1/", "http://127.0.0.1/", false);
    }

    #[test]
    fn a_server_does_not_say_who_asks() {
        let mut asked = request(Method::Get);
        for (user, location, expected) in [
            ("", "https://me:pw@a.test/y", "https://a.test/y"),
            ("", "https://me:pw@b.test/y", "https://b.test/y"),
            ("own", "https://me:pw@a.test/y", "https://own@a.test/y"),
            ("own", "/y", "https://own@a.test/y"),
            ("own", "https://b.test/y", "https://b.test/y"),
        ] {
            asked.url.set_username(user).unwrap();
            let followed = next(&asked, 302, &Headers::from_iter([("Location", location)])).unwrap().unwrap();
            assert_eq!(followed.url.as_str(), expected, "{user} {location}");
        }
    }

    #[test]
    fn leads_to_nothing_that_is_closer_than_who_leads_there() {
        let all = [
            "http://127.0.0.1/",
            "http://localhost:1/",
            "https://[::1]/",
            "https://10.0.0.1/",
            "https://8.8.8.8/",
        ];
        for (from, n_refused) in [(Reach::Loopback, 0), (Reach::Private, 3), (Reach::Public, 4)] {
            for (index, location) in all.iter().enumerate() {
                let mut asked = request(Method::Get);
                asked.from = from;
                let next = next(&asked, 302, &Headers::from_iter([("Location", *location)]));
                match index < n_refused {
                    true => assert!(matches!(next, Err(Refusal::OutOfReach(_))), "{from:?} {location}"),
                    // A name is looked at when it is resolved, with what has led there.
                    false => assert_eq!(next.unwrap().unwrap().from, from, "{from:?} {location}"),
                }
            }
        }
    }

    #[test]
    fn refuses_what_would_leak() {
        let plain = "http://a.test/".parse().unwrap();
        assert_eq!(follow(Method::Get, 301, "http://a.test/").unwrap_err(), Refusal::NotPrivate(plain));
        let other = "https://b.test/".parse().unwrap();
        assert_eq!(follow(Method::Post, 307, "https://b.test/").unwrap_err(), Refusal::BodyLeaves(other));
        assert_eq!(follow(Method::Get, 302, "https://").unwrap_err(), Refusal::NotAUrl);
    }

    #[test]
    fn turns_post_into_get_where_the_status_says_so() {
        let check = |status: u16, method: Method, has_body: bool| {
            let next = follow(Method::Post, status, "/y").unwrap().unwrap();
            assert_eq!((next.method, next.body.is_some()), (method, has_body), "{status}");
        };
        check(301, Method::Get, false);
        check(303, Method::Get, false);
        check(307, Method::Post, true);
        check(308, Method::Post, true);
        assert!(follow(Method::Get, 304, "/y").unwrap().is_none());
        assert!(follow(Method::Get, 200, "/y").unwrap().is_none());
    }
}
