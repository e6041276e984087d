//! What an incremental query needs of its sink.

use pipeline_config::Section;
use pipeline_query::Query;
use pipeline_sink::Mode;

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
