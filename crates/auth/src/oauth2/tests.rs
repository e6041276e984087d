//! Against the sandbox, whose token endpoint rotates and detects reuse.

use std::time::Duration;

use pipeline_config::{Environment, Reader, Section, Style};
use pipeline_sandbox::{Faults, Sandbox, SandboxOptions};
use pipeline_transport::{Limits, Method, Redactor};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::*;
use crate::AuthContext;

const YAML: &str = "{kind: oauth2, authentication_url: '${JIRA_AUTH_URL}', client_id: '${JIRA_CLIENT_ID}', \
                    client_secret: '${JIRA_CLIENT_SECRET}', refresh_token: '${JIRA_REFRESH_TOKEN:-}', \
                    access_token: '${JIRA_ACCESS_TOKEN:-}', scope: 'read:jira-work', \
                    audience: api.atlassian.com}";

struct Bench {
    sandbox: Sandbox,
    state: tempfile::TempDir,
}

impl Bench {
    async fn new() -> Self {
        // No second use is forgiven, so that each one shows.
        let options =
            SandboxOptions { issues: 5, rotation_leeway: Duration::ZERO, ..SandboxOptions::default() };
        Self { sandbox: Sandbox::start(options).await.unwrap(), state: tempfile::tempdir().unwrap() }
    }

    /// As a new process would make it.
    fn auth(&self, changes: &[(&str, &str)]) -> Arc<dyn Authenticator> {
        let changes = changes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let variables = self.sandbox.variables().into_iter().map(|(name, value)| (name.to_owned(), value));
        let reader = Reader::new(Environment::empty().with(variables).with(changes));
        let node = reader.parse("jira.yaml", YAML).unwrap();
        let (section, kind) = Section::read_kind(&reader, &node, crate::KINDS, "auth").unwrap();
        let limits = Limits { max_attempts: 1, ..Limits::default() };
        let client = Client::new(limits, Redactor::default()).unwrap();
        let auth = (kind.build)(&section, &AuthContext::new(client, self.state.path().to_owned()));
        reader.finish(auth, Style::Plain).unwrap()
    }

    /// Asks the API once, and once more where that is worth it.
    async fn ask(&self, auth: &dyn Authenticator) -> Result<u16, AuthError> {
        let client = Client::new(Limits::default(), Redactor::default()).unwrap();
        let base = self.sandbox.variables().into_iter().find(|(name, _)| *name == "JIRA_BASE_URL").unwrap().1;
        let mut request = Request::new(Method::Get, format!("{base}/myself").parse().unwrap());
        let credential = auth.authorize(&mut request).await?;
        let response = client.send(&request).await?;
        if !response.is_success() && auth.rejected(&credential, &response).await? == Again::Yes {
            auth.authorize(&mut request).await?;
            return Ok(client.send(&request).await?.status);
        }
        Ok(response.status)
    }

