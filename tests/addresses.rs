//! The addresses that are asked for, from the parts of a file that each have a query.

use crate::{
    recorded::{Reply, Server},
    support::Home,
};

/// The queries that a pipeline asks with, and its rows.
fn asked(server: &Server, query: &str) -> Vec<String> {
    let home = Home::new();
    let before = server.asked().len();
    let url = &server.url;
    home.write(
        "p.yaml",
        &format!(
            "datasource: {{ kind: rest, base_url: '{url}/v1?tenant=a%20b', test_path: '/me?full=1', limits: {{ concurrency: 1 }} }}
query: {query}
sink: {{ kind: jsonl, path: out }}
"
        ),
    );
    assert_eq!(home.summary(&["p.yaml"])["tables"][0]["rows"], 4, "{query}");
    server.asked()[before..].iter().map(|asked| asked.query.clone()).collect()
}

#[test]
fn each_part_of_an_address_keeps_its_query() {
    let server = Server::start(|asked| {
        let page: usize = asked.param("page").map_or(1, |page| page.parse().expect("a number"));
        let next = match (page, asked.path.as_str()) {
            (1, "/v1/links") => r#","next":"?status=open&page=2""#,
            (1, "/v1/rooted") => r#","next":"/v1/rooted?page=2""#,
            (1, "/v1/own") => r#","next":"{server}/v1/own?page=2&tenant=c""#,
            _ => "",
        };
        let items = match page {
            1 => r#"{"id":1},{"id":2}"#,
            2 => r#"{"id":3},{"id":4}"#,
            _ => "",
        };
        Reply::json(format!(r#"{{"items":[{items}]{next}}}"#))
    });
    let check = |query: &str, expected: &[&str]| assert_eq!(asked(&server, query), expected, "{query}");
    let numbered = "select: items, pagination: { kind: page_number, param: page } }";
    check(
        &format!("{{ path: '/items?status=open', {numbered}"),
        &[
            "tenant=a%20b&status=open&page=1",
            "tenant=a%20b&status=open&page=2",
            "tenant=a%20b&status=open&page=3",
        ],
    );
    // The parameter of the pagination stands in the path, too.
    check(
        &format!("{{ path: '/items?page=1&status=open', params: {{ e: 1 }}, {numbered}"),
        &[
            "tenant=a%20b&status=open&e=1&page=1",
            "tenant=a%20b&status=open&e=1&page=2",
            "tenant=a%20b&status=open&e=1&page=3",
        ],
    );
    check(
        &format!("{{ path: '/items', params: {{ tenant: c }}, {numbered}"),
        &["tenant=c&page=1", "tenant=c&page=2", "tenant=c&page=3"],
    );
    // A size in the path goes before, as one in `params` does.
    check(
        "{ path: '/items?n=2', select: items, pagination: { kind: page_number, param: page, size: 50, size_param: n } }",
        &["tenant=a%20b&n=2&page=1", "tenant=a%20b&n=2&page=2", "tenant=a%20b&n=2&page=3"],
    );
    let links = "select: items, pagination: { kind: next_url, next: next } }";
    check(
        &format!("{{ path: '/links?status=open', {links}"),
        &["tenant=a%20b&status=open", "tenant=a%20b&status=open&page=2"],
    );
    check(&format!("{{ path: /rooted, {links}"), &["tenant=a%20b", "tenant=a%20b&page=2"]);
    check(&format!("{{ path: /own, {links}"), &["tenant=a%20b", "page=2&tenant=c"]);
}

#[test]
fn the_test_of_a_datasource_asks_with_the_query_of_its_base() {
    let server = Server::start(|_| Reply::json("[]"));
    let home = Home::new();
    let url = &server.url;
    home.write(
        "p.yaml",
        &format!(
            "datasource: {{ kind: rest, base_url: '{url}/v1?tenant=a', test_path: '/me?full=1' }}
query: {{ path: /x }}
sink: {{ kind: jsonl, path: out }}
"
        ),
    );
    home.run(&["check", "p.yaml"]);
    let first = server.asked().into_iter().next().expect("a request");
    assert_eq!((first.path.as_str(), first.query.as_str()), ("/v1/me", "tenant=a&full=1"));
}
