//! Every example of `pipelines/` against a server that answers in the shape of the real one.

use std::path::PathBuf;

use arrow::array::RecordBatch;
use serde_json::{Value, json};

use crate::{
    recorded::{Asked, Reply, Server},
    support::{Home, root},
    table_files::{column, parquet, times, types},
};

/// Runs an example with `variables`; its table and the summary.
fn run(name: &str, variables: &[(&str, &str)]) -> (RecordBatch, Value) {
    let home = Home::new().with(variables.iter().copied());
    let file: PathBuf = root().join("pipelines").join(format!("{name}.yaml"));
    let summary = home.summary(&[file.to_str().expect("UTF-8")]);
    (parquet(&home.path(&format!("out/{name}.parquet"))), summary)
}

fn texts(rows: &RecordBatch, name: &str) -> Vec<String> {
    column(rows, name).into_iter().map(|value| value.unwrap_or_else(|| "null".into())).collect()
}

fn pages(summary: &Value) -> u64 {
    summary["tables"][0]["pages"].as_u64().expect("a number")
}

#[test]
fn github_follows_the_link_header() {
    let issue = |number: u64, pull: bool| {
        let mut issue = json!({
            "id": 1000 + number, "number": number, "title": format!("Issue {number}"), "state": "open",
            "user": {"login": "octocat", "id": 1}, "labels": [{"id": 1, "name": "bug"}],
            "created_at": "2024-03-01T10:00:00Z", "closed_at": null
        });
        if pull {
            issue["pull_request"] = json!({"url": "https://api.github.com/…"});
        }
        issue
    };
    let server = Server::start(move |asked: &Asked| {
        let last = r#"<{server}/repositories/1/issues?per_page=100&page=1>; rel="prev""#;
        match asked.param("page").as_deref() {
            None => {
                // GitHub's own links go by the repository's number, not its name.
                let links = r#"<{server}/repositories/1/issues?per_page=100&page=2>; rel="next", <{server}/repositories/1/issues?per_page=100&page=2>; rel="last""#;
                Reply::json(json!([issue(1, false), issue(2, true)]).to_string()).with("link", links)
            }
            Some(_) => Reply::json(json!([issue(3, false)]).to_string()).with("link", last),
        }
    });
    let variables = [("GITHUB_URL", server.url.as_str()), ("GITHUB_TOKEN", "ghp_example0000")];
    let (rows, summary) = run("github_issues", &variables);
    assert_eq!(texts(&rows, "Number"), ["1", "2", "3"]);
    assert_eq!(texts(&rows, "Is Pull Request"), ["false", "true", "false"]);
    assert_eq!((texts(&rows, "Labels")[0].as_str(), pages(&summary)), ("[bug]", 2));
    let asked = server.asked();
    assert_eq!(
        (asked[0].path.as_str(), asked[1].path.as_str()),
        ("/repos/rust-lang/cargo/issues", "/repositories/1/issues")
    );
    assert!(asked.iter().all(|one| one.header("authorization") == "Bearer ghp_example0000"));
    assert!(asked.iter().all(|one| one.header("accept") == "application/vnd.github+json"));
    assert_eq!(asked[0].param("per_page").as_deref(), Some("100"));
    // The link is the whole request.
    assert_eq!(asked[1].query, "per_page=100&page=2");
}

#[test]
fn stripe_goes_on_after_the_last_id() {
    let charge = |id: &str, amount: u64, currency: &str| {
        json!({"id": id, "object": "charge", "amount": amount, "currency": currency, "status": "succeeded",
               "customer": null, "created": 1_709_290_800})
    };
    let server = Server::start(move |asked: &Asked| {
        let list = |data: Value, more: bool| {
            json!({"object": "list", "url": "/v1/charges", "has_more": more, "data": data}).to_string()
        };
        Reply::json(match asked.param("starting_after").as_deref() {
            None => list(json!([charge("ch_1", 1234, "eur"), charge("ch_2", 500, "jpy")]), true),
            Some("ch_2") => list(json!([charge("ch_3", 1, "usd"), charge("ch_4", 5124, "kwd")]), false),
            Some(other) => panic!("after {other}"),
        })
    });
    let (rows, summary) =
        run("stripe_charges", &[("STRIPE_URL", &server.url), ("STRIPE_KEY", "rk_test_example")]);
    assert_eq!(texts(&rows, "Id"), ["ch_1", "ch_2", "ch_3", "ch_4"]);
    assert_eq!(texts(&rows, "Amount"), ["12.34", "500.0", "0.01", "5.124"]);
    assert_eq!(times(&rows, "Created")[0], "2024-03-01T11:00:00Z");
    assert_eq!((pages(&summary), server.asked().len()), (2, 2));
}