    /// Agrees to everything, as the user of a browser; the address it is sent to.
    async fn consent(&self, authorize_url: &url::Url) -> String {
        let address = authorize_url.socket_addrs(|| None).unwrap()[0];
        let mut stream = TcpStream::connect(address).await.unwrap();
        let target = &authorize_url[url::Position::BeforePath..];
        let head = format!("GET {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let location = answer.lines().find_map(|line| line.strip_prefix("location: "));
        location.unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    fn refreshes(&self) -> u64 {
        let stats = serde_json::to_value(self.sandbox.stats()).unwrap();
        stats["refreshes"].as_u64().unwrap_or_else(|| panic!("{stats}"))
    }
}

#[tokio::test]
async fn gets_an_access_token_and_keeps_the_rotated_pair() {
    let bench = Bench::new().await;
    assert_eq!(bench.ask(&*bench.auth(&[])).await.unwrap(), 200);
    // A second process finds the first one's tokens, although its YAML still holds the used one.
    assert_eq!(bench.ask(&*bench.auth(&[])).await.unwrap(), 200);
    assert_eq!(bench.refreshes(), 1);
    bench.sandbox.advance_clock(Duration::from_secs(7200));
    assert_eq!(bench.ask(&*bench.auth(&[])).await.unwrap(), 200);
    assert_eq!(bench.refreshes(), 2);
}

#[tokio::test]
async fn refreshes_once_when_two_requests_expire_together() {
    let bench = Bench::new().await;
    let auth = bench.auth(&[]);
    assert_eq!(bench.ask(&*auth).await.unwrap(), 200);
    bench.sandbox.advance_clock(Duration::from_secs(7200));
    let (first, second) = tokio::join!(bench.ask(&*auth), bench.ask(&*auth));
    assert_eq!((first.unwrap(), second.unwrap()), (200, 200));
    assert_eq!(bench.refreshes(), 2);
}

#[tokio::test]
async fn a_refused_access_token_from_the_yaml_is_replaced() {
    let bench = Bench::new().await;
    assert_eq!(bench.ask(&*bench.auth(&[("JIRA_ACCESS_TOKEN", "old-access-token")])).await.unwrap(), 200);
    // Another user of this machine, for whom nothing is stored.
    let bench = Bench::new().await;
    let alone = bench.auth(&[("JIRA_ACCESS_TOKEN", "old-access-token"), ("JIRA_REFRESH_TOKEN", "")]);
    let error = bench.ask(&*alone).await.unwrap_err();
    assert!(error.to_string().contains("there is no `refresh_token`"), "{error}");
}

#[tokio::test]
async fn a_dead_login_says_so_and_keeps_what_is_stored() {
    let bench = Bench::new().await;
    assert_eq!(bench.ask(&*bench.auth(&[])).await.unwrap(), 200);
    bench.sandbox.set_faults(
        Faults::from_json(r#"{"rules":[{"on":"token","every":1,"fault":{"kind":"revoke_refresh_tokens"}}]}"#)
            .unwrap(),
    );
    bench.sandbox.advance_clock(Duration::from_secs(7200));
    let error = bench.ask(&*bench.auth(&[])).await.unwrap_err();
    assert!(matches!(error, AuthError::Reauthorize { .. }), "{error}");
    let tokens = std::fs::read_dir(bench.state.path().join("tokens")).unwrap();
    assert_eq!(
        tokens.filter(|entry| entry.as_ref().unwrap().path().extension().unwrap() == "json").count(),
        1
    );
}

#[tokio::test]
async fn a_wrong_client_is_named_as_such() {
    let bench = Bench::new().await;
    let error = bench.ask(&*bench.auth(&[("JIRA_CLIENT_SECRET", "wrong-secret")])).await.unwrap_err();
    assert!(matches!(error, AuthError::WrongClient { .. }), "{error}");
    assert!(!error.to_string().contains("wrong-secret"));
}

/// The second link of a chain that begins with a new consent.
async fn log_in(bench: &Bench, auth: &OAuth2) -> Result<LoginStatus, LoginError> {
    let attempt = auth.begin_login(Some("https://example.com")).unwrap();
    auth.finish_login(&attempt, &bench.consent(attempt.authorize_url()).await).await
}

#[tokio::test]
async fn a_login_replaces_the_seed_of_the_yaml_and_outlives_it() {
    let bench = Bench::new().await;
    let with_seed = bench.auth(&[]);
    let status = log_in(&bench, with_seed.oauth2().unwrap()).await.unwrap();
    assert!(status.is_usable && status.is_renewable && status.is_stored, "{status:?}");
    assert_eq!(status.granted.as_deref().unwrap(), ["read:jira-work", "offline_access"]);
    assert_eq!(bench.ask(&*with_seed).await.unwrap(), 200);
    bench.sandbox.advance_clock(Duration::from_secs(7200));
    // The seed can go, stay, or have been there all along: it is the same login.
    assert_eq!(bench.ask(&*bench.auth(&[("JIRA_REFRESH_TOKEN", "")])).await.unwrap(), 200);
    assert_eq!(bench.ask(&*bench.auth(&[])).await.unwrap(), 200);
    assert_eq!((bench.refreshes(), bench.sandbox.stats().reuse_detections), (1, 0));
}

#[tokio::test]
async fn another_seed_starts_afresh() {
    let bench = Bench::new().await;
    assert_eq!(bench.ask(&*bench.auth(&[])).await.unwrap(), 200);
    let error = bench.ask(&*bench.auth(&[("JIRA_REFRESH_TOKEN", "unknown-token")])).await.unwrap_err();
    assert!(matches!(error, AuthError::Reauthorize { .. }), "{error}");
    // It did not touch the login of the first one.
    assert_eq!(bench.ask(&*bench.auth(&[])).await.unwrap(), 200);
    assert_eq!(bench.refreshes(), 1);
}

#[tokio::test]
async fn a_refused_login_keeps_the_old_one() {
    let bench = Bench::new().await;
    let auth = bench.auth(&[]);
    let oauth2 = auth.oauth2().unwrap();
    log_in(&bench, oauth2).await.unwrap();
    let attempt = oauth2.begin_login(None).unwrap();
    let state =
        attempt.authorize_url().query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let check = async |redirected: String, expected: &str| {
        let error = oauth2.finish_login(&attempt, &redirected).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check(format!("https://example.com/?error=access_denied&state={state}"), "access_denied").await;
    check("https://example.com/?code=abc&state=other".into(), "another login").await;
    check(format!("https://example.com/?code=abc&state={state}"), "did not take the code").await;
    assert_eq!(bench.ask(&*bench.auth(&[])).await.unwrap(), 200);
}

#[tokio::test]
async fn after_logging_out_nobody_is_logged_in() {
    let bench = Bench::new().await;
    let auth = bench.auth(&[]);
    let oauth2 = auth.oauth2().unwrap();
    log_in(&bench, oauth2).await.unwrap();
    assert!(oauth2.log_out().await.unwrap());
    assert!(!oauth2.log_out().await.unwrap());
    assert!(!oauth2.status().unwrap().is_logged_in());
    for auth in [auth, bench.auth(&[])] {
        let error = bench.ask(&*auth).await.unwrap_err().to_string();
        assert!(error.contains("nobody is logged in"), "{error}");
    }
    let text = std::fs::read_to_string(bench.auth(&[]).oauth2().unwrap().status().unwrap().store).unwrap();
    assert!(!text.contains("sandbox-"), "{text}");
}

#[tokio::test]
async fn imports_a_token_response() {
    let bench = Bench::new().await;
    let seed =
        bench.sandbox.variables().into_iter().find(|(name, _)| *name == "JIRA_REFRESH_TOKEN").unwrap().1;
    let auth = bench.auth(&[("JIRA_REFRESH_TOKEN", "")]);
    let oauth2 = auth.oauth2().unwrap();
    for (text, expected) in [("hunter2", "not JSON"), (r#"{"refresh_token":"hunter2"}"#, "no `access_token`")]
    {
        let error = oauth2.import(text).await.unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains("hunter2"), "{error}");
    }
    let response =
        format!(r#"{{"access_token":"old","expires_in":0,"refresh_token":"{seed}","scope":"a b"}}"#);
    let status = oauth2.import(&response).await.unwrap();
    assert!(!status.is_usable && status.is_renewable);
    assert_eq!(bench.ask(&*bench.auth(&[("JIRA_REFRESH_TOKEN", "")])).await.unwrap(), 200);
    oauth2.name_account("Zoë").await.unwrap();
    assert_eq!(oauth2.status().unwrap().account.as_deref(), Some("Zoë"));
}

#[tokio::test]
async fn a_server_error_is_asked_again_and_ends_no_login() {
    let bench = Bench::new().await;
    let faults = |times: u32| {
        let rule = format!(
            r#"{{"on":"token","request":1,"times":{times},"fault":{{"kind":"status","status":503}}}}"#
        );
        bench.sandbox.set_faults(Faults::from_json(&format!(r#"{{"rules":[{rule}]}}"#)).unwrap());
    };
    faults(1);
    let error = bench.ask(&*bench.auth(&[])).await.unwrap_err();
    assert!(matches!(error, AuthError::TokenEndpoint { status: 503, .. }), "{error}");
    assert_eq!(bench.ask(&*bench.auth(&[])).await.unwrap(), 200);
}
