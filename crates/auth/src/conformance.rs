//! What every kind of authentication must do.

use std::sync::Arc;

use pipeline_config::{Environment, Reader, Section, Style};
use pipeline_transport::{Client, Headers, Limits, Method, Redactor, Request, Response};

use crate::{Again, AuthContext, Authenticator, KINDS};

const SECRET: &str = "hunter2-and-more";

/// One section of each kind, with every credential it knows.
const SECTIONS: [&str; 6] = [
    "{kind: none}",
    "{kind: bearer, token: '${SECRET}'}",
    "{kind: basic, username: me, password: '${SECRET}'}",
    "{kind: api_key, name: X-Api-Key, key: '${SECRET}'}",
    "{kind: api_key, name: api_key, key: '${SECRET}', in: query}",
    "{kind: oauth2, authentication_url: 'http://127.0.0.1:1/', client_id: me, access_token: '${SECRET}'}",
];

fn build(yaml: &str, redactor: &Redactor) -> Arc<dyn Authenticator> {
    let reader = Reader::new(Environment::empty().with([("SECRET".to_owned(), SECRET.to_owned())]));
    let node = reader.parse("auth.yaml", yaml).unwrap();
    let (section, kind) = Section::read_kind(&reader, &node, KINDS, "auth").unwrap();
    let client = Client::new(Limits::default(), redactor.clone()).unwrap();
    let auth = (kind.build)(&section, &AuthContext::new(client, "no-such-folder".into()));
    reader.finish(auth, Style::Plain).unwrap()
}

#[test]
fn every_kind_is_here() {
    for kind in KINDS {
        assert!(
            SECTIONS.iter().any(|yaml| yaml.starts_with(&format!("{{kind: {}", kind.name))),
            "{}",
            kind.name
        );
    }
}

#[tokio::test]
async fn every_kind_keeps_its_credential_apart_and_secret() {
    for yaml in SECTIONS {
        let redactor = Redactor::default();
        let auth = build(yaml, &redactor);
        let mut request = Request::new(Method::Get, "https://example.com/a?b=c".parse().unwrap());
        auth.authorize(&mut request).await.unwrap();
        assert_eq!(request.url.as_str(), "https://example.com/a?b=c", "{yaml}");
        assert!(request.headers.iter().next().is_none(), "{yaml}");
        let n_credentials = request.credential_headers().chain(request.credential_query()).count();
        assert_eq!(n_credentials, usize::from(yaml != "{kind: none}"), "{yaml}");
        assert!(!format!("{auth:?} {request:?}").contains(SECRET), "{yaml}");
        if n_credentials > 0 {
            assert_eq!(redactor.redact(SECRET), "[REDACTED]", "{yaml}");
        }
    }
}

#[tokio::test]
async fn every_kind_lets_other_answers_stand() {
    for yaml in SECTIONS {
        let auth = build(yaml, &Redactor::default());
        let mut request = Request::new(Method::Get, "https://example.com/".parse().unwrap());
        let credential = auth.authorize(&mut request).await.unwrap();
        let (headers, body) = (Headers::default(), Default::default());
        let response = Response { status: 500, headers, body, url: request.url.clone() };
        assert_eq!(auth.rejected(&credential, &response).await.unwrap(), Again::No, "{yaml}");
    }
}

#[test]
fn wrong_sections_are_refused_with_a_place() {
    let check = |yaml: &str, code: &str| {
        let reader = Reader::new(Environment::empty());
        let node = reader.parse("auth.yaml", yaml).unwrap();
        let (section, kind) = Section::read_kind(&reader, &node, KINDS, "auth").unwrap();
        let client = Client::new(Limits::default(), Redactor::default()).unwrap();
        assert!((kind.build)(&section, &AuthContext::new(client, "state".into())).is_none());
        let text = reader.render(Style::Plain);
        assert!(text.contains(code) && text.contains("auth.yaml:1:"), "{text}");
    };
    check("{kind: basic, username: 'a:b', password: x}", "A001");
    check("{kind: api_key, name: 'X Key', key: x}", "A002");
    check("{kind: oauth2, authentication_url: 'http://example.com/', client_id: x}", "A003");
}
