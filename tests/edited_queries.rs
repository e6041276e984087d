//! Incremental queries that are edited between two runs whose rows are appended: no row is there twice.

use serde_json::{Value, json};

use crate::{
    recorded::{Asked, Reply, Server},
    state::files,
    support::{Home, every},
    table_files::{column, parquet},
};

const YAML: &str = "params: { project: { default: A } }
datasource: { kind: rest, base_url: '${URL}' }
query:
  path: /items
  select: items
  params: { from: '${window.from}', project: '${param.project}', limit: 2 }
  headers: { X-Tenant: '${param.project}' }
  pagination: { kind: cursor, next: next, param: cursor }
  incremental: { column: updated, key: id }
sink: { kind: parquet, path: out/t, mode: append }
";

/// A server of five records, on as many pages as are asked for; a home with `p.yaml`.
fn site() -> (Server, Home) {
    let server = Server::start(|asked: &Asked| {
        let from = asked.param("from").unwrap_or_default();
        let number =
            |name: &str, none| asked.param(name).map_or(none, |text| text.parse().expect("a number"));
        let (size, page): (usize, usize) = (number("limit", 5), number("cursor", 0));
        let project = asked.param("project").unwrap_or_default();
        let all = (1..6).map(|day| (format!("{project}{day}"), format!("2024-01-0{day}T00:00:00Z")));
        let wanted: Vec<Value> = all
            .filter(|(_, updated)| *updated >= from)
            .map(|(id, updated)| json!({ "id": id, "updated": updated }))
            .collect();
        let records: Vec<&Value> = wanted.iter().skip(size * page).take(size).collect();
        let next = (wanted.len() > size * (page + 1)).then(|| (page + 1).to_string());
        Reply::json(json!({ "items": records, "next": next }).to_string())
    });
    let home = Home::new().with([("URL", server.url.as_str())]);
    home.write("p.yaml", YAML);
    home.summary(&["p.yaml"]);
    (server, home)
}

fn ids(home: &Home) -> Vec<String> {
    let mut ids: Vec<String> = files(&home.path("out/t"), "parquet")
        .iter()
        .flat_map(|file| column(&parquet(file), "id").into_iter().flatten())
        .collect();
    ids.sort();
    ids
}

fn of(projects: &[&str]) -> Vec<String> {
    projects.iter().flat_map(|project| (1..6).map(move |day| format!("{project}{day}"))).collect()
}

#[test]
fn an_edit_of_the_query_is_refused_until_the_user_says_what_is_meant() {
    let (server, home) = site();
    for (before, after) in [("path: /items", "path: /all"), ("project: '${param.project}', ", "")] {
        home.write("p.yaml", &YAML.replace(before, after));
        for args in [&["run", "p.yaml"][..], &["run", "p.yaml", "--from", "2024-01-01"]] {
            let n_asked = server.asked().len();
            let done = home.run(args);
            assert_eq!((done.code, ids(&home), server.asked().len()), (Some(1), of(&["A"]), n_asked));
            for part in
                ["of `p/p` is another one", "has changed", "`pipeline state set FILE --cursor 2024-01-05T"]
            {
                assert!(done.stderr.contains(part), "{}", done.stderr);
            }
        }
    }
    home.write("p.yaml", &YAML.replace("path: /items", "path: /all"));
    let set = home.run(&["state", "set", "p.yaml", "--cursor", "2024-01-05"]);
    assert_eq!(set.code, Some(0), "{}", set.stderr);
    home.summary(&["p.yaml"]);
    assert_eq!(ids(&home), of(&["A"]));
    // Back again: what is there is still known.
    home.write("p.yaml", YAML);
    assert_eq!(home.run(&["run", "p.yaml"]).code, Some(1));
    home.summary(&["p.yaml", "--full-refresh"]);
    home.write("p.yaml", &YAML.replace("path: /items", "path: /all"));
    assert_eq!((home.run(&["run", "p.yaml"]).code, ids(&home)), (Some(1), of(&["A"])));
    assert_eq!(home.run(&["state", "reset", "p.yaml"]).code, Some(0));
    home.summary(&["p.yaml"]);
    assert_eq!(ids(&home).len(), 10, "as it was asked for");
}

