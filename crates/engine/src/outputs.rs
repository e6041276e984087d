//! The targets of runs with `--sandbox`.

use std::sync::Arc;

use pipeline_config::Section;
use pipeline_history::Outputs;
use pipeline_sink::{STDOUT, Sink};

/// The sink that a run writes to, and the target of the file's own one, where that is another.
///
/// Reports a target that has none beside it.
pub(crate) fn sink_of_run(
    outputs: Outputs,
    table: &Section<'_>,
    sink: Arc<dyn Sink>,
) -> Option<(Arc<dyn Sink>, Option<String>)> {
    if outputs == Outputs::Real {
        return Some((sink, None));
    }
    let own = sink.target().into_owned();
    if let Some(beside) = sink.for_sandbox() {
        return Some((beside, (own != STDOUT).then_some(own)));
    }
    let error = table.error("P007", "sink", format!("`--sandbox` does not write to `{own}`"));
    table.reader().report(error.help(
        "a run with `--sandbox` writes beside a relative path (`out/rows` becomes `out-sandbox/rows`, neither of which may be a link); write the target \
         with a variable, such as `path: ${OUT:-out}/rows`, and set it for real runs, or look at the rows with \
         `pipeline preview FILE --sandbox`",
    ));
    None
}
