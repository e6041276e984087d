//! What comes in the place of records, records that windows share, and tokens that go back as they came.

use serde_json::{Value, json};

use crate::{
    paging::{complete, number, records, run, yaml},
    recorded::{Reply, Server},
    support::{Done, Home},
};

/// Elements with these ids.
fn xml(page: u64) -> String {
    (page * 3 - 2..=page * 3).map(|id| format!("<i><id>{id}</id></i>")).collect()
}

/// Three pages of XML, of which the third is `third`.
fn xml_with(third: &'static str) -> Server {
    Server::start(move |asked| {
        let page = number(asked, "page").unwrap_or(1);
        let text = match page {
            3 => third.to_owned(),
            page => format!("<r><items>{}</items><next>{}</next></r>", xml(page), page + 1),
        };
        Reply::of("text/xml; charset=utf-8", text)
    })
}

/// Runs a query of elements; gives how it ended and whether there are rows.
fn run_xml(server: &Server, query: &str) -> (Done, bool) {
    let home = Home::new();
    home.write("p.yaml", &yaml(server, query, 1).replace("select: items", "select: r.items.i"));
    let done = home.run(&["run", "p.yaml", "--format", "json"]);
    (done, home.path("rows.jsonl").exists())
}

#[test]
fn xml_in_the_place_of_a_page_is_no_end() {
    let number = "pagination: { kind: page_number, param: page }";
    let cursor = "pagination: { kind: cursor, next: r.next, param: page }";
    for (third, words) in [
        ("<r><error>boom</error></r>", "boom"),
        ("<r status='error' message='boom'/>", "boom"),
        (
            "<e:Envelope xmlns:e='x'><e:Body><e:Fault><faultstring>boom</faultstring></e:Fault></e:Body></e:Envelope>",
            "boom",
        ),
        ("<r><items><error/></items></r>", "`r.items.error`"),
        ("<r>Internal error</r>", "text stands at `r`"),
        ("<other><items><i><id>7</id></i></items></other>", "another document"),
    ] {
        for query in [number, cursor] {
            let (done, has_rows) = run_xml(&xml_with(third), query);
            assert_eq!((done.code, has_rows), (Some(1), false), "{third} {query} {}", done.stderr);
            assert!(done.stderr.contains(words), "{third} {query} {}", done.stderr);
        }
    }
    for third in ["<r><items/></r>", "<r/>", "<r><total>6</total></r>"] {
        for query in [number, cursor] {
            let (done, has_rows) = run_xml(&xml_with(third), query);
            assert_eq!((done.code, has_rows), (Some(0), true), "{third} {query} {}", done.stderr);
        }
    }
}

#[test]
fn windows_without_an_end_are_told_with_all_that_came_twice() {
    let server = Server::start(|asked| {
        let from = number(asked, "from").unwrap_or(0);
        let items: Vec<Value> = (from.max(1)..10).map(|id| json!({ "id": id })).collect();
        Reply::json(json!({ "items": items }).to_string())
    });
    let query = "params: { from: '${split.from}', too: '${split.to}' }, split: { from: 1, to: 10, every: 3 }";
    let (done, ids) = run(&server, query, 8);
    assert_eq!((done.code, ids.len()), (Some(0), 9 + 6 + 3), "{}", done.stderr);
    let summary: Value = serde_json::from_str(&done.stdout).expect("a summary");
    let told = summary["tables"][0]["warnings"].to_string();
    assert!(
        told.contains("window 4 to 7: 6 records, the first of them with `id` 4, came with the window before"),
        "{told}"
    );
    assert!(told.contains("3 more records came twice"), "{told}");
}

#[test]
fn a_token_goes_back_in_a_body_as_it_came() {
    let after = |value: &Value| match value {
        Value::Null => Some(0),
        value => value.as_u64(),
    };
    let server = Server::start(move |asked| {
        let body: Value = serde_json::from_str(&asked.body).expect("JSON");
        let own = body["search_after"].as_array().map_or(Some(0), |values| after(&values[0]));
        let start = after(&body["start"]);
        let Some(last) = own.zip(start).map(|(one, other)| one.max(other)) else {
            return Reply::json(r#"{"message":"bad type"}"#).of_status(400);
        };
        let items: Vec<Value> =
            (last + 1..=(last + 3).min(9)).map(|id| json!({ "id": id, "sort": [id, "x"] })).collect();
        let next = if last < 6 { json!(last + 3) } else { Value::Null };
        Reply::json(json!({ "items": items, "next": next }).to_string())
    });
    for (body, keys) in [
        ("{ size: 3 }", "next: items.-1.sort, param: search_after"),
        ("{ search_after: [0] }", "next: items.-1.sort.0, param: search_after.0"),
        ("{ start: 0 }", "next: next, param: start"),
    ] {
        complete(
            &server,
            &format!("method: POST, body: {body}, pagination: {{ kind: cursor, {keys}, in: body }}"),
        );
    }
}

#[test]
fn a_header_that_holds_the_word_null_is_the_end() {
    let server = Server::start(|asked| {
        let page = match asked.param("locator").as_deref() {
            None => 1,
            Some("two") => 2,
            Some("three") => 3,
            Some(_) => return Reply::json(r#"{"message":"InvalidLocator"}"#).of_status(400),
        };
        let next = ["two", "three", "null"][page - 1];
        Reply::json(json!({ "items": records(page as u64) }).to_string()).with("sforce-locator", next)
    });
    complete(&server, "pagination: { kind: cursor, next_header: Sforce-Locator, param: locator }");
}
