//! What only a real connection shows: resets, truncation, stopping.

use std::collections::HashMap;
use std::io::ErrorKind;

use crate::{Fault, FaultRule, FaultTarget, Faults, Sandbox, SandboxError, SandboxOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Everything that came until the end, and how it ended.
struct Exchange {
    text: String,
    end: Result<(), ErrorKind>,
}

async fn started(issues: usize, fault: Option<Fault>) -> Sandbox {
    let rules = fault.map(|fault| FaultRule::nth(FaultTarget::Any, 1, fault)).into_iter().collect();
    let faults = Faults { rules, ..Faults::default() };
    Sandbox::start(SandboxOptions { issues, faults, ..SandboxOptions::default() }).await.expect("a free port")
}

/// One search over a connection of its own.
async fn search(sandbox: &Sandbox) -> Exchange {
    let address = sandbox.url().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.expect("the sandbox listens");
    let request = format!(
        "GET /rest/api/2/search/jql?jql=project=ABC&fields=*all&maxResults=100 HTTP/1.1\r\nhost: {address}\r\n\
         authorization: Basic c2FuZGJveEBleGFtcGxlLm5ldDpzYW5kYm94QXBpVG9rZW4zYzdhOTBiZTUx\r\n\
         connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("the request fits into the socket");
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes).await.map(drop).map_err(|error| error.kind());
    Exchange { text: String::from_utf8_lossy(&bytes).into_owned(), end }
}

impl Exchange {
    /// Length of the body that came, and the one that was promised.
    fn lengths(&self) -> (usize, Option<usize>) {
        let (head, body) = self.text.split_once("\r\n\r\n").expect("a head and a body");
        let promised = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map(str::parse);
        (body.len(), promised.transpose().expect("a number"))
    }
}

#[tokio::test]
async fn an_untouched_answer_comes_whole() {
    let sandbox = started(100, None).await;
    let exchange = search(&sandbox).await;
    let (came, promised) = exchange.lengths();
    assert!(exchange.text.starts_with("HTTP/1.1 200 OK"));
    assert_eq!((Some(came), exchange.end), (promised, Ok(())));
    assert_eq!(sandbox.stats().issues_served, 100);
}

#[tokio::test]
async fn a_reset_breaks_the_connection_within_the_body() {
    let sandbox = started(100, Some(Fault::Reset { after: Some(5_000) })).await;
    let exchange = search(&sandbox).await;
    assert_eq!(exchange.end, Err(ErrorKind::ConnectionReset));
    assert!(exchange.text.contains("ABC-100") && !exchange.text.contains("isLast"));
    assert_eq!(search(&sandbox).await.end, Ok(()), "the next connection is good");
}

#[tokio::test]
async fn a_truncated_body_is_shorter_than_promised() {
    let sandbox = started(100, Some(Fault::Truncate { after: Some(5_000) })).await;
    let (came, promised) = search(&sandbox).await.lengths();
    assert!(came >= 4_000 && promised.is_some_and(|promised| promised > 100_000), "{came} of {promised:?}");
}

#[tokio::test]
async fn variables_name_what_a_client_needs() {
    let sandbox = started(1, None).await;
    let variables: HashMap<_, _> = sandbox.variables().into_iter().collect();
    let base = &variables["JIRA_BASE_URL"];
    assert!(base.starts_with(&format!("{}/ex/jira/", sandbox.url())) && base.ends_with("/rest/api/2"));
    assert_eq!(variables["JIRA_AUTH_URL"], format!("{}/oauth/token", sandbox.url()));
    assert_eq!(variables["JIRA_SITE"], sandbox.url());
    assert!(!variables.contains_key("JIRA_ACCESS_TOKEN"));
    let other = started(1, None).await.variables();
    assert!(!other.contains(&("JIRA_REFRESH_TOKEN", variables["JIRA_REFRESH_TOKEN"].clone())));
}

#[tokio::test]
async fn shutdown_frees_the_port_and_a_taken_port_is_an_error() {
    let sandbox = started(1, None).await;
    let port: u16 = sandbox.url().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let again = SandboxOptions { port, ..SandboxOptions::default() };
    let taken = Sandbox::start(again.clone()).await.expect_err("the port is taken");
    assert!(matches!(taken, SandboxError::Listen { port: taken, .. } if taken == port));
    sandbox.shutdown().await;
    Sandbox::start(again).await.expect("the port is free again").shutdown().await;
    let too_many = SandboxOptions { issues: 10_000_001, ..SandboxOptions::default() };
    assert!(matches!(Sandbox::start(too_many).await, Err(SandboxError::TooManyIssues { .. })));
}