#[test]
fn pages_of_another_size_and_other_parameters_double_nothing() {
    let (_server, home) = site();
    home.write("p.yaml", &YAML.replace("limit: 2", "limit: 3"));
    home.summary(&["p.yaml"]);
    assert_eq!(ids(&home), of(&["A"]));
    home.summary(&["p.yaml", "-p", "project=B"]);
    home.write("p.yaml", YAML);
    ["A", "B", "A"]
        .iter()
        .for_each(|project| drop(home.summary(&["p.yaml", "-p", &format!("project={project}")])));
    assert_eq!(ids(&home), of(&["A", "B"]));
    // All rows are in the place of all, and those of the other parameters are read again.
    home.summary(&["p.yaml", "--full-refresh"]);
    home.summary(&["p.yaml", "-p", "project=B"]);
    assert_eq!(ids(&home), of(&["A", "B"]));
    // A parameter that a header alone names.
    let yaml = YAML.replace("project: '${param.project}', ", "project: C, ").replace("out/t", "out/u");
    home.write("p.yaml", &yaml);
    let n_rows = ["t1", "t2"].map(|tenant| {
        home.summary(&["p.yaml", "-p", &format!("project={tenant}")])["tables"][0]["rows"].clone()
    });
    assert_eq!(n_rows, [5, 5]);
}

/// The same query at one of two places; by `id`, or with a row for each time that it comes.
fn upserting(yaml: &str) -> String {
    yaml.replace(", key: id }", " }").replace("mode: append", "mode: upsert, key: id")
}

#[test]
fn another_place_of_the_same_query_has_a_cursor_of_its_own() {
    let (server, home) = site();
    let edits = [
        ("'${URL}'", "'${URL}/b'"),
        ("'${URL}'", "'${URL}', headers: { X-Account-Id: '7' }"),
        ("X-Tenant: '${param.project}'", "X-Tenant: '${param.project}', Organization: b"),
    ];
    for (before, after) in edits {
        home.write("p.yaml", &YAML.replace(before, after));
        let n_asked = server.asked().len();
        let done = home.run(&["run", "p.yaml"]);
        assert_eq!((done.code, server.asked().len()), (Some(1), n_asked), "{after}");
        assert!(done.stderr.contains("`base_url`"), "{}", done.stderr);
    }
    // What brings no other rows goes on.
    for (before, after) in [
        ("'${URL}'", "'${URL}/'"),
        ("'${URL}'", "'${URL}', headers: { User-Agent: other }"),
        ("X-Tenant: '${param.project}'", "X-Tenant: '${param.project}', Accept-Language: en"),
    ] {
        home.write("p.yaml", &YAML.replace(before, after));
        assert_eq!(home.summary(&["p.yaml"])["tables"][0]["rows"], 0, "{after}");
    }
    assert_eq!(ids(&home), of(&["A"]));
    // Rows that replace others: each place is read from its beginning, and gone on with.
    let at = |place: &str| {
        upserting(YAML).replace("${URL}", &format!("${{URL}}{place}")).replace("out/t", "out/u")
    };
    let rows: Vec<Value> = ["", "/b", "", "/b"]
        .map(|place| {
            home.write("p.yaml", &at(place));
            let n_asked = server.asked().len();
            home.summary(&["p.yaml"]);
            json!(server.asked()[n_asked].param("from").unwrap_or_default().starts_with("2024-01-0"))
        })
        .into();
    assert_eq!(rows, [json!(false), json!(false), json!(true), json!(true)]);
}

