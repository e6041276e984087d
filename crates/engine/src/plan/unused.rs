//! Keys of a query that its kind of datasource would pass over.

use pipeline_config::{Node, Section};
use pipeline_datasource::Datasource;
use pipeline_query::QUERY_FIELDS;

use super::Loader;

/// Reports keys of queries that would be passed over in silence: whoever writes one relies on it.
pub(super) fn refuse_unused_keys(loader: &Loader<'_>, pipeline: &Section<'_>, datasource: &dyn Datasource) {
    let of_tables = pipeline.entries("tables").iter().filter_map(|(_, table)| entry(table, "query"));
    for query in pipeline.node("query").into_iter().chain(of_tables) {
        for unused in datasource.unused_keys() {
            let Some((key, _)) = query.entries().iter().find(|(key, _)| key.value == unused.key) else {
                continue;
            };
            debug_assert!(QUERY_FIELDS.iter().any(|field| field.name == unused.key), "{}", unused.key);
            let message = format!("`{}` does nothing here: {}", unused.key, unused.why);
            loader
                .reader
                .report(pipeline_config::Diagnostic::error("Q010", key.span, message).help(unused.help));
        }
    }
}

/// What stands under a key.
pub(super) fn entry<'n>(table: &'n Node, name: &str) -> Option<&'n Node> {
    table.entries().iter().find(|(key, _)| key.value == name).map(|(_, node)| node)
}
