//! Pipelines whose sinks write what their queries read.

use pipeline_config::{Diagnostic, Node, Section};
use pipeline_datasource::Datasource;
use pipeline_query::Values;
use pipeline_sink::absolute_target;

use super::{TablePlan, unused::entry};

/// Reports tables whose files would be input of the next run of the same pipeline: its rows would come again, and more with
/// each run. Rows of other pipelines are input like any other.
pub(super) fn refuse(
    pipeline: &Section<'_>,
    (datasource, values): (&dyn Datasource, &Values),
    tables: &[TablePlan],
) {
    for written in tables {
        let Some(file) = written.sink.sample_file() else { continue };
        let place = absolute_target(&file);
        let reads = |table: &&TablePlan| {
            let Some(inputs) = datasource.inputs(&table.query.any_target(values)) else { return false };
            let base = absolute_target(&inputs.base);
            let below = place.strip_prefix(base.trim_end_matches('/'));
            below.is_some_and(|below| (below.is_empty() || below.starts_with('/')) && inputs.have(below))
        };
        let Some(reading) = tables.iter().find(reads) else { continue };
        report(pipeline, (written, &file), reading);
    }
}

fn report(pipeline: &Section<'_>, (written, file): (&TablePlan, &str), reading: &TablePlan) {
    let target = written.sink.target();
    let what = if target.ends_with('/') { format!("files such as `{file}`") } else { format!("`{file}`") };
    let by = if written.name == reading.name {
        String::new()
    } else {
        format!(" of the table `{}`", reading.name)
    };
    let message = format!(
        "the sink writes {what}, which `query.path: {}`{by} reads: the rows of a run would be input of the next one",
        reading.query.path_written()
    );
    let table = pipeline.entries("tables").iter().find(|(name, _)| name.value == written.name);
    let sink: Option<&Node> = match table {
        Some((_, table)) => entry(table, "sink"),
        None => pipeline.node("sink"),
    };
    let span = sink.map_or(pipeline.span(), |sink| entry(sink, "path").map_or(sink.span, |path| path.span));
    let help = "write into a folder that `query.path` does not mean, such as `path: out/rows`, or name the input more \
                closely, such as `path: in/*.csv`";
    pipeline.reader().report(Diagnostic::error("P009", span, message).help(help));
}