#[test]
fn rows_that_no_cursor_tells_of_are_not_appended_once_more() {
    let (server, home) = site();
    let without = |mode: &str| {
        let start = YAML.find("  incremental").unwrap();
        let end = start + YAML[start..].find("sink:").unwrap();
        (YAML[..start].to_owned() + &YAML[end..])
            .replace("mode: append", mode)
            .replace("${window.from}", "2024-01-03")
    };
    let earlier = [
        ("upsert", upserting(YAML)),
        ("overwrite", without("mode: overwrite").replace("out/t", "out/t/")),
        ("append", without("mode: append")),
        ("upsert without a cursor", without("mode: upsert, key: id")),
    ];
    let cases = earlier.iter().flat_map(|earlier| {
        let cures = ["state set", "state reset", "--full-refresh"];
        [false, true]
            .into_iter()
            .flat_map(move |after_append| cures.map(|cure| (earlier, after_append, cure)))
    });
    for ((name, yaml), after_append, cure) in every(5, cases) {
        let target = format!("out/{}", name.replace(' ', "-"));
        let _ = std::fs::remove_dir_all(home.path(&target));
        let write = |yaml: &str| home.write("p.yaml", &yaml.replace("out/t", &target));
        if after_append {
            write(YAML);
            home.summary(&["p.yaml"]);
        }
        write(yaml);
        home.summary(&["p.yaml"]);
        let rows = |home: &Home| {
            let mut ids: Vec<String> = files(&home.path(&target), "parquet")
                .iter()
                .flat_map(|file| column(&parquet(file), "id").into_iter().flatten())
                .collect();
            ids.sort();
            ids
        };
        let before = rows(&home);
        write(YAML);
        let n_asked = server.asked().len();
        for args in [&["run", "p.yaml"][..], &["run", "p.yaml", "--from", "2024-01-01"]] {
            let done = home.run(args);
            assert_eq!(
                (done.code, server.asked().len(), rows(&home)),
                (Some(1), n_asked, before.clone()),
                "{name}"
            );
            assert!(done.stderr.contains("`pipeline state set FILE --cursor "), "{}", done.stderr);
        }
        let done = match cure {
            "state set" => home.run(&["state", "set", "p.yaml", "--cursor", "2024-01-06"]),
            "state reset" => home.run(&["state", "reset", "p.yaml"]),
            _ => home.run(&["run", "p.yaml", "--full-refresh"]),
        };
        assert_eq!(done.code, Some(0), "{name}, {cure}: {}", done.stderr);
        home.summary(&["p.yaml"]);
        home.summary(&["p.yaml"]);
        let n_rows = match cure {
            "state set" => before.len(),
            "state reset" => before.len() + 5,
            _ => 5,
        };
        assert_eq!(rows(&home).len(), n_rows, "{name}, {cure}, after append: {after_append}");
    }
}

#[test]
fn a_run_that_replaces_all_rows_forgets_the_cursors_of_those() {
    let (_server, home) = site();
    let upsert = upserting(YAML);
    let overwrite = "datasource: { kind: rest, base_url: '${URL}' }
query: { path: /open, select: items, params: { from: 2024-01-05 } }
sink: { kind: parquet, path: out/t/, mode: overwrite }
";
    home.write("p.yaml", &upsert);
    home.summary(&["p.yaml", "--full-refresh"]);
    home.write("p.yaml", overwrite);
    home.summary(&["p.yaml"]);
    assert_eq!(ids(&home), ["5"]);
    home.write("p.yaml", &upsert);
    home.summary(&["p.yaml"]);
    assert_eq!(ids(&home).len(), 6, "five of the project, and the one that was there");
}

#[test]
fn another_name_goes_on_at_no_cursor_that_was_set() {
    let (server, home) = site();
    home.write("q.yaml", YAML);
    let n_asked = server.asked().len();
    for args in
        [&["run", "q.yaml"][..], &["state", "set", "q.yaml", "--cursor", "2024-01-02"], &["run", "q.yaml"]]
    {
        let done = home.run(args);
        assert_eq!((done.code, server.asked().len()), (Some(1), n_asked), "{args:?}");
        assert!(done.stderr.contains("`name: p`"), "{}", done.stderr);
    }
    assert_eq!(ids(&home), of(&["A"]));
}

#[test]
fn a_key_under_another_name_replaces_nothing_and_is_refused() {
    let (_server, home) = site();
    let of_key = |key: &str| {
        let script = format!(
            "function convert(json) {{ return JSON.parse(json).items.map(r => ({{ {key}: r.id }})) }}"
        );
        format!(
            "datasource: {{ kind: rest, base_url: '${{URL}}' }}
query: {{ path: /items, params: {{ from: '' }} }}
converter: {{ script: '{script}' }}
sink: {{ kind: parquet, path: out/k, mode: upsert, key: {key} }}
"
        )
    };
    home.write("k.yaml", &of_key("id"));
    home.summary(&["k.yaml"]);
    home.write("k.yaml", &of_key("ID"));
    let done = home.run(&["run", "k.yaml"]);
    assert_eq!(done.code, Some(1));
    assert!(
        done.stderr.contains("`key` names `ID`, which is no column of the rows that are there (id)"),
        "{}",
        done.stderr
    );
    assert_eq!(home.summary(&["k.yaml", "--full-refresh"])["tables"][0]["rows"], 5);
}
