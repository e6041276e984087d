//! Incremental queries that are edited between two runs whose rows are appended: no row is there twice.

use serde_json::{Value, json};

use crate::{
    recorded::{Asked, Reply, Server},
    state::files,
    support::Home,
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
