//! Incremental queries that are edited between two runs whose rows are appended: no row is there twice.

use std::sync::{Arc, Mutex};

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
    ids_in(home, "out/t")
}

fn ids_in(home: &Home, target: &str) -> Vec<String> {
    let mut ids: Vec<String> = files(&home.path(target), "parquet")
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
    // Rows that replace others: the first run at a place reads from its beginning, the next ones from its cursor.
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

/// Pipelines whose rows no cursor of appended rows tells of.
fn written_otherwise() -> [(&'static str, String); 4] {
    let without = |mode: &str| {
        let start = YAML.find("  incremental").expect("the key");
        let end = start + YAML[start..].find("sink:").expect("the key");
        (YAML[..start].to_owned() + &YAML[end..])
            .replace("mode: append", mode)
            .replace("${window.from}", "2024-01-03")
    };
    [
        ("upsert", upserting(YAML)),
        ("overwrite", without("mode: overwrite").replace("out/t", "out/t/")),
        ("append", without("mode: append")),
        ("upsert without a cursor", without("mode: upsert, key: id")),
    ]
}

#[test]
fn rows_that_no_cursor_tells_of_are_not_appended_once_more() {
    let (server, home) = site();
    let earlier = written_otherwise();
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
        let before = ids_in(&home, &target);
        write(YAML);
        let n_asked = server.asked().len();
        for args in [&["run", "p.yaml"][..], &["run", "p.yaml", "--from", "2024-01-01"]] {
            let done = home.run(args);
            assert_eq!(
                (done.code, server.asked().len(), ids_in(&home, &target)),
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
        assert_eq!(ids_in(&home, &target).len(), n_rows, "{name}, {cure}, after append: {after_append}");
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

#[test]
fn what_only_says_who_asks_or_how_many_is_no_edit() {
    let server = Server::start(|asked: &Asked| {
        let from = asked.param("from").unwrap_or_default();
        let from = if from.is_empty() {
            let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
            body["from"].as_str().unwrap_or_default().to_owned()
        } else {
            from
        };
        let all = (1..6).map(|day| json!({ "id": day, "updated": format!("2024-01-0{day}T00:00:00Z") }));
        let wanted: Vec<Value> =
            all.filter(|row| row["updated"].as_str().unwrap_or_default() >= &*from).collect();
        Reply::json(json!({ "items": wanted }).to_string())
    });
    let body = |members: &str| format!("method: POST, body: {{ from: '${{window.from}}', {members} }}");
    let cases = [
        ("params: { from: '${window.from}', appid: '${OWM_API_KEY}' }".to_owned(), ["", ""]),
        ("path: '/bot${TELEGRAM_TOKEN}/items', params: { from: '${window.from}' }".to_owned(), ["", ""]),
        (body("auth: { user: a, password: '${DB_PASSWORD}' }"), ["", ""]),
        (body("maxResults: 50"), ["50", "100"]),
        (body("page_size: 50"), ["50", "100"]),
        (body("a: 1, b: { c: 2, d: 3 }"), ["a: 1, b: { c: 2, d: 3 }", "b: { d: 3, c: 2 }, a: 1"]),
    ];
    for (query, [before, after]) in every(2, cases) {
        let path = if query.contains("path:") { "" } else { "path: /items, " };
        let yaml = format!(
            "datasource: {{ kind: rest, base_url: '${{URL}}' }}
query: {{ {path}{query}, select: items, pagination: {{ kind: cursor, next: next, param: cursor }}, incremental: {{ column: updated, key: id }} }}
sink: {{ kind: parquet, path: out/t, mode: append }}
"
        );
        let secrets = |n: u8| {
            ["OWM_API_KEY", "TELEGRAM_TOKEN", "DB_PASSWORD"].map(|name| (name, format!("s3cr3t-V{n}x9Qz{n}")))
        };
        let home = Home::new().with([("URL", server.url.as_str())]);
        let home = secrets(1).iter().fold(home, |home, (name, value)| home.with([(*name, value.as_str())]));
        home.write("p.yaml", &yaml);
        home.summary(&["p.yaml"]);
        home.write("p.yaml", &yaml.replace(before, after));
        let home = secrets(2).iter().fold(home, |home, (name, value)| home.with([(*name, value.as_str())]));
        assert_eq!(home.summary(&["p.yaml"])["tables"][0]["rows"], 0, "{query}");
    }
}

#[test]
fn a_renewed_token_adds_no_committed_rows_once_more() {
    let server = Server::start(|asked: &Asked| match (asked.path.as_str(), asked.header("x-api-key")) {
        ("/a", _) => Reply::json(json!({ "items": [{ "id": 1 }, { "id": 2 }] }).to_string()),
        (_, "second-T0ken-9x") => Reply::json(json!({ "items": [{ "id": 3 }] }).to_string()),
        _ => Reply::json("{}").of_status(401),
    });
    let yaml = "params: { unused: { default: one } }
datasource: { kind: rest, base_url: '${URL}', headers: { X-Api-Key: '${API_KEY}', User-Agent: one } }
tables:
  a: { query: { path: /a, select: items }, sink: { kind: parquet, path: out/a, mode: append } }
  b: { query: { path: /b, select: items }, sink: { kind: parquet, path: out/b, mode: append } }
";
    for (url, edited) in [("", "one"), ("/", "two")] {
        let home = Home::new().with([("URL", server.url.as_str()), ("API_KEY", "first-T0ken-9x")]);
        home.write(
            "p.yaml",
            &yaml.replace(", User-Agent: one", if edited == "two" { ", User-Agent: one" } else { "" }),
        );
        assert_ne!(home.run(&["run", "p.yaml"]).code, Some(0));
        let home = home.with([("API_KEY", "second-T0ken-9x")]);
        home.write("p.yaml", &yaml.replace("${URL}", &format!("${{URL}}{url}")).replace("one", edited));
        home.summary(&["p.yaml"]);
        let rows = |name: &str| -> usize {
            files(&home.path(name), "parquet").iter().map(|file| column(&parquet(file), "id").len()).sum()
        };
        assert_eq!((rows("out/a"), rows("out/b")), (2, 1), "{edited}");
    }
}

/// Three issues of each project, from a time on; records each request.
fn projects_server(known: Arc<Mutex<Vec<&'static str>>>, seen: Arc<Mutex<Vec<(String, String)>>>) -> Server {
    Server::start(move |asked: &Asked| {
        let items: Vec<Value> = match asked.path.as_str() {
            "/projects" => {
                known.lock().expect("the projects").iter().map(|key| json!({ "key": key })).collect()
            }
            path => {
                let from = asked.param("from").unwrap_or_default();
                seen.lock().expect("the requests").push((path.to_owned(), from.clone()));
                let project = path.trim_start_matches("/issues/").to_owned();
                let all = (1..4).map(|day| (format!("{project}{day}"), format!("2024-01-0{day}T00:00:00Z")));
                let wanted = all.filter(|(_, updated)| *updated >= from);
                wanted.map(|(id, updated)| json!({ "id": id, "updated": updated })).collect()
            }
        };
        Reply::json(json!({ "items": items }).to_string())
    })
}

#[test]
fn a_new_value_of_the_table_that_is_gone_through_is_read_from_its_beginning() {
    let (projects, asked_for) = (Arc::new(Mutex::new(vec!["a"])), Arc::new(Mutex::new(Vec::new())));
    let (known, seen) = (Arc::clone(&projects), Arc::clone(&asked_for));
    let server = projects_server(known, seen);
    let yaml = "datasource: { kind: rest, base_url: '${URL}' }
tables:
  projects: { query: { path: /projects, select: items }, sink: { kind: parquet, path: out/projects } }
  issues:
    query:
      path: '/issues/${each.key}'
      for_each: { table: projects, column: key }
      select: items
      params: { from: '${window.from}' }
      incremental: { column: updated, key: id }
    sink: { kind: parquet, path: out/issues, mode: MODE }
";
    for (mode, cured) in [("upsert, key: id", true), ("append", false)] {
        *projects.lock().unwrap() = vec!["a"];
        let home = Home::new().with([("URL", server.url.as_str())]);
        let upsert = yaml.replace(", key: id }\n", " }\n").replace("MODE", mode);
        home.write("p.yaml", &if cured { upsert } else { yaml.replace("MODE", mode) });
        home.summary(&["p.yaml"]);
        home.summary(&["p.yaml"]);
        *projects.lock().unwrap() = vec!["a", "b", "c"];
        let done = home.run(&["run", "p.yaml"]);
        assert_eq!(done.code == Some(0), cured, "{}", done.stderr);
        assert!(done.stderr.contains("2 values are new in `key` of `projects`"), "{}", done.stderr);
        if !cured {
            home.summary(&["p.yaml", "--full-refresh"]);
        }
        assert_eq!(ids_in(&home, "out/issues"), ["a1", "a2", "a3", "b1", "b2", "b3", "c1", "c2", "c3"]);
        // All are known now.
        asked_for.lock().expect("the requests").clear();
        assert!(!home.run(&["run", "p.yaml"]).stderr.contains("new in"));
        let begin_late = |(_, from): &(String, String)| from.starts_with("2024-01-0");
        assert!(asked_for.lock().expect("the requests").iter().all(begin_late));
        // The cursor passes rows of one that is not listed for a night, or for a full refresh.
        for args in [&["run", "p.yaml"][..], &["run", "p.yaml", "--full-refresh"]] {
            *projects.lock().expect("the projects") = vec!["b"];
            assert_eq!(home.run(args).code, Some(0));
            *projects.lock().expect("the projects") = vec!["a", "b"];
            let done = home.run(&["run", "p.yaml"]);
            assert_eq!(done.code == Some(0), cured, "{}", done.stderr);
            assert!(done.stderr.contains("1 value is new in `key` of `projects`"), "{}", done.stderr);
        }
    }
}
