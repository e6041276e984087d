//! Pages and refusals of other people's APIs, through the kind of pagination they are for: one of each in small, and all
//! that is recorded in `../shared/fixtures/paging` where that is beside the checkout.

use std::{collections::BTreeSet, fs, path::Path};

use serde_json::{Value, json};

use crate::{
    datasources::{fixture, paged, recorded_pages},
    recorded::{Asked, Reply, Server},
    support::{Home, every},
};

/// One list of a provider: where its records are, and how its pages follow each other.
struct Provider {
    pagination: &'static str,
    /// Makes a page lead to another one, or be the last.
    turn: fn(&mut Value, Turn),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    On,
    End,
}

fn set(page: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = if parent.is_empty() { page } else { page.pointer_mut(parent).expect(pointer) };
    parent[name] = value;
}

static NOTION: Provider = Provider {
    pagination: "{ kind: cursor, next: next_cursor, param: start_cursor, has_more: has_more }",
    turn: |page, turn| {
        set(page, "/has_more", (turn == Turn::On).into());
        set(page, "/next_cursor", if turn == Turn::On { "c2".into() } else { Value::Null });
    },
};
static SALESFORCE: Provider = Provider {
    pagination: "{ kind: next_url, next: nextRecordsUrl }",
    turn: |page, turn| match turn {
        Turn::On => set(page, "/nextRecordsUrl", "/next?c=2".into()),
        Turn::End => drop(page.as_object_mut().expect("an object").remove("nextRecordsUrl")),
    },
};
static SLACK: Provider = Provider {
    pagination: "{ kind: cursor, next: response_metadata.next_cursor, param: cursor }",
    turn: |page, turn| {
        set(page, "/response_metadata/next_cursor", if turn == Turn::On { "c2" } else { "" }.into());
    },
};
static ZENDESK: Provider = Provider {
    pagination: "{ kind: next_url, next: next_page }",
    turn: |page, turn| {
        set(page, "/next_page", if turn == Turn::On { "{server}/next?c=2".into() } else { Value::Null });
    },
};
static ZENDESK_CURSOR: Provider = Provider {
    pagination: "{ kind: cursor, next: meta.after_cursor, param: 'page[after]', has_more: meta.has_more }",
    turn: |page, turn| {
        set(page, "/meta/has_more", (turn == Turn::On).into());
        set(page, "/meta/after_cursor", "c2".into());
    },
};
static HUBSPOT: Provider = Provider {
    pagination: "{ kind: cursor, next: paging.next.after, param: after }",
    turn: |page, turn| {
        if turn == Turn::End {
            page.as_object_mut().expect("an object").remove("paging");
        }
    },
};
static GRAPH: Provider = Provider {
    pagination: "{ kind: next_url, next: '@odata.nextLink' }",
    turn: |page, turn| match turn {
        Turn::On => set(page, "/@odata.nextLink", "{server}/next?c=2".into()),
        Turn::End => drop(page.as_object_mut().expect("an object").remove("@odata.nextLink")),
    },
};

/// A page of a list: the file, the array of its records, and whose it is.
static LISTS: [(&str, &str, &Provider); 21] = [
    ("hubspot/supabase_hubspot", "results", &HUBSPOT),
    ("msgraph/getPstnCalls", "value", &GRAPH),
    ("notion/block_get_children", "results", &NOTION),
    ("notion/database_list", "results", &NOTION),
    ("notion/database_query", "results", &NOTION),
    ("notion/search", "results", &NOTION),
    ("notion/user_list", "results", &NOTION),
    ("salesforce/query_aggregate_success_response", "records", &SALESFORCE),
    ("salesforce/query_empty_response", "records", &SALESFORCE),
    ("salesforce/query_paginated_first_page_response", "records", &SALESFORCE),
    ("salesforce/query_paginated_last_page_response", "records", &SALESFORCE),
    ("salesforce/query_success_response", "records", &SALESFORCE),
    ("slack/javasdk_conversations.list", "channels", &SLACK),
    ("slack/javasdk_team.accessLogs", "logins", &SLACK),
    ("slack/javasdk_users.list", "members", &SLACK),
    ("zendesk/organizations", "organizations", &ZENDESK),
    ("zendesk/search_ticket", "results", &ZENDESK),
    ("zendesk/ticket_comments", "comments", &ZENDESK_CURSOR),
    ("zendesk/tickets", "tickets", &ZENDESK),
    ("zendesk/users", "users", &ZENDESK),
    ("github/octokit_search-issues_exchanges", "items", &LINK),
];
static LINK: Provider = Provider { pagination: "{ kind: link_header }", turn: |_, _| {} };

/// Arrays, which GitLab sends page by page.
const NUMBERED: [&str; 4] =
    ["gitlab/narkoz_issues", "gitlab/narkoz_merge_requests", "gitlab/narkoz_projects", "gitlab/narkoz_users"];

