//! What is sent.

use std::{fmt, str::FromStr};

use bytes::Bytes;
use pipeline_config::Secret;
use url::Url;

use crate::{headers::Headers, reach::Reach};

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Reads the headers only.
    Head,
    /// Asks with a body, or creates.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Removes.
    Delete,
}

impl Method {
    /// As it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Head => "HEAD",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Method {
    type Err = UnknownMethod;

    fn from_str(text: &str) -> Result<Self, UnknownMethod> {
        let all = [Method::Get, Method::Head, Method::Post, Method::Put, Method::Patch, Method::Delete];
        all.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(text)).ok_or(UnknownMethod)
    }
}

/// The text is not a method that pipelines use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not one of GET, HEAD, POST, PUT, PATCH, DELETE")]
pub struct UnknownMethod;

/// When a request may be sent a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// After any failure: a second one changes nothing that the first did not.
    Always,
    /// Only when the server has surely not acted: it was never reached, or turned the request away unread.
    WhenUnread,
}

/// The content of a request.
#[derive(Clone, PartialEq, Eq)]
pub struct Body {
    /// The bytes.
    pub bytes: Bytes,
    /// Sent as `Content-Type`.
    pub content_type: String,
}

impl Body {
    /// JSON text.
    pub fn json(text: impl Into<Bytes>) -> Self {
        Self { bytes: text.into(), content_type: "application/json".into() }
    }

    /// `a=1&b=2`, percent-encoded as HTML forms are.
    pub fn form<'p>(pairs: impl IntoIterator<Item = (&'p str, &'p str)>) -> Self {
        let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        Self { bytes: text.into(), content_type: "application/x-www-form-urlencoded".into() }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Token requests carry client secrets in their bodies.
        write!(f, "{} bytes of {}", self.bytes.len(), self.content_type)
    }
}

/// Where a credential goes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Header(String),
    Query(String),
}

/// Who can listen to a request on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Network {
    /// Anybody: it is encrypted, or does not leave this machine.
    #[default]
    Open,
    /// Machines that trust each other, such as those of a cluster.
    Trusted,
}

/// One request; its credentials are kept apart from its URL and headers.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The address, without credentials.
    pub url: Url,
    /// The headers, without credentials.
    pub headers: Headers,
    /// The content; `GET` and `HEAD` have none.
    pub body: Option<Body>,
    /// Whether it may be sent again; [`Request::new`] takes it from the method (RFC 9110 §9.2.2).
    pub repeat: Repeat,
    /// Who can listen on the way.
    pub network: Network,
    /// From where the server can be reached that has led here; the least where nobody but the user has.
    pub from: Reach,
    credentials: Vec<(Place, Secret)>,
}

impl Request {
    /// A request without headers and body.
    pub fn new(method: Method, url: Url) -> Self {
        let repeat = match method {
            Method::Post | Method::Patch => Repeat::WhenUnread,
            Method::Get | Method::Head | Method::Put | Method::Delete => Repeat::Always,
        };
        Self {
            method,
            url,
            headers: Headers::default(),
            body: None,
            repeat,
            network: Network::Open,
            from: Reach::default(),
            credentials: Vec::new(),
        }
    }

    /// Sends this credential in a header, in place of an earlier one of that name.
    pub fn set_credential_header(&mut self, name: &str, value: Secret) {
        self.headers.remove(name);
        self.credentials
            .retain(|(place, _)| !matches!(place, Place::Header(known) if known.eq_ignore_ascii_case(name)));
        self.credentials.push((Place::Header(name.to_owned()), value));
    }

    /// Sends this credential as a query parameter, in place of an earlier one of that name.
    pub fn set_credential_query(&mut self, name: &str, value: Secret) {
        let place = Place::Query(name.to_owned());
        self.credentials.retain(|(known, _)| *known != place);
        self.credentials.push((place, value));
    }

    /// The credentials that go into headers.
    pub fn credential_headers(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.credentials.iter().filter_map(|(place, value)| match place {
            Place::Header(name) => Some((name.as_str(), value)),
            Place::Query(_) => None,
        })
    }

    /// The credentials that go into the query.
    pub fn credential_query(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.credentials.iter().filter_map(|(place, value)| match place {
            Place::Query(name) => Some((name.as_str(), value)),
            Place::Header(_) => None,
        })
    }

    #[cfg(test)]
    pub(crate) fn has_credentials(&self) -> bool {
        !self.credentials.is_empty()
    }

    pub(crate) fn drop_credentials(&mut self) {
        self.credentials.clear();
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &crate::RedactedUrl::by_name(&self.url).to_string())
            .field("headers", &self.headers)
            .field("body", &self.body)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_replaces_an_earlier_one_and_stays_out_of_debug_output() {
        let mut request = Request::new(Method::Get, "https://example.com/?token=hunter1".parse().unwrap());
        request.headers.set("authorization", "hunter2");
        request.set_credential_header("Authorization", Secret::new("hunter3"));
        request.set_credential_header("AUTHORIZATION", Secret::new("hunter4"));
        request.set_credential_query("key", Secret::new("hunter5"));
        request.body = Some(Body::json("hunter6"));
        let sent: Vec<_> = request.credential_headers().map(|(_, value)| value.expose()).collect();
        assert_eq!(sent, ["hunter4"]);
        assert_eq!(request.headers.get("authorization"), None);
        assert!(!format!("{request:?}").contains("hunter"), "{request:?}");
    }

    #[test]
    fn a_form_is_encoded() {
        assert_eq!(Body::form([("a b", "c&d=é")]).bytes, "a+b=c%26d%3D%C3%A9");
    }
}
