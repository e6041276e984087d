//! The APIs that the documents speak of, each with three pages of three records, in the shape of the real ones.

use serde_json::{Value, json};

use crate::recorded::{Asked, Reply, Server};

/// The number of pages, and of records on each.
pub(crate) const PAGES: u64 = 3;
/// The number of records of each list.
pub(crate) const RECORDS: u64 = 9;

/// A list for which the checkout has no pipeline.
const LISTS: [(&str, &str, &str); 8] = [
    ("OAI-PMH", "/oai", "OAI-PMH.ListRecords.record"),
    ("Elasticsearch", "/logs/_search", "hits.hits"),
    ("HubSpot", "/crm/v3/objects/contacts", "results"),
    ("token in a header", "/in-a-header", ""),
    ("Zendesk", "/api/v2/tickets", "tickets"),
    ("numbered from 0", "/from-zero", "items"),
    ("token within the address", "/wiki/api/v2/pages", "results"),
    ("Confluence", "/wiki/api/v2/pages", "results"),
];

/// The pipeline of an API that the comments of a part name.
const PIPELINES: [(&str, &str); 9] = [
    ("Stripe", "stripe_charges"),
    ("Notion", "notion_tasks"),
    ("Slack", "slack_users"),
    ("OData", "graph_users"),
    ("Salesforce", "salesforce_accounts"),
    ("GitHub", "github_issues"),
    ("GitLab", "gitlab_issues"),
    ("Jira Data Center", "jira_search"),
    ("Jira Cloud", "jira"),
];

/// The pipeline into which a part about an API belongs: a file of the checkout, or the text of one.
pub(crate) fn pipeline_of(comments: &str) -> Option<Pipeline> {
    if let Some((_, name)) = PIPELINES.iter().find(|(api, _)| comments.contains(api)) {
        return Some(Pipeline::File(format!("pipelines/{name}.yaml")));
    }
    let (api, path, select) = LISTS.iter().find(|(api, ..)| comments.contains(api))?;
    let method = match *api {
        "Elasticsearch" => "  method: POST\n",
        "OAI-PMH" => "  params: { verb: ListRecords, metadataPrefix: oai_dc }\n",
        _ => "",
    };
    let select = if select.is_empty() { String::new() } else { format!("  select: {select}\n") };
    Some(Pipeline::Text(format!(
        "datasource:\n  kind: rest\n  base_url: ${{APIS_URL}}\nquery:\n  path: {path}\n{method}{select}sink: {{ kind: jsonl, path: out/rows }}\n"
    )))
}

/// Where the pipeline of an API comes from.
#[derive(Debug)]
pub(crate) enum Pipeline {
    File(String),
    Text(String),
}

/// The variables that lead pipelines to `server`.
pub(crate) fn variables(server: &Server) -> Vec<(String, String)> {
    let urls =
        ["APIS_URL", "GITHUB_URL", "GITLAB_URL", "GRAPH_URL", "NOTION_URL", "SALESFORCE_URL", "STRIPE_URL"];
    let secrets = [
        "TOKEN",
        "API_KEY",
        "CLIENT_ID",
        "CLIENT_SECRET",
        "GITHUB_TOKEN",
        "GITLAB_TOKEN",
        "GRAPH_TOKEN",
        "NOTION_TOKEN",
        "SALESFORCE_TOKEN",
        "SLACK_TOKEN",
        "STRIPE_KEY",
    ];
    let mut variables: Vec<_> = urls.map(|name| (name.to_owned(), server.url.clone())).into();
    variables.push(("SLACK_URL".into(), format!("{}/slack", server.url)));
    variables.extend(secrets.map(|name| (name.to_owned(), format!("secret-of-{}", name.to_lowercase()))));
    variables
}

/// All of them, by their paths.
pub(crate) fn start() -> Server {
    Server::start(|asked| {
        let path = asked.path.as_str();
        match path {
            "/v1/charges" => stripe(asked),
            "/slack/users.list" => slack(asked),
            "/v1.0/users" => graph(asked),
            "/crm/v3/objects/contacts" => hubspot(asked),
            "/in-a-header" => in_a_header(asked),
            "/logs/_search" => elasticsearch(asked),
            "/api/v2/tickets" => zendesk(asked),
            "/from-zero" => from_zero(asked),
            "/oai" => oai(asked),
            "/wiki/api/v2/pages" => confluence(asked),
            "/v1/items/open" => example(asked),
            "/nested" => nested(asked),
            _ if path.starts_with("/v1/databases/") => notion(asked),
            _ if path.starts_with("/services/data/") => salesforce(asked),
            _ if path.starts_with("/repos/") => github(asked),
            _ if path.starts_with("/api/v4/projects/") => gitlab(asked),
            _ => Reply::json(json!({ "error": format!("nothing is at {path}") }).to_string()).of_status(404),
        }
    })
}

