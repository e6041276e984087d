use std::time::{Duration, Instant};

use super::*;

const SEARCH: &str = "3/search/jql?jql=project=ABC+order+by+key&fields=summary&maxResults=10";

/// The first search under one fault.
async fn struck(fault: &str) -> Answer {
    Offline::with_faults(&format!(r#"{{"on":"search","fault":{fault}}}"#)).api(SEARCH).await
}

#[tokio::test]
async fn statuses_come_with_their_headers_and_bodies() {
    let answer = struck(r#"{"kind":"status","status":429,"retry_after":{"seconds":7}}"#).await;
    assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (429, "7"));
    assert!(answer.json()["errorMessages"][0].is_string());

    let answer = struck(
        r#"{"kind":"status","status":503,"retry_after":{"date":30},"body":"html","headers":{"x-a":"b"}}"#,
    )
    .await;
    assert_eq!((answer.status.as_u16(), answer.header("x-a")), (503, "b"));
    assert!(answer.header("retry-after").ends_with(" GMT"), "{}", answer.header("retry-after"));
    assert!(answer.header("content-type").starts_with("text/html"));

    let quota = r#"{"kind":"status","status":429,"reset_after":40,"reason":"jira-quota-global-based","body":"empty"}"#;
    let answer = struck(quota).await;
    let reset: jiff::Timestamp = answer.header("x-ratelimit-reset").parse().expect("ISO 8601");
    assert!(reset > jiff::Timestamp::UNIX_EPOCH);
    assert_eq!(answer.header("ratelimit-reason"), "jira-quota-global-based");
    assert!(answer.body.is_empty());

    assert_eq!(struck(r#"{"kind":"status","status":500,"body":{"text":"oops"}}"#).await.body, b"oops");
}

#[tokio::test]
async fn answers_that_are_not_what_they_seem() {
    let html = struck(r#"{"kind":"html"}"#).await;
    assert_eq!(html.status, StatusCode::OK);
    assert!(html.body.starts_with(b"<!DOCTYPE html>"));

    let redirect = struck(r#"{"kind":"redirect","to":"http://localhost:9/x","status":307}"#).await;
    assert_eq!((redirect.status.as_u16(), redirect.header("location")), (307, "http://localhost:9/x"));

    let spoilt = struck(r#"{"kind":"invalid_utf8"}"#).await;
    assert!(std::str::from_utf8(&spoilt.body).is_err());
    assert!(serde_json::from_str::<Value>(&String::from_utf8_lossy(&spoilt.body)).is_ok());

    let large = struck(r#"{"kind":"oversize","bytes":3000000}"#).await;
    assert_eq!((large.body.len(), large.header("content-length")), (3_000_000, ""));
    assert!(large.json()["padding"].is_string());
}

#[tokio::test]
async fn bodies_break_off() {
    assert!(struck(r#"{"kind":"reset"}"#).await.broken);
    let truncated = struck(r#"{"kind":"truncate","after":99999999}"#).await;
    assert!(truncated.broken);
    assert!(truncated.header("content-length").parse::<usize>().unwrap() > 1_000);
}

#[tokio::test]
async fn slow_answers_are_whole_in_the_end() {
    for (fault, at_least) in [
        (r#"{"kind":"slow_body","chunk":200,"delay_ms":20}"#, 200),
        (r#"{"kind":"slow_first_byte","delay_ms":300}"#, 300),
    ] {
        let started = Instant::now();
        let answer = struck(fault).await;
        assert_eq!(answer.keys().len(), 10);
        assert!(started.elapsed() >= Duration::from_millis(at_least), "{fault}");
    }
}

#[tokio::test]
async fn latency_is_added_to_the_api_only() {
    let latency = Duration::from_millis(100);
    let sandbox = Offline::new(SandboxOptions { latency, ..SandboxOptions::default() });
    assert_eq!(sandbox.refresh(&sandbox.refresh_token).await.status, StatusCode::OK);
    let started = Instant::now();
    let answers = tokio::join!(sandbox.api(SEARCH), sandbox.api(SEARCH), sandbox.api(SEARCH));
    assert_eq!(answers.2.status, StatusCode::OK);
    assert!(started.elapsed() >= latency);
    assert_eq!(sandbox.site.counters.snapshot().max_concurrent_requests, 3);
}

#[tokio::test]
async fn cursors_repeat_and_pages_come_empty() {
    let sandbox = Offline::with_faults(
        r#"{"on":"search","request":2,"fault":{"kind":"repeated_cursor"}},
           {"on":"search","request":4,"times":2,"fault":{"kind":"empty_page"}}"#,
    );
    let next = |answer: &Answer| answer.json()["nextPageToken"].as_str().expect("a token").to_owned();
    let page = async |token: &str| sandbox.api(&format!("{SEARCH}&nextPageToken={token}")).await;
    let first = next(&page("").await);
    assert_eq!(next(&page(&first).await), first, "the second search repeats its token");
    let third = page(&first).await;
    assert_eq!(third.keys()[0], "ABC-11");
    let (fourth, token) = (page(&next(&third)).await, next(&third));
    assert!(fourth.keys().is_empty() && next(&fourth) != token);
    let fifth = page(&next(&fourth)).await;
    assert!(fifth.keys().is_empty() && next(&fifth) != next(&fourth));
    assert_eq!(page(&next(&fifth)).await.keys()[0], "ABC-21", "no issue is lost by empty pages");
    let hits = sandbox.site.counters.snapshot().faults;
    assert_eq!((hits["repeated_cursor"], hits["empty_page"]), (1, 2));
}

#[tokio::test]
async fn tokens_die_in_mid_paging() {
    let sandbox = Offline::with_faults(
        r#"{"on":"search","request":2,"fault":{"kind":"expire_access_tokens"}},
           {"on":"search","request":3,"fault":{"kind":"revoke_refresh_tokens"}}"#,
    );
    let tokens = sandbox.refresh(&sandbox.refresh_token).await.json();
    let bearer = |tokens: &Value| format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let path = format!("/ex/jira/{CLOUD_ID}/rest/api/{SEARCH}");
    assert_eq!(sandbox.get_as(&bearer(&tokens), &path).await.status, StatusCode::OK);
    assert_eq!(sandbox.get_as(&bearer(&tokens), &path).await.status, StatusCode::UNAUTHORIZED);
    let tokens = sandbox.refresh(tokens["refresh_token"].as_str().unwrap()).await.json();
    assert_eq!(sandbox.get_as(&bearer(&tokens), &path).await.status, StatusCode::UNAUTHORIZED);
    let dead = sandbox.refresh(tokens["refresh_token"].as_str().unwrap()).await;
    assert_eq!(dead.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn faults_are_set_at_run_time_and_counted() {
    let sandbox = Offline::with_issues(3);
    assert_eq!(sandbox.api(SEARCH).await.status, StatusCode::OK);
    let faults = r#"{"rules":[{"on":"token","fault":{"kind":"status","status":503}}]}"#;
    let set = sandbox.post("/_sandbox/faults", "application/json", faults).await;
    assert_eq!(set.json(), serde_json::json!({ "rules": 1 }));
    let failed = sandbox.refresh(&sandbox.refresh_token).await;
    assert_eq!((failed.status.as_u16(), &failed.json()["error"]), (503, &"temporarily_unavailable".into()));
    assert_eq!(sandbox.refresh(&sandbox.refresh_token).await.status, StatusCode::OK);
    let stats = sandbox.get_as("", "/_sandbox/stats").await.json();
    assert_eq!((&stats["faults"]["status"], &stats["requests"]), (&1.into(), &3.into()));
    let wrong = sandbox.post("/_sandbox/faults", "application/json", r#"{"rules":[{}]}"#).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.json()["error"].as_str().unwrap().contains("missing field `fault`"));
}
