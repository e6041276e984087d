//! What an incremental query needs of its sink.

use pipeline_config::{Diagnostic, Reader, Section};
use pipeline_query::Query;
use pipeline_sink::Mode;

use super::TablePlan;

/// Reports targets in which changes alone would do harm.
pub(super) fn refuse_lost_rows(section: &Section<'_>, query: &Query, mode: Mode) {
    let Some(incremental) = query.incremental() else { return };
    let reader = section.reader();
    match mode {
        Mode::Overwrite => {
            let message =
                "`query.incremental` brings changes only, and this sink would replace all other rows by them";
            reader.report(section.error("P006", "sink", message).help(
                "write into a folder with `mode: upsert` and a `key`, with `append`, or with `snapshot`; a single file \
                 is always replaced as a whole",
            ));
        }
        Mode::Append if incremental.key.is_empty() || incremental.column.is_none() => {
            let message = "rows that come again in the look-back would be appended twice";
            let help =
                "add `column` and `key` to `incremental`, so that they can be told, or use `mode: upsert`";
            reader.report(section.error("P006", "query", message).help(help));
        }
        Mode::Append | Mode::Upsert | Mode::Snapshot => {}
    }
}

/// Reports those of the tables that go through rows of which a run has those alone that have changed, where that would do harm.
pub(super) fn refuse_children(reader: &Reader, tables: Vec<TablePlan>) -> Vec<TablePlan> {
    for table in &tables {
        let Some(each) = table.query.for_each().filter(|_| table.query.incremental().is_none()) else {
            continue;
        };
        let Some(origin) = origin(&tables, table) else { continue };
        let (mode, what) = match table.sink.mode() {
            Mode::Append => (
                "append",
                "those of its look-back come again in each run, and their rows would be appended once more",
            ),
            Mode::Overwrite => ("overwrite", "this sink would replace the rows of all others"),
            Mode::Upsert | Mode::Snapshot => continue,
        };
        let message = format!(
            "`{}` goes through rows of `{origin}`, which brings changes only (`incremental`): with `mode: {mode}`, {what}",
            table.name
        );
        let help = format!(
            "write `mode: upsert` with a `key` in the sink of `{}`, or `snapshot`; or leave `incremental` out of `{origin}`",
            table.name
        );
        reader.report(Diagnostic::error("P006", each.table.span, message).help(help));
    }
    tables
}

/// The incremental table whose rows a table goes through, by way of others perhaps.
fn origin<'t>(tables: &'t [TablePlan], table: &TablePlan) -> Option<&'t str> {
    let parent = |table: &TablePlan| {
        let wanted = &table.query.for_each()?.table.value;
        tables.iter().find(|other| other.name == *wanted)
    };
    // One that leads back to itself is reported elsewhere.
    let ancestors = std::iter::successors(parent(table), |table| parent(table)).take(tables.len());
    ancestors.into_iter().find(|table| table.query.incremental().is_some()).map(|table| table.name.as_str())
}
