//! Names what decides the rows of a table; a journal is of use while that is the same.

use pipeline_config::{Node, fingerprint};

use super::{Loader, TablePlan};

/// What of a datasource changes no rows.
const BESIDE_THE_PAGES: [&str; 2] = ["limits", "test_path"];

/// What of a table changes none of its rows.
const BESIDE_THE_ROWS: [&str; 2] = ["checks", "sink"];

/// What of a pipeline without `tables` changes its rows.
const OF_ROWS: [&str; 3] = ["query", "converter", "columns"];

/// Adds to each table, which comes after the one that it goes through, the name of what decides its rows: the datasource,
/// parameters, variables, its own query, converter and columns, and those of that other table.
pub(super) fn add(loader: &Loader<'_>, (node, source): (&Node, Option<&Node>), tables: &mut [TablePlan]) {
    let source = source.map(|source| source.meaning(&BESIDE_THE_PAGES)).unwrap_or_default();
    let mut shared = vec![source, format!("{:?}", loader.options.params)];
    shared.extend(entries(node, "params").map(|params| params.meaning(&[])));
    let all = entries(node, "tables").next();
    for index in 0..tables.len() {
        let (before, rest) = tables.split_at_mut(index);
        let Some(table) = rest.first_mut() else { continue };
        let own: Vec<String> = match all {
            Some(all) => entries(all, &table.name).map(|own| own.meaning(&BESIDE_THE_ROWS)).collect(),
            None => OF_ROWS.iter().flat_map(|key| entries(node, key)).map(|own| own.meaning(&[])).collect(),
        };
        let parent = table.query.for_each().map(|each| &each.table.value);
        let parent = before.iter().find(|other| Some(&other.name) == parent);
        let mut texts: Vec<String> = shared.iter().cloned().chain(own).collect();
        texts.push(loader.reader.variables_fingerprint(&texts));
        texts.push(table.converter.script.fingerprint());
        texts.extend(parent.map(|parent| parent.rows_hash.clone()));
        table.rows_hash = fingerprint(texts.iter().map(String::as_str));
    }
}

fn entries<'n>(node: &'n Node, name: &'n str) -> impl Iterator<Item = &'n Node> {
    node.entries().iter().filter(move |(key, _)| key.value == name).map(|(_, node)| node)
}
