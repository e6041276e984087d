//! Names what decides the rows of a table; a journal is of use while that is the same.

use pipeline_config::{Node, Spanned, Value, fingerprint, is_credential_parameter};
use pipeline_datasource::Datasource;
use pipeline_query::Values;

use super::{Loader, TablePlan};

/// Keys of a datasource that change no rows, or are part of its origin.
const BESIDE_THE_PAGES: [&str; 4] = ["limits", "test_path", "base_url", "site"];

/// What of a table changes none of its rows.
const BESIDE_THE_ROWS: [&str; 2] = ["checks", "sink"];

/// What of a pipeline without `tables` changes its rows.
const OF_ROWS: [&str; 3] = ["query", "converter", "columns"];

/// Adds to each table, which comes after the one that it goes through, the name of what decides its rows: the datasource,
/// parameters, variables, its own query, converter and columns, and those of that other table.
pub(super) fn add(
    loader: &Loader<'_>,
    (node, source): (&Node, Option<(&Node, &dyn Datasource)>),
    (tables, values): (&mut [TablePlan], &Values),
) {
    let mut shared = Vec::new();
    if let Some((node, datasource)) = source {
        let is_of_rows = |name: &str| !BESIDE_THE_PAGES.contains(&name);
        shared.extend(members_without_credentials(node.entries(), is_of_rows));
        shared.extend(datasource.origin());
    }
    let all = entries(node, "tables").next();
    for index in 0..tables.len() {
        let (before, rest) = tables.split_at_mut(index);
        let Some(table) = rest.first_mut() else { continue };
        let own: Vec<String> = match all {
            Some(all) => entries(all, &table.name)
                .flat_map(|own| of_rows(own, |key| !BESIDE_THE_ROWS.contains(&key)))
                .collect(),
            None => of_rows(node, |key| OF_ROWS.contains(&key)),
        };
        let parent = table.query.for_each().map(|each| &each.table.value);
        let parent = before.iter().find(|other| Some(&other.name) == parent);
        let params = values.names_of("param").filter(|name| {
            let placeholder = format!("param.{name}");
            !is_credential_parameter(name) && own.iter().any(|text| text.contains(&placeholder))
        });
        let params: Vec<String> =
            params.map(|name| format!("{name}={:?}", values.get("param", name))).collect();
        let mut texts: Vec<String> = shared.iter().cloned().chain(own).chain(params).collect();
        texts.push(loader.reader.variables_fingerprint(&texts));
        texts.push(table.converter.script.fingerprint());
        texts.extend(parent.map(|parent| parent.rows_hash.clone()));
        table.rows_hash = fingerprint(texts.iter().map(String::as_str));
    }
}

/// What the keys of a table say for which `counts` holds.
fn of_rows(table: &Node, counts: impl Fn(&str) -> bool) -> Vec<String> {
    let own = table.entries().iter().filter(|(key, _)| counts(&key.value));
    own.map(|(key, node)| match key.value.as_str() {
        "query" => format!("query:{}", without_credentials(node)),
        key => format!("{key}:{}", node.meaning(&[])),
    })
    .collect()
}

/// What a node says without who asks: a credential that is renewed changes no rows. The order of members says nothing.
fn without_credentials(node: &Node) -> String {
    match &node.value {
        Value::Map(entries) => format!("{{{}}}", members_without_credentials(entries, |_| true).join(",")),
        Value::List(items) => {
            format!("[{}]", items.iter().map(without_credentials).collect::<Vec<_>>().join(","))
        }
        _ => node.meaning(&[]),
    }
}

/// The same of members for whose names `counts` holds; one that has nothing else is none.
fn members_without_credentials(
    entries: &[(Spanned<String>, Node)],
    counts: impl Fn(&str) -> bool,
) -> Vec<String> {
    let of_rows = entries.iter().filter(|(key, _)| counts(&key.value) && !is_of_caller(&key.value));
    let of_rows = of_rows.map(|(key, node)| (&key.value, without_credentials(node)));
    let mut members: Vec<String> =
        of_rows.filter(|(_, text)| text != "{}").map(|(key, text)| format!("{key:?}:{text}")).collect();
    members.sort();
    members
}

fn is_of_caller(name: &str) -> bool {
    is_credential_parameter(name) || name.eq_ignore_ascii_case("user-agent")
}

fn entries<'n>(node: &'n Node, name: &'n str) -> impl Iterator<Item = &'n Node> {
    node.entries().iter().filter(move |(key, _)| key.value == name).map(|(_, node)| node)
}