/// The page, from 1, that a token such as `c2` or an id such as `ch_3` leads to.
fn after(last_id: Option<&str>) -> u64 {
    let digits = last_id.unwrap_or_default().trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.parse::<u64>().map_or(1, |id| id / 3 + 1)
}

fn token(token: Option<&str>) -> u64 {
    token
        .and_then(|token| token.strip_prefix('c'))
        .map_or(1, |page| page.parse().expect("a token of this server"))
}

fn records(page: u64, record: impl Fn(u64) -> Value) -> Vec<Value> {
    assert!((1..=PAGES).contains(&page), "page {page} was asked for");
    (page * 3 - 2..=page * 3).map(record).collect()
}

fn next(page: u64) -> Value {
    if page < PAGES { json!(format!("c{}", page + 1)) } else { Value::Null }
}

fn reply(body: &Value) -> Reply {
    Reply::json(body.to_string())
}

fn stripe(asked: &Asked) -> Reply {
    let page = after(asked.param("starting_after").as_deref());
    let charge = |n| {
        json!({ "id": format!("ch_{n}"), "amount": 100 * n, "currency": "eur", "status": "succeeded",
                "customer": null, "created": 1_709_290_800 + n })
    };
    reply(&json!({ "object": "list", "has_more": page < PAGES, "data": records(page, charge) }))
}

/// The sort values of the last hit go back as they came.
fn elasticsearch(asked: &Asked) -> Reply {
    let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
    let last = match &body["search_after"] {
        Value::Null => 0,
        values => values[0].as_u64().expect("a number"),
    };
    let hit = |n: u64| json!({ "_id": format!("h{n}"), "_source": { "n": n }, "sort": [n, format!("h{n}")] });
    let hits: Vec<Value> = (last + 1..=(last + 3).min(RECORDS)).map(hit).collect();
    reply(
        &json!({ "took": 1, "timed_out": false, "hits": { "total": { "value": RECORDS, "relation": "eq" }, "hits": hits } }),
    )
}

/// A token stands for all parameters but `verb`, and is refused beside them.
fn oai(asked: &Asked) -> Reply {
    let sent = asked.param("resumptionToken");
    assert_eq!(asked.param("verb").as_deref(), Some("ListRecords"));
    assert_eq!(asked.param("metadataPrefix").is_some(), sent.is_none(), "badArgument");
    let page = token(sent.as_deref());
    let record = |n| json!(format!("<record><header><identifier>oai:{n}</identifier></header></record>"));
    let records = records(page, record);
    let records: String = records.iter().filter_map(Value::as_str).collect();
    let next = next(page);
    let token =
        format!("<resumptionToken cursor=\"{page}\">{}</resumptionToken>", next.as_str().unwrap_or_default());
    let xml = format!("<OAI-PMH><ListRecords>{records}{token}</ListRecords></OAI-PMH>");
    Reply::of("text/xml", xml.into_bytes())
}

fn notion(asked: &Asked) -> Reply {
    let body: Value = serde_json::from_str(&asked.body).expect("JSON");
    let page = token(body["start_cursor"].as_str());
    let task = |n| {
        json!({ "id": format!("p{n}"), "created_time": "2024-03-01T10:00:00.000Z", "properties": {
            "Name": { "title": [{ "plain_text": format!("Task {n}") }] }, "Done": { "checkbox": n == 2 },
            "Tags": { "multi_select": [{ "name": "x" }] }, "Due": { "date": null } } })
    };
    reply(&json!({ "results": records(page, task), "next_cursor": next(page), "has_more": page < PAGES }))
}

fn slack(asked: &Asked) -> Reply {
    let page = token(asked.param("cursor").as_deref());
    let member = |n| {
        json!({ "id": format!("U{n}"), "name": "ann", "deleted": false, "tz": "Europe/Berlin", "is_bot": false,
                "profile": { "real_name": "Ann" } })
    };
    let cursor = next(page).as_str().unwrap_or_default().to_owned();
    reply(
        &json!({ "ok": true, "members": records(page, member), "response_metadata": { "next_cursor": cursor } }),
    )
}

fn graph(asked: &Asked) -> Reply {
    let page = token(asked.param("$skiptoken").as_deref());
    let user = |n| {
        json!({ "id": format!("u{n}"), "displayName": "Ann", "mail": null, "accountEnabled": true,
                "createdDateTime": "2024-03-01T10:00:00Z" })
    };
    let mut body = json!({ "value": records(page, user) });
    if page == 1 {
        body["@odata.count"] = json!(RECORDS);
    }
    if page < PAGES {
        body["@odata.nextLink"] = json!(format!("{{server}}/v1.0/users?$skiptoken=c{}", page + 1));
    }
    reply(&body)
}