/// Single objects: records of a list that goes on after the last id, or no list at all.
const OBJECTS: [&str; 11] = [
    "notion/page_get",
    "notion/supabase_notion",
    "stripe/djstripe_balance_transaction_txn_fake_ch_fakefakefakefakefake0001",
    "stripe/djstripe_charge_ch_fakefakefakefakefake0001",
    "stripe/djstripe_invoice_in_fakefakefakefakefake0004",
    "stripe/fixture_balance_transaction",
    "stripe/fixture_charge",
    "stripe/fixture_customer",
    "stripe/fixture_invoice",
    "stripe/fixture_refund",
    "stripe/fixture_subscription",
];

/// Refusals: the status they came with, and words of theirs that must reach the user.
const REFUSALS: [(&str, u16, &str); 7] = [
    ("gitlab/narkoz_error_project_not_found", 404, "404 Project Not Found"),
    ("notion/validation_error", 400, "is not a valid Notion UUID"),
    ("salesforce/auth_error_response", 400, "authentication failure - Invalid Password"),
    ("salesforce/expired_session_response", 401, "Session expired or invalid"),
    ("salesforce/query_error_response", 400, "error_message"),
    ("salesforce/refresh_error_response", 400, "expired access/refresh token"),
    ("github/octokit_errors_exchanges", 422, "Validation Failed"),
];

/// Looked at elsewhere: tokens by the reader of token responses, waits by `datasources`.
const ELSEWHERE: [&str; 6] = [
    "salesforce/refresh_success_response",
    "github/octokit_paginate-issues_exchanges",
    "github/hub4j_testHandler_Wait",
    "github/hub4j_testHandler_Wait_Secondary_Limits_Too_Many_Requests",
    "github/hub4j_testHandler_Wait_Secondary_Limits_Too_Many_Requests_Date_Retry_After",
    "github/hub4j_testHandler_Wait_Secondary_Limits_Too_Many_Requests_No_Retry_After",
];

/// One page of each provider in small.
fn small_lists() -> Vec<(&'static str, Value, &'static str, &'static Provider)> {
    let records = json!([{"id": "1", "name": "a"}, {"id": "2", "name": null}, {"id": "3", "tags": ["x"]}]);
    vec![
        (
            "hubspot",
            json!({"results": records, "paging": {"next": {"after": "3", "link": "?after=3"}}}),
            "results",
            &HUBSPOT,
        ),
        ("msgraph", json!({"@odata.context": "$metadata#calls", "value": records}), "value", &GRAPH),
        (
            "notion",
            json!({"object": "list", "results": records, "next_cursor": null, "has_more": false}),
            "results",
            &NOTION,
        ),
        ("salesforce", json!({"totalSize": 6, "done": false, "records": records}), "records", &SALESFORCE),
        (
            "slack",
            json!({"ok": true, "members": records, "response_metadata": {"next_cursor": ""}}),
            "members",
            &SLACK,
        ),
        ("zendesk", json!({"count": 6, "tickets": records, "next_page": null}), "tickets", &ZENDESK),
        (
            "zendesk cursor",
            json!({"comments": records, "meta": {"has_more": false}}),
            "comments",
            &ZENDESK_CURSOR,
        ),
        ("github", json!({"total_count": 6, "incomplete_results": false, "items": records}), "items", &LINK),
    ]
}

/// One refusal of each form: an object, an array, nested.
fn small_refusals() -> Vec<(&'static str, u16, Value, &'static str)> {
    vec![
        ("gitlab", 404, json!({"message": "404 Project Not Found"}), "404 Project Not Found"),
        (
            "notion",
            400,
            json!({"object": "error", "code": "validation_error", "message": "is no UUID"}),
            "is no UUID",
        ),
        (
            "salesforce",
            401,
            json!([{"errorCode": "INVALID_SESSION_ID", "message": "Session expired"}]),
            "Session expired",
        ),
        (
            "oauth",
            400,
            json!({"error": "invalid_grant", "error_description": "expired token"}),
            "expired token",
        ),
        (
            "github",
            422,
            json!({"message": "Validation Failed", "errors": [{"field": "q"}]}),
            "Validation Failed",
        ),
    ]
}

fn page(folder: &Path, name: &str) -> Value {
    let whole = fixture(folder, &format!("{name}.json"));
    // Exchanges hold the answer among other things.
    if name.ends_with("_exchanges") { whole[0]["response"].clone() } else { whole }
}

