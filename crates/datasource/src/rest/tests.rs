//! Against the sandbox.

use std::{
    io::{Read, Write},
    time::Duration,
};

use futures::TryStreamExt;
use pipeline_config::{Environment, Reader, Style, explain};
use pipeline_query::QUERY_FIELDS;
use pipeline_sandbox::{Faults, Sandbox, SandboxOptions};
use pipeline_transport::Redactor;

use super::*;
use crate::Page;

const AUTH: &str = "{kind: oauth2, authentication_url: '${JIRA_AUTH_URL}', client_id: '${JIRA_CLIENT_ID}', \
                    client_secret: '${JIRA_CLIENT_SECRET}', refresh_token: '${JIRA_REFRESH_TOKEN}'}";
const CURSOR: &str = "{path: /search/jql, params: {jql: 'project = ABC order by key', fields: summary, maxResults: 50}, \
                      pagination: {kind: cursor, next: nextPageToken, param: nextPageToken}}";
const OFFSET: &str = "{path: /search, params: {jql: 'project = ABC order by key', fields: summary}, \
                      pagination: {kind: offset, param: startAt, size: 50, size_param: maxResults, total: total}}";

/// The pages of a query on a sandbox of 120 issues.
async fn pages(query: &str, faults: &str) -> Result<Vec<Page>, DatasourceError> {
    let sandbox = Sandbox::start(SandboxOptions { issues: 120, ..SandboxOptions::default() }).await.unwrap();
    sandbox.set_faults(Faults::from_json(faults).unwrap());
    let state = tempfile::tempdir().unwrap();
    let variables = sandbox.variables().into_iter().map(|(name, value)| (name.to_owned(), value));
    let reader = Reader::new(Environment::empty().with(variables));
    let yaml =
        format!("{{kind: rest, base_url: '${{JIRA_BASE_URL}}', auth: {AUTH}, limits: {{max_wait: 5s}}}}");
    let node = reader.parse("jira.yaml", &yaml).unwrap();
    let (section, kind) = Section::read_kind(&reader, &node, crate::KINDS, "datasource").unwrap();
    let context = DatasourceContext::new(Redactor::default(), state.path().to_owned());
    let datasource = (kind.build)(&section, &context);
    let query_node = reader.parse("query.yaml", query).unwrap();
    let query = Query::read(&Section::read(&reader, &query_node, QUERY_FIELDS), &Values::default());
    let (datasource, query) = reader.finish(datasource.zip(query), Style::Plain).unwrap();
    datasource.pages(Arc::new(query), Arc::default()).try_collect().await
}

fn n_issues(pages: &[Page]) -> usize {
    pages.iter().map(|page| String::from_utf8_lossy(&page.body).matches("\"summary\"").count()).sum()
}

#[tokio::test]
async fn gets_every_page_in_order() {
    for (query, total) in [(CURSOR, None), (OFFSET, Some(120))] {
        let pages = pages(query, "{}").await.unwrap();
        assert_eq!(pages.iter().map(|page| page.index).collect::<Vec<_>>(), [0, 1, 2], "{query}");
        assert_eq!((n_issues(&pages), pages[0].total), (120, total));
    }
}

#[tokio::test]
async fn a_token_that_ends_in_mid_paging_is_renewed() {
    let faults = r#"{"rules":[{"on":"search","request":2,"fault":{"kind":"expire_access_tokens"}}]}"#;
    assert_eq!(n_issues(&pages(CURSOR, faults).await.unwrap()), 120);
}

#[tokio::test]
async fn broken_pages_are_errors_that_name_the_page() {
    let check = async |query: &str, fault: &str, expected: &str| {
        let faults = format!(r#"{{"rules":[{{"on":"search","request":2,"times":9,"fault":{fault}}}]}}"#);
        let error = explain(&pages(query, &faults).await.unwrap_err());
        assert!(error.contains(expected) && error.contains("page 2"), "{error}");
    };
    check(CURSOR, r#"{"kind":"repeated_cursor"}"#, "read before").await;
    check(CURSOR, r#"{"kind":"html"}"#, "web page").await;
    check(CURSOR, r#"{"kind":"invalid_utf8"}"#, "not UTF-8").await;
    check(OFFSET, r#"{"kind":"status","status":400}"#, "answered 400").await;
}

#[tokio::test]
async fn a_removed_endpoint_names_the_new_one() {
    let error = pages(OFFSET, r#"{"search_removed":true}"#).await.unwrap_err().to_string();
    assert!(error.contains("answered 410") && error.contains("/search/jql"), "{error}");
}

/// A server whose answer takes seconds to be read.
fn server_of_a_long_page() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let records: String = (0..60_000).map(|n| format!("<a x='{n}'><b>{n}</b></a>")).collect();
    let body = format!("<l>{records}</l>");
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n", body.len());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(format!("{head}{body}").as_bytes());
        }
    });
    url
}

/// As `schedule.timeout` ends a run, and as `limits.timeout` ends a page.
#[tokio::test]
async fn a_page_that_is_being_read_keeps_nobody_who_has_no_more_time() {
    let url = server_of_a_long_page();
    for (timeout, patience) in [("1m", Duration::from_millis(300)), ("300ms", Duration::from_secs(60))] {
        let reader = Reader::new(Environment::empty());
        let yaml =
            format!("{{kind: rest, base_url: '{url}', limits: {{timeout: {timeout}, max_attempts: 1}}}}");
        let node = reader.parse("p.yaml", &yaml).unwrap();
        let (section, kind) = Section::read_kind(&reader, &node, crate::KINDS, "datasource").unwrap();
        let datasource = (kind.build)(&section, &DatasourceContext::new(Redactor::default(), "state".into()));
        let query = reader.parse("query.yaml", "{path: /x, select: l.a}").unwrap();
        let query = Query::read(&Section::read(&reader, &query, QUERY_FIELDS), &Values::default());
        let (datasource, query) = reader.finish(datasource.zip(query), Style::Plain).unwrap();
        let begin = Instant::now();
        let pages = datasource.pages(Arc::new(query), Arc::default()).try_collect::<Vec<_>>();
        match tokio::time::timeout(patience, pages).await {
            Ok(pages) => {
                let error = pages.unwrap_err().to_string();
                assert!(
                    timeout == "300ms" && error.contains("the body was not read within 300ms"),
                    "{error}"
                );
            }
            Err(_) => assert_eq!(timeout, "1m"),
        }
        assert!(begin.elapsed() < Duration::from_millis(1_500), "{:?}", begin.elapsed());
    }
}
