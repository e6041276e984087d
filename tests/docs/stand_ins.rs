//! What stands in for servers with accounts, for pages of Jira, and for a history of git.

use serde_json::{Value, json};

/// What stands in for servers that need an account.
const STAND_INS: [(&str, &str); 5] = [
    ("https://auth.atlassian.com/oauth/token", "${JIRA_AUTH_URL}"),
    ("https://api.atlassian.com", "${JIRA_SITE}"),
    ("https://your-site.atlassian.net", "${JIRA_SITE}"),
    ("https://api.example.com", "${APIS_URL}"),
    ("http://localhost:8765", "http://localhost:${CALLBACK_PORT}"),
];

/// Makes the folder a repository of git in which one file has changed since the first commit.
pub(crate) fn two_revisions() -> String {
    let git = "git -c user.name=Ann -c user.email=ann@example.com";
    format!(
        "git init -q . && git add -A && {git} commit -qm 1 && echo >> pipelines/jira.yaml && {git} commit -qam 2"
    )
}

/// The text of a file whose servers need accounts, led to those that stand in for them. Defaults of variables stay.
pub(crate) fn led_home(text: &str) -> String {
    let led =
        STAND_INS.iter().fold(text.to_owned(), |text, (address, stand_in)| replace(&text, address, stand_in));
    // At its own address Atlassian is known, and needs none.
    let endpoint = "    authentication_url: ${JIRA_AUTH_URL}\n";
    if led.contains("audience: ") {
        led
    } else {
        led.replace(endpoint, &format!("{endpoint}    audience: api.atlassian.com\n"))
    }
}

fn replace(text: &str, address: &str, stand_in: &str) -> String {
    let mut led = String::new();
    let mut rest = text;
    while let Some(place) = rest.find(address) {
        led.push_str(&rest[..place]);
        led.push_str(if led.ends_with(":-") { address } else { stand_in });
        rest = &rest[place + address.len()..];
    }
    led + rest
}

/// A page of issues as version 3 of Jira's API has them: somebody has no assignee, labels come and go.
pub(crate) fn issues(page: u64) -> Value {
    let issue = |n: u64| {
        json!({
            "id": (10_000 + n).to_string(), "key": format!("ABC-{n}"),
            "fields": {
                "summary": format!("Summary {n}"),
                "description": { "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": [
                    { "type": "text", "text": "See " },
                    { "type": "text", "text": format!("page {page}"), "marks": [{ "type": "strong" }] }] }] },
                "status": { "name": if n.is_multiple_of(2) { "Done" } else { "To Do" } },
                "assignee": if n.is_multiple_of(3) { Value::Null } else { json!({ "displayName": format!("Ann {n}"), "accountId": n.to_string() }) },
                "created": format!("2024-0{page}-1{n}T10:00:00.000+0100"),
                "labels": (0..n % 3).map(|label| format!("label-{label}")).collect::<Vec<_>>(),
            }
        })
    };
    json!({ "issues": (page * 3 - 2..=page * 3).map(issue).collect::<Vec<_>>(), "isLast": page == 3 })
}
