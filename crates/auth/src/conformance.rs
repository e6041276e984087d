//! What every kind of authentication must do.

use std::sync::Arc;

use pipeline_config::{Environment, Reader, Section, Style};
use pipeline_sandbox::{Sandbox, SandboxOptions};
use pipeline_transport::{Client, Headers, Limits, Method, Redactor, Request, Response};

use crate::{Again, AuthContext, Authenticator, KINDS};

const SECRET: &str = "hunter2-and-more";

/// One section of each kind, with every credential it knows.
const SECTIONS: [&str; 9] = [
    "{kind: none}",
    "{kind: bearer, token: '${SECRET}'}",
    "{kind: basic, username: me, password: '${SECRET}'}",
    "{kind: api_key, name: X-Api-Key, key: '${SECRET}'}",
    "{kind: api_key, name: api_key, key: '${SECRET}', in: query}",
    "{kind: headers, headers: {X-Api-Key: '${SECRET}'}}",
    "{kind: oauth2, authentication_url: 'http://127.0.0.1:1/', client_id: me, access_token: '${SECRET}'}",
    "{kind: oauth2_client_credentials, authentication_url: '${JIRA_AUTH_URL}', client_id: '${JIRA_CLIENT_ID}', \
     client_secret: '${JIRA_CLIENT_SECRET}'}",
    "{kind: command, command: [echo, '${SECRET}']}",
];

/// A server for those that ask one.
struct Bench {
    sandbox: Sandbox,
    redactor: Redactor,
    state: tempfile::TempDir,
}

impl Bench {
    async fn new() -> Self {
        let sandbox = Sandbox::start(SandboxOptions { issues: 1, ..SandboxOptions::default() });
        let state = tempfile::tempdir().unwrap();
        Self { sandbox: sandbox.await.unwrap(), redactor: Redactor::default(), state }
    }

    fn build(&self, yaml: &str) -> Arc<dyn Authenticator> {
        let variables = self.sandbox.variables().into_iter().map(|(name, value)| (name.to_owned(), value));
        let secret = [("SECRET".to_owned(), SECRET.to_owned())];
        let reader = Reader::new(Environment::empty().with(variables).with(secret));
        let node = reader.parse("auth.yaml", yaml).unwrap();
        let (section, kind) = Section::read_kind(&reader, &node, KINDS, "auth").unwrap();
        let client = Client::new(Limits::default(), self.redactor.clone()).unwrap();
        let auth = (kind.build)(&section, &AuthContext::new(client, self.state.path().into()));
        reader.finish(auth, Style::Plain).unwrap()
    }
}

fn request() -> Request {
    Request::new(Method::Get, "https://example.com/a?b=c".parse().unwrap())
}

fn response(status: u16) -> Response {
    Response { status, headers: Headers::default(), body: Default::default(), url: request().url }
}

/// What the kind puts on a request.
fn sent(request: &Request) -> Vec<String> {
    let credentials = request.credential_headers().chain(request.credential_query());
    credentials.map(|(_, value)| value.expose().to_owned()).collect()
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
        let bench = Bench::new().await;
        let auth = bench.build(yaml);
        let mut request = request();
        auth.authorize(&mut request).await.unwrap();
        assert_eq!(request.url.as_str(), "https://example.com/a?b=c", "{yaml}");
        assert!(request.headers.iter().next().is_none(), "{yaml}");
        let sent = sent(&request);
        assert_eq!(sent.len(), usize::from(yaml != "{kind: none}"), "{yaml}");
        let debug = format!("{auth:?} {request:?}");
        assert!(!debug.contains(SECRET), "{yaml}");
        for credential in sent {
            let bare = credential.rsplit(' ').next().unwrap();
            assert!(!debug.contains(bare), "{yaml}");
            // `basic` sends the pair encoded, which the client learns when it is sent.
            if !yaml.contains("basic") {
                assert_eq!(bench.redactor.redact(bare), "[REDACTED]", "{yaml}");
            }
        }
    }
}

#[tokio::test]
async fn every_kind_lets_other_answers_stand() {
    let bench = Bench::new().await;
    for yaml in SECTIONS {
        let auth = bench.build(yaml);
        let credential = auth.authorize(&mut request()).await.unwrap();
        for status in [400, 403, 404, 500] {
            assert_eq!(auth.rejected(&credential, &response(status)).await.unwrap(), Again::No, "{yaml}");
        }
    }
}

#[tokio::test]
async fn every_kind_that_says_again_has_something_new() {
    let bench = Bench::new().await;
    for yaml in SECTIONS {
        let auth = bench.build(yaml);
        let mut first = request();
        let credential = auth.authorize(&mut first).await.unwrap();
        // The login in the list has no refresh token.
        let Ok(Again::Yes) = auth.rejected(&credential, &response(401)).await else { continue };
        let mut second = request();
        let renewed = auth.authorize(&mut second).await.unwrap();
        assert_ne!(renewed, credential, "{yaml}");
        // A program may print the same token again; only a server can say whether it is still good.
        assert!(yaml.contains("command") || sent(&first) != sent(&second), "{yaml}");
    }
}

#[test]
fn wrong_sections_are_refused_with_a_place() {
    let check = |yaml: &str, code: &str| {
        let reader = Reader::new(Environment::empty());
        let node = reader.parse("auth.yaml", yaml).unwrap();
        let (section, kind) = Section::read_kind(&reader, &node, KINDS, "auth").unwrap();
        let client = Client::new(Limits::default(), Redactor::default()).unwrap();
        drop((kind.build)(&section, &AuthContext::new(client, "state".into())));
        assert!(reader.n_errors() > 0, "{yaml}");
        let text = reader.render(Style::Plain);
        assert!(text.contains(code) && text.contains("auth.yaml:1:"), "{text}");
    };
    check("{kind: basic, username: 'a:b', password: x}", "A001");
    check("{kind: api_key, name: 'X Key', key: x}", "A002");
    check("{kind: headers, headers: {'X Key': x}}", "A002");
    check("{kind: oauth2, authentication_url: 'http://example.com/', client_id: x}", "A003");
    let plain_page = "authentication_url: 'https://example.com/', authorize_url: 'http://example.com/'";
    check(&format!("{{kind: oauth2, {plain_page}, client_id: x}}"), "A003");
    #[cfg(not(feature = "keyring"))]
    check(
        "{kind: oauth2, authentication_url: 'https://x.test/', client_id: x, token_store: keyring}",
        "A005",
    );
    check("{kind: command, command: []}", "A004");
    check("{kind: command, command: 'op read x'}", "A004");
    check("{kind: command, command: op, header: 'X Key'}", "A002");
}