fn salesforce(asked: &Asked) -> Reply {
    let page = token(asked.path.rsplit_once("-").map(|(_, token)| token));
    let account = |n| {
        json!({ "attributes": { "type": "Account" }, "Id": format!("00{n}"), "Name": format!("Account {n}"),
                "Industry": null, "LastModifiedDate": "2024-03-01T10:00:00.000+0000" })
    };
    let mut body = json!({ "totalSize": RECORDS, "done": page == PAGES, "records": records(page, account) });
    if page < PAGES {
        body["nextRecordsUrl"] = json!(format!("/services/data/v60.0/query/01g5f000-c{}", page + 1));
    }
    reply(&body)
}

fn github(asked: &Asked) -> Reply {
    let page = asked.param("page").map_or(1, |page| page.parse().expect("a number"));
    let issue = |n| {
        json!({ "id": 1000 + n, "number": n, "title": format!("Issue {n}"), "state": "open",
                "user": { "login": "octocat" }, "labels": [{ "name": "bug" }],
                "created_at": "2024-03-01T10:00:00Z", "closed_at": null })
    };
    let link =
        |to: u64, rel: &str| format!("<{{server}}/repos/rust-lang/cargo/issues?page={to}>; rel=\"{rel}\"");
    let links = match page {
        PAGES => link(page - 1, "prev"),
        _ => format!("{}, {}", link(page + 1, "next"), link(PAGES, "last")),
    };
    reply(&json!(records(page, issue))).with("link", links)
}

fn gitlab(asked: &Asked) -> Reply {
    let page = asked.param("page").map_or(1, |page| page.parse().expect("a number"));
    let issue = |n| {
        json!({ "id": 500 + n, "iid": n, "title": "x", "state": "opened", "author": { "username": "ann" },
                "labels": [], "created_at": "2024-03-01T10:00:00.000Z" })
    };
    reply(&json!(records(page, issue)))
        .with("x-total-pages", PAGES.to_string())
        .with("x-page", page.to_string())
}

fn hubspot(asked: &Asked) -> Reply {
    let page = token(asked.param("after").as_deref());
    let mut body = json!({ "results": records(page, |n| json!({ "id": n.to_string() })) });
    if page < PAGES {
        body["paging"] =
            json!({ "next": { "after": next(page), "link": "{server}/crm/v3/objects/contacts?after=…" } });
    }
    reply(&body)
}

fn zendesk(asked: &Asked) -> Reply {
    let page = token(asked.param("after").as_deref());
    // The address is there on the last page too, as at Zendesk; `has_more` says that it leads nowhere.
    let link = format!("{{server}}/api/v2/tickets?after=c{}", page + 1);
    let meta = json!({ "has_more": page < PAGES });
    reply(
        &json!({ "tickets": records(page, |n| json!({ "id": n })), "meta": meta, "links": { "next": link } }),
    )
}

fn in_a_header(asked: &Asked) -> Reply {
    let page = token(asked.param("cursor").as_deref());
    let reply = reply(&json!(records(page, |n| json!({ "id": n }))));
    match next(page).as_str() {
        Some(token) => reply.with("x-next-cursor", token),
        None => reply,
    }
}

fn from_zero(asked: &Asked) -> Reply {
    let index: u64 = asked.param("page").expect("every page is numbered").parse().expect("a number");
    // The last page is full, so that the one after it is asked for, too.
    let items = if index < PAGES { records(index + 1, |n| json!({ "id": n })) } else { vec![] };
    reply(&json!({ "items": items, "meta": { "pages": PAGES } }))
}

fn confluence(asked: &Asked) -> Reply {
    let page = token(asked.param("cursor").as_deref());
    let mut links = json!({ "base": "{server}/wiki" });
    if page < PAGES {
        links["next"] = json!(format!("/wiki/api/v2/pages?limit=3&cursor=c{}", page + 1));
    }
    reply(&json!({ "results": records(page, |n| json!({ "id": n.to_string() })), "_links": links }))
}

fn example(asked: &Asked) -> Reply {
    let page = token(asked.param("cursor").as_deref());
    reply(
        &json!({ "items": records(page, |n| json!({ "id": n, "owner": { "id": 1 } })), "next": next(page) }),
    )
}

fn nested(asked: &Asked) -> Reply {
    let page = token(asked.param("cursor").as_deref());
    reply(&json!({ "data": { "items": records(page, |n| json!({ "id": n })) }, "next": next(page) }))
}
