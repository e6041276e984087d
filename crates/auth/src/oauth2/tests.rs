//! Against the sandbox, whose token endpoint rotates and detects reuse.

use std::time::Duration;

use pipeline_config::{Environment, Reader, Section, Style};
use pipeline_sandbox::{Faults, Sandbox, SandboxOptions};
use pipeline_transport::{Limits, Method, Redactor};

use super::*;
use crate::AuthContext;

const YAML: &str = "{kind: oauth2, authentication_url: '${JIRA_AUTH_URL}', client_id: '${JIRA_CLIENT_ID}', \
                    client_secret: '${JIRA_CLIENT_SECRET}', refresh_token: '${JIRA_REFRESH_TOKEN:-}', \
                    access_token: '${JIRA_ACCESS_TOKEN:-}'}";

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
