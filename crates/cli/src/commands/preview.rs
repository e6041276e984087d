//! `pipeline preview`.

use std::sync::Arc;

use pipeline_engine::Silent;

use crate::{Failure, Session, args::PipelineArgs, numbers, table_view};

pub(crate) async fn preview(session: &Session, args: &PipelineArgs, n_rows: usize) -> Result<(), Failure> {
    let opened = session.open(args, Arc::new(Silent)).await?;
    for table in &opened.plan.tables {
        let preview = pipeline_engine::preview(&opened.plan, table).await?;
        let n_found = preview.rows.num_rows();
        session.terminal.say(format!(
            "{}: {} on the first page",
            table.name,
            numbers::counted(n_found as u64, "row")
        ));
        if let Some(doubt) = &preview.doubt {
            let grade = if doubt.is_error { "error in a run" } else { "warning" };
            let text = format!("{grade}: {}: {}\n  = help: {}", table.name, doubt.problem, doubt.help);
            session.terminal.complain(session.redactor.redact(&text));
        }
        let first = preview.rows.slice(0, n_rows.min(n_found));
        session.terminal.print(table_view::table(&first, session.terminal.width()))?;
    }
    Ok(())
}