/// Two pages of this list have all records of both.
fn follow_list(name: &str, body: Value, records: &str, provider: &'static Provider) {
    let n_records = body[records].as_array().unwrap_or_else(|| panic!("{name}: {records}")).len() as u64;
    let turn = provider.turn;
    let is_link = provider.pagination.contains("link_header");
    let serve = move |asked: &Asked| {
        let next = if asked.query.is_empty() { Turn::On } else { Turn::End };
        let mut body = body.clone();
        turn(&mut body, next);
        // Recorded where a request had failed.
        if let Some(ok) = body.get_mut("ok") {
            *ok = true.into();
        }
        if let Some(done) = body.get_mut("done") {
            *done = (next == Turn::End).into();
        }
        let reply = Reply::json(body.to_string());
        match is_link && next == Turn::On {
            true => reply.with("link", "<{server}/next?c=2>; rel=\"next\""),
            false => reply,
        }
    };
    let query = format!("{{ select: {records}, pagination: {} }}", provider.pagination);
    let (pages, rows, _) = paged(&query, serve);
    assert_eq!((pages, rows), (2, 2 * n_records), "{name}");
}

/// Three pages of an array whose number of pages is in a header.
fn follow_numbers(name: &str, body: Value) {
    let n_records = body.as_array().expect("an array").len() as u64;
    let serve = move |_: &Asked| Reply::json(body.to_string()).with("x-total-pages", "3");
    let query = "{ same_page: follow, pagination: { kind: page_number, param: page, total_pages_header: X-Total-Pages } }";
    let (pages, rows, _) = paged(query, serve);
    assert_eq!((pages, rows), (3, 3 * n_records), "{name}");
}

/// Two pages of one object each, where the next one is after the last id.
fn follow_ids(name: &str, one: Value) {
    let id = one["id"].as_str().expect("an id").to_owned();
    let serve = move |asked: &Asked| {
        let more = asked.param("starting_after").as_deref() != Some(&id);
        Reply::json(json!({"object": "list", "has_more": more, "data": [one]}).to_string())
    };
    let query = "{ select: data, pagination: { kind: cursor, next: data.-1.id, param: starting_after, has_more: has_more } }";
    let (pages, rows, _) = paged(query, serve);
    assert_eq!((pages, rows), (2, 2), "{name}");
}

fn refused(name: &str, status: u16, body: &Value, words: &str) {
    let body = body.to_string();
    let server = Server::start(move |_| Reply::json(body.clone()).of_status(status));
    let home = Home::new().with([("URL", server.url.as_str())]);
    home.write(
        "p.yaml",
        "datasource: { kind: rest, base_url: '${URL}' }\nquery: {}\nsink: { kind: jsonl, path: rows }\n",
    );
    let done = home.run(&["run", "p.yaml"]);
    assert_eq!(done.code, Some(1), "{name}: {}", done.stderr);
    let answered = format!("the server answered {status}: ");
    assert!(done.stderr.contains(&answered) && done.stderr.contains(words), "{name}: {}", done.stderr);
}

#[test]
fn every_recorded_file_is_known_once() {
    let lists = LISTS.iter().map(|(name, ..)| *name);
    let refusals = REFUSALS.iter().map(|(name, ..)| *name);
    let all: Vec<&str> = lists.chain(refusals).chain(NUMBERED).chain(OBJECTS).chain(ELSEWHERE).collect();
    let known: BTreeSet<String> = all.iter().map(|name| (*name).to_owned()).collect();
    assert_eq!(known.len(), all.len());
    let mut found = BTreeSet::new();
    let Some(folder) = recorded_pages() else { return };
    for provider in fs::read_dir(&folder).expect("readable") {
        for file in fs::read_dir(provider.expect("an entry").path()).expect("readable") {
            let path = file.expect("an entry").path();
            if path.extension().is_some_and(|end| end == "json") {
                let name = path.strip_prefix(&folder).expect("below").with_extension("");
                found.insert(name.to_string_lossy().into_owned());
            }
        }
    }
    assert_eq!(found, known);
}

#[test]
fn every_list_is_followed_to_its_end() {
    for (name, body, records, provider) in every(3, small_lists()) {
        follow_list(name, body, records, provider);
    }
    follow_numbers("gitlab", json!([{"id": 1}, {"id": 2, "state": "opened"}, {"id": 3}]));
    follow_ids("stripe", json!({"id": "ch_1", "object": "charge", "amount": 100, "metadata": {}}));
    let Some(folder) = recorded_pages() else { return };
    for (name, records, provider) in LISTS {
        follow_list(name, page(&folder, name), records, provider);
    }
    for name in NUMBERED {
        follow_numbers(name, page(&folder, name));
    }
    for name in OBJECTS {
        follow_ids(name, page(&folder, name));
    }
}

#[test]
fn every_refusal_is_told_in_the_servers_words() {
    for (name, status, body, words) in small_refusals() {
        refused(name, status, &body, words);
    }
    let Some(folder) = recorded_pages() else { return };
    for (name, status, words) in REFUSALS {
        refused(name, status, &page(&folder, name), words);
    }
}
