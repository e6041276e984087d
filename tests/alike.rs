//! Rows of another table that all bring the same records, since the server passes over their value.

use serde_json::{Value, json};

use crate::{
    recorded::{Asked, Reply, Server},
    support::Home,
};

/// Four parents, the third without children; the others have the same five, whatever is asked for.
fn server() -> Server {
    Server::start(|asked: &Asked| {
        let number = |name: &str| asked.param(name).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        if asked.path == "/parents" {
            return Reply::json(
                json!({ "items": [{ "id": 1 }, { "id": 2 }, { "id": 3 }, { "id": 4 }] }).to_string(),
            );
        }
        if number("parent") == 3 || asked.path == "/3/children" {
            return Reply::json(json!({ "items": [], "total": 0 }).to_string());
        }
        let own = if asked.path == "/told" { number("parent") } else { 0 };
        let from = number("offset");
        let items: Vec<Value> = (from..5.min(from + 2)).map(|id| json!({ "id": id, "of": own })).collect();
        let items = if asked.query.contains("offset") {
            items
        } else {
            (0..5).map(|id| json!({ "id": id, "of": own })).collect()
        };
        Reply::json(json!({ "items": items, "total": 5 }).to_string())
    })
}

/// How many children came in each of two runs, and what the summary says of them.
fn children(server: &Server, query: &str) -> Vec<(usize, Option<String>)> {
    let home = Home::new();
    home.write(
        "p.yaml",
        &format!(
            "name: p
datasource: {{ kind: rest, base_url: {}, limits: {{ requests_per_second: 10000 }} }}
tables:
  parents: {{ query: {{ path: /parents, select: items }}, sink: {{ kind: jsonl, path: parents }} }}
  children:
    query: {{ for_each: {{ table: parents, column: id, as: id }}, select: items, {query} }}
    sink: {{ kind: jsonl, path: children }}
",
            server.url
        ),
    );
    let run = || {
        let table = home.summary(&["p.yaml"])["tables"][1].clone();
        let rows = std::fs::read_to_string(home.path("children.jsonl")).expect("rows");
        (rows.lines().count(), table["incomplete_reason"].as_str().map(str::to_owned))
    };
    vec![run(), run()]
}

#[test]
fn rows_that_all_bring_the_same_make_the_table_incomplete() {
    let server = server();
    for query in [
        "path: /children, params: { parent: '${each.id}' }",
        "path: '/children?parent=${each.id}'",
        "path: /children, params: { parent: '${each.id}' }, pagination: { kind: offset, param: offset, total: total, \
         size: 2, size_param: limit }",
    ] {
        for (n_rows, reason) in children(&server, query) {
            let reason = reason.unwrap_or_else(|| panic!("{query}"));
            assert_eq!(n_rows, 15, "{query}");
            assert!(
                reason.contains("all 3 rows of `parents`") && reason.contains("`${each.id}`"),
                "{reason}"
            );
        }
    }
}

#[test]
fn rows_that_may_bring_the_same_do_not() {
    let server = server();
    for query in [
        "path: /children, same_page: follow, params: { parent: '${each.id}' }",
        "path: '/${each.id}/children'",
        "path: /told, params: { parent: '${each.id}' }",
    ] {
        assert_eq!(children(&server, query), vec![(15, None), (15, None)], "{query}");
    }
}
