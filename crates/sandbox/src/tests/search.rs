use std::collections::BTreeSet;

use super::*;

/// Follows `nextPageToken` to its end.
async fn all_pages(sandbox: &Offline, query: &str) -> Vec<Answer> {
    let mut pages = Vec::new();
    let mut token = String::new();
    loop {
        let page = sandbox.api(&format!("3/search/jql?{query}&nextPageToken={token}")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.json());
        let json = page.json();
        assert_eq!(json["isLast"], json.get("nextPageToken").is_none());
        pages.push(page);
        match json.get("nextPageToken") {
            Some(next) => token = next.as_str().unwrap().to_owned(),
            None => return pages,
        }
    }
}

#[tokio::test]
async fn cursor_pages_give_every_key_once_in_order() {
    for (issues, size, n_pages) in [(250, 100, 3), (200, 100, 2), (0, 100, 1), (7, 1, 7), (120, 5_000, 2)] {
        let sandbox = Offline::with_issues(issues);
        let query = format!("jql=project%20%3D%20ABC%20order%20by%20key&fields=*navigable&maxResults={size}");
        let pages = all_pages(&sandbox, &query).await;
        assert_eq!(pages.len(), n_pages, "{issues} in pages of {size}");
        let keys: Vec<String> = pages.iter().flat_map(Answer::keys).collect();
        let expected: Vec<String> = (1..=issues).map(|number| format!("ABC-{number}")).collect();
        assert_eq!(keys, expected);
        assert_eq!(sandbox.site.counters.snapshot().issues_served, issues as u64);
    }
}

#[tokio::test]
async fn windows_by_time_of_change_share_no_issue_and_miss_none() {
    let sandbox = Offline::with_issues(300);
    let mut keys = Vec::new();
    // 2024-07-01T00:00:00Z.
    for window in ["updated%3C1719792000000", "updated%3E%3D1719792000000"] {
        let query = format!("jql={window}%20order%20by%20updated%20asc&fields=updated&maxResults=50");
        let pages = all_pages(&sandbox, &query).await;
        assert!(pages.len() > 1, "{window}");
        keys.extend(pages.iter().flat_map(Answer::keys));
    }
    assert_eq!(keys.len(), 300);
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), 300);
}

#[tokio::test]
async fn offset_pages_give_every_key_once_with_the_total() {
    let sandbox = Offline::with_issues(230);
    let mut keys = Vec::new();
    for start in [0, 100, 200, 300] {
        let page = sandbox.api(&format!("2/search?jql=order+by+key&startAt={start}&maxResults=1000")).await;
        let json = page.json();
        assert_eq!(
            (&json["startAt"], &json["maxResults"], &json["total"]),
            (&start.into(), &100.into(), &230.into())
        );
        keys.extend(page.keys());
    }
    assert_eq!(keys.len(), 230);
    assert_eq!(keys.last().map(String::as_str), Some("ABC-230"));
    let newest_first = sandbox.api("2/search").await;
    assert_eq!((newest_first.keys().len(), newest_first.keys()[0].as_str()), (50, "ABC-230"));
}

#[tokio::test]
async fn fields_decide_what_comes_and_how_much_of_it() {
    let sandbox = Offline::with_issues(6_000);
    let bare = sandbox.api("3/search/jql?jql=key=ABC-7").await.json();
    assert_eq!(bare, serde_json::json!({ "issues": [{ "id": "10007" }], "isLast": true }));
    for (fields, n_issues) in [("id", 5_000), ("key", 5_000), ("summary", 100), ("*all", 100)] {
        let query = format!("3/search/jql?jql=project=ABC&maxResults=9999&fields={fields}");
        let answer = sandbox.api(&query).await;
        assert_eq!(answer.keys().len(), n_issues, "{fields}");
    }
    assert_eq!(sandbox.api("3/search/jql?jql=project=ABC&fields=key").await.keys().len(), 50);
    let two =
        sandbox.api("3/search/jql?jql=project=ABC&fields=summary&fields=status&maxResults=1").await.json();
    assert_eq!(two["issues"][0]["fields"].as_object().unwrap().len(), 2);
}