#[test]
fn notion_takes_its_cursor_in_the_body() {
    let page = |n: u64| {
        json!({"object": "page", "id": format!("p{n}"), "created_time": "2024-03-01T10:00:00.000Z", "properties": {
            "Name": {"id": "title", "type": "title", "title": [{"plain_text": "Task "}, {"plain_text": n.to_string()}]},
            "Done": {"id": "a", "type": "checkbox", "checkbox": n == 2},
            "Tags": {"id": "b", "type": "multi_select", "multi_select": [{"name": "x"}]},
            "Due": {"id": "c", "type": "date", "date": (n == 2).then(|| json!({"start": "2024-03-01", "end": "2024-03-02"}))},
            "Email": {"id": "d", "type": "email", "email": (n == 2).then_some("zoe@x.test")},
            "Number": {"id": "e", "type": "unique_id", "unique_id": {"prefix": "T", "number": n}},
            "Sum": {"id": "f", "type": "formula", "formula": {"type": "number", "number": n}},
            "Where": {"id": "g", "type": "place", "place": {"lat": n}}
        }})
    };
    let server = Server::start(move |asked: &Asked| {
        let body: Value = serde_json::from_str(&asked.body).expect("JSON");
        let list = |results: Value, next: Value| {
            let more = !next.is_null();
            json!({"object": "list", "results": results, "next_cursor": next, "has_more": more}).to_string()
        };
        Reply::json(match body["start_cursor"].as_str() {
            None => list(json!([page(1)]), json!("fe2cc560-036c")),
            Some("fe2cc560-036c") => list(json!([page(2)]), Value::Null),
            Some(other) => panic!("after {other}"),
        })
    });
    let (rows, _) = run("notion_tasks", &[("NOTION_URL", &server.url), ("NOTION_TOKEN", "ntn_example0000")]);
    assert_eq!(texts(&rows, "Name"), ["Task 1", "Task 2"]);
    assert_eq!(texts(&rows, "Done"), ["false", "true"]);
    assert_eq!(texts(&rows, "Email"), ["null", "zoe@x.test"], "a text without quotes, and a null");
    assert_eq!(texts(&rows, "Due (end)"), ["null", "2024-03-02"]);
    assert_eq!(texts(&rows, "Number"), ["T-1", "T-2"]);
    assert_eq!(
        (texts(&rows, "Sum"), texts(&rows, "Where")),
        (vec!["1".into(), "2".into()], vec![r#"{"lat":1}"#.to_owned(), r#"{"lat":2}"#.into()])
    );
    let asked = server.asked();
    assert!(asked.iter().all(|one| one.method == "POST" && one.header("notion-version") == "2022-06-28"));
    let body: Value = serde_json::from_str(&asked[1].body).expect("JSON");
    assert_eq!((&body["page_size"], &body["sorts"][0]["direction"]), (&json!(100), &json!("ascending")));
}

fn member(id: &str) -> Value {
    json!({"id": id, "name": "ann", "deleted": false, "tz": "Europe/Berlin", "is_bot": false,
           "profile": {"real_name": "Ann"}})
}

#[test]
fn slack_ends_with_an_empty_cursor() {
    let server = Server::start(|asked: &Asked| {
        let next = match asked.param("cursor").as_deref() {
            None => "dXNlcjpVMDYxTkZUVDI=",
            Some("dXNlcjpVMDYxTkZUVDI=") => "",
            Some(other) => panic!("after {other}"),
        };
        let id = if next.is_empty() { "U2" } else { "U1" };
        let body = json!({"ok": true, "members": [member(id)], "response_metadata": {"next_cursor": next}});
        Reply::json(body.to_string())
    });
    let url = format!("{}/api", server.url);
    let (rows, summary) = run("slack_users", &[("SLACK_URL", &url), ("SLACK_TOKEN", "xoxb-example")]);
    assert_eq!((texts(&rows, "Id"), pages(&summary)), (vec!["U1".to_owned(), "U2".to_owned()], 2));
    assert_eq!(server.asked()[0].path, "/api/users.list");
}

#[test]
fn slack_says_what_is_wrong_with_status_200() {
    let server = Server::start(|_| Reply::json(r#"{"ok":false,"error":"invalid_auth"}"#));
    let home = Home::new().with([("SLACK_URL", server.url.as_str()), ("SLACK_TOKEN", "xoxb-example")]);
    let file = root().join("pipelines/slack_users.yaml");
    let done = home.run(&["run", file.to_str().expect("UTF-8")]);
    assert_eq!(done.code, Some(1), "{}", done.stderr);
    for word in ["page 1: GET", "/users.list", "answered 200 with an error in the body: invalid_auth"] {
        assert!(done.stderr.contains(word), "{}", done.stderr);
    }
    assert!(!done.stderr.contains("xoxb-example"), "{}", done.stderr);
}

#[test]
fn salesforce_names_the_next_address() {
    let record = |n: u64| {
        json!({"attributes": {"type": "Account", "url": format!("/services/data/v60.0/sobjects/Account/00{n}")},
               "Id": format!("00{n}"), "Name": format!("Account {n}"), "Industry": null,
               "LastModifiedDate": "2024-03-01T10:00:00.000+0000"})
    };
    let server = Server::start(move |asked: &Asked| {
        Reply::json(match asked.path.as_str() {
            "/services/data/v60.0/query" => {
                json!({"totalSize": 3, "done": false, "records": [record(1), record(2)],
                "nextRecordsUrl": "/services/data/v60.0/query/01g5f000-2000"})
                .to_string()
            }
            "/services/data/v60.0/query/01g5f000-2000" => {
                json!({"totalSize": 3, "done": true, "records": [record(3)]}).to_string()
            }
            other => panic!("{other}"),
        })
    });
    let variables = [("SALESFORCE_URL", server.url.as_str()), ("SALESFORCE_TOKEN", "00Dexample")];
    let (rows, _) = run("salesforce_accounts", &variables);
    assert_eq!(texts(&rows, "Id"), ["001", "002", "003"]);
    assert!(types(&rows).iter().all(|column| !column.starts_with("attributes")), "{:?}", types(&rows));
    assert!(server.asked()[0].param("q").expect("it asks").starts_with("SELECT Id, Name"));
    assert_eq!(server.asked()[1].query, "");
}

#[test]
fn graph_follows_odata_links() {
    let user = |n: u64| {
        json!({"id": format!("u{n}"), "displayName": format!("User {n}"), "mail": null, "accountEnabled": true,
               "createdDateTime": "2024-03-01T10:00:00Z"})
    };
    let server = Server::start(move |asked: &Asked| {
        Reply::json(match asked.param("$skiptoken") {
            None => json!({"@odata.context": "{server}/v1.0/$metadata#users", "@odata.count": 2, "value": [user(1)],
                "@odata.nextLink": "{server}/v1.0/users?$top=999&$skiptoken=RFNwdAIAAQ"})
            .to_string(),
            Some(_) => json!({"@odata.context": "{server}/v1.0/$metadata#users", "value": [user(2)]}).to_string(),
        })
    });
    let (rows, summary) = run("graph_users", &[("GRAPH_URL", &server.url), ("GRAPH_TOKEN", "eyJexample")]);
    assert_eq!((texts(&rows, "Id"), pages(&summary)), (vec!["u1".to_owned(), "u2".to_owned()], 2));
    let asked = server.asked();
    assert_eq!(asked[0].param("$top").as_deref(), Some("999"));
    assert_eq!(asked[1].header("consistencylevel"), "eventual");
}

#[test]
fn gitlab_fetches_numbered_pages_ahead() {
    const N_PAGES: u64 = 7;
    let server = Server::start(|asked: &Asked| {
        let page: u64 = asked.param("page").expect("numbered").parse().expect("a number");
        assert!((1..=N_PAGES).contains(&page), "page {page}");
        let issue = |n: u64| {
            json!({"id": 500 + n, "iid": n, "title": "x", "state": "opened", "author": {"username": "ann"},
                   "labels": [], "created_at": "2024-03-01T10:00:00.000Z"})
        };
        Reply::json(json!([issue(page * 2 - 1), issue(page * 2)]).to_string())
            .with("x-total-pages", N_PAGES.to_string())
            .with("x-page", page.to_string())
    });
    let (rows, summary) =
        run("gitlab_issues", &[("GITLAB_URL", &server.url), ("GITLAB_TOKEN", "glpat-example")]);
    let expected: Vec<String> = (1..=2 * N_PAGES).map(|n| n.to_string()).collect();
    assert_eq!((texts(&rows, "Number"), pages(&summary)), (expected, N_PAGES));
    let asked = server.asked();
    assert_eq!(asked.len() as u64, N_PAGES, "no page is asked for twice, none beyond the last");
    assert_eq!(asked[0].path, "/api/v4/projects/gitlab-org%2Fcli/issues");
    assert!(asked.iter().all(|one| one.header("private-token") == "glpat-example"));
}

#[test]
fn jira_worklogs_go_through_the_issues() {
    let home = Home::new();
    let file = root().join("pipelines/jira_worklogs.yaml");
    let args = [file.to_str().expect("UTF-8"), "--sandbox", "--sandbox-issues", "40"];
    let summary = home.summary(&args);
    let issues = parquet(&home.path("out-sandbox/jira_worklogs/issues.parquet"));
    let expected: Vec<String> = (1..=40).map(|n| format!("ABC-{n}")).collect();
    assert_eq!(texts(&issues, "Issue Key"), expected);
    let worklogs = parquet(&home.path("out-sandbox/jira_worklogs/worklogs.parquet"));
    let keys = texts(&worklogs, "Issue Key");
    let order = |key: &String| key.trim_start_matches("ABC-").parse::<u64>().expect("a number");
    assert!(
        keys.len() > 40 && keys.is_sorted_by_key(order),
        "{} worklogs in the order of the issues",
        keys.len()
    );
    assert_eq!(summary["tables"][1]["pages"], 40, "{summary}");
}
