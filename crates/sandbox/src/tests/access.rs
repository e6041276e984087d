use std::time::Duration;

use super::*;

/// base64 of the sandbox's email and API token.
pub(super) const BASIC: &str = "Basic c2FuZGJveEBleGFtcGxlLm5ldDpzYW5kYm94QXBpVG9rZW4zYzdhOTBiZTUx";

#[tokio::test]
async fn every_api_path_wants_credentials() {
    let sandbox = Offline::with_issues(5);
    let gateway = format!("/ex/jira/{CLOUD_ID}");
    for path in [
        format!("{gateway}/rest/api/2/myself"),
        format!("{gateway}/rest/api/2/search"),
        format!("{gateway}/rest/api/3/search/jql?jql=project=ABC"),
        format!("{gateway}/rest/api/3/issue/ABC-1/worklog"),
        "/me".to_owned(),
        "/oauth/token/accessible-resources".to_owned(),
    ] {
        for wrong in ["", "Bearer", "Bearer unknown", "Basic d3Jvbmc6d3Jvbmc="] {
            let answer = sandbox.get_as(wrong, &path).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{wrong:?} {path}");
            assert_eq!(answer.json(), serde_json::json!({ "code": 401, "message": "Unauthorized" }));
        }
        assert_eq!(sandbox.get_as(&sandbox.bearer(), &path).await.status, StatusCode::OK, "{path}");
    }
    let stats = sandbox.site.counters.snapshot();
    assert_eq!((stats.rejected_requests, stats.unauthorized_requests, stats.requests), (24, 24, 30));
}

#[tokio::test]
async fn api_tokens_open_the_gateway_and_the_site_and_bearer_tokens_the_gateway_only() {
    let sandbox = Offline::with_issues(5);
    for prefix in [format!("/ex/jira/{CLOUD_ID}"), String::new()] {
        let answer = sandbox.get_as(BASIC, &format!("{prefix}/rest/api/2/myself")).await;
        assert_eq!(answer.json()["timeZone"], "Pacific/Pitcairn");
    }
    let answer = sandbox.get_as(&sandbox.bearer(), "/rest/api/2/myself").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn access_tokens_expire_with_the_sandboxs_clock() {
    let sandbox = Offline::with_issues(1);
    let bearer = sandbox.bearer();
    sandbox.site.clock.advance(Duration::from_secs(3_590));
    assert_eq!(sandbox.get_as(&bearer, "/me").await.status, StatusCode::OK);
    let body = r#"{"advance_seconds":10}"#;
    assert_eq!(sandbox.post("/_sandbox/clock", "application/json", body).await.status, StatusCode::OK);
    assert_eq!(sandbox.get_as(&bearer, "/me").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn scopes_are_checked() {
    let sandbox = Offline::with_issues(1);
    let tokens = sandbox.site.grants().grant("read:me", sandbox.site.clock.now());
    let bearer = format!("Bearer {}", tokens.access_token);
    assert_eq!(sandbox.get_as(&bearer, "/me").await.status, StatusCode::OK);
    let answer = sandbox.get_as(&bearer, &format!("/ex/jira/{CLOUD_ID}/rest/api/3/myself")).await;
    assert_eq!(answer.json()["message"], "Unauthorized; scope does not match");
    let resources = sandbox.get_as(&bearer, "/oauth/token/accessible-resources").await;
    assert_eq!(resources.json()[0]["scopes"], serde_json::json!([]));
}

#[tokio::test]
async fn the_site_is_found_with_and_without_a_token() {
    let sandbox = Offline::with_issues(1);
    let tenant = sandbox.get_as("", "/_edge/tenant_info").await.json();
    let resources = sandbox.get_as(&sandbox.bearer(), "/oauth/token/accessible-resources").await.json();
    assert_eq!(tenant["cloudId"], CLOUD_ID);
    assert_eq!(
        (&resources[0]["id"], &resources[0]["url"]),
        (&Value::from(CLOUD_ID), &Value::from("http://127.0.0.1:1"))
    );
    assert!(resources[0]["scopes"].as_array().unwrap().contains(&"read:jira-work".into()));
}

#[tokio::test]
async fn unknown_places_are_404_and_a_get_with_a_body_is_cloudfronts_403() {
    let sandbox = Offline::with_issues(1);
    for path in ["/", "/ex/jira/other/rest/api/2/myself", &format!("/ex/jira/{CLOUD_ID}/rest/api/4/myself")] {
        let answer = sandbox.get_as(&sandbox.bearer(), path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.json()["code"], 404);
    }
    let request = Request::get("/me").header("content-length", "2").body(Body::from("{}"));
    let answer = sandbox.send(request.unwrap()).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.header("content-type").starts_with("text/html"));
}

#[tokio::test]
async fn worklogs_are_paged_by_offset() {
    let sandbox = Offline::with_issues(200);
    let mut longest = (0, String::new());
    for number in 1..=200 {
        let all = sandbox.api(&format!("2/issue/ABC-{number}/worklog")).await.json();
        let total = all["total"].as_u64().unwrap();
        assert_eq!(all["worklogs"].as_array().unwrap().len() as u64, total);
        longest = longest.max((total, format!("{}", 10_000 + number)));
    }
    let (total, id) = longest;
    assert!(total >= 30);
    let page = sandbox.api(&format!("3/issue/{id}/worklog?startAt=20&maxResults=7")).await.json();
    assert_eq!(
        (&page["startAt"], &page["maxResults"], &page["total"]),
        (&20.into(), &7.into(), &total.into())
    );
    assert_eq!(page["worklogs"].as_array().unwrap().len(), 7);
    assert_eq!(page["worklogs"][0]["comment"]["type"], "doc");
    for unknown in ["ABC-201", "ABC-0", "XYZ-1", "10201", "9999", "x"] {
        let answer = sandbox.api(&format!("2/issue/{unknown}/worklog")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{unknown}");
    }
}