#[tokio::test]
async fn posts_ask_the_same_questions() {
    let sandbox = Offline::with_issues(30);
    let first = r#"{"jql":"project = ABC order by key","fields":["key"],"maxResults":20,"expand":"names"}"#;
    let page = sandbox.api_post("2/search/jql", first).await;
    assert_eq!(page.keys().len(), 20);
    let token = page.json()["nextPageToken"].as_str().unwrap().to_owned();
    let second =
        format!(r#"{{"jql":"project = ABC order by key","fields":["key"],"nextPageToken":"{token}"}}"#);
    assert_eq!(sandbox.api_post("2/search/jql", &second).await.keys().len(), 10);
    let old = r#"{"jql":"project = ABC order by key","startAt":25,"fields":["summary"]}"#;
    assert_eq!(sandbox.api_post("2/search", old).await.keys().len(), 5);
    let count = sandbox.api_post("3/search/approximate-count", r#"{"jql":"key > ABC-10"}"#).await.json();
    assert_eq!(count, serde_json::json!({ "count": 20 }));
}

#[tokio::test]
async fn wrong_searches_are_400_in_jiras_words() {
    let sandbox = Offline::with_issues(300);
    let page = sandbox.api("3/search/jql?jql=project=ABC&fields=key").await.json();
    let token = page["nextPageToken"].as_str().unwrap();
    let foreign = format!("3/search/jql?jql=project=Alphabet&nextPageToken={token}");
    for (path, expected) in [
        ("3/search/jql", "Unbounded JQL queries are not allowed here."),
        ("2/search/jql?jql=order+by+key", "Unbounded JQL queries are not allowed here."),
        ("3/search/jql?jql=project=XYZ", "The value 'XYZ' does not exist for the field 'project'."),
        ("3/search/jql?jql=project=ABC&nextPageToken=x", "The provided nextPageToken is invalid"),
        (foreign.as_str(), "The provided nextPageToken is invalid"),
        ("3/search/jql?jql=project=ABC&maxResults=ten", "'ten'"),
        ("3/search/jql?jql=project=ABC&maxResults=0", "'maxResults'"),
        ("2/search?startAt=-1", "'startAt'"),
    ] {
        let answer = sandbox.api(path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        let message = answer.json()["errorMessages"][0].as_str().unwrap().to_owned();
        assert!(message.contains(expected), "{path}: {message}");
        assert_eq!(answer.json()["errors"], serde_json::json!({}));
    }
    for (path, body) in [
        ("3/search/jql", r#"{"jql":"project = ABC","startAt":0}"#),
        ("3/search/jql", r#"{"jql":"project = ABC","query":"x"}"#),
        ("3/search/jql", "project = ABC"),
        ("3/search/approximate-count", r#"{"jql":""}"#),
    ] {
        assert_eq!(sandbox.api_post(path, body).await.status, StatusCode::BAD_REQUEST, "{path} {body}");
    }
}

#[tokio::test]
async fn the_removed_search_is_410_in_both_versions() {
    let sandbox = Offline::with_issues(3);
    let body = r#"{"search_removed":true}"#;
    assert_eq!(sandbox.post("/_sandbox/faults", "application/json", body).await.status, StatusCode::OK);
    for path in ["2/search?jql=project=ABC", "3/search", "latest/search"] {
        let answer = sandbox.api(path).await;
        assert_eq!(answer.status, StatusCode::GONE, "{path}");
        assert!(answer.json()["errorMessages"][0].as_str().unwrap().contains("CHANGE-2046"));
    }
    assert_eq!(sandbox.api("2/search/jql?jql=project=ABC").await.status, StatusCode::OK);
}
