//! `pipeline explain`: the plan in words.

use std::sync::Arc;

use pipeline_authoring::{Explanation, explain};

use pipeline_engine::Silent;

use crate::{Failure, Session, args::PipelineArgs};

pub(crate) async fn show(session: &Session, args: &PipelineArgs) -> Result<(), Failure> {
    let runtime = session.runtime(args.sandbox.issues()).await?;
    let options = session.load_options(args, &runtime, Arc::new(Silent))?;
    let explanation = explain(&session.registry, &args.file, &options);
    let explanation = explanation.map_err(|invalid| Failure::of_file(invalid, args))?;
    session.terminal.print(session.redactor.redact(&text(&explanation)))?;
    Ok(())
}

fn text(explanation: &Explanation) -> String {
    let mut lines = vec![explanation.pipeline.clone()];
    lines.extend(explanation.datasource.iter().map(|sentence| format!("  {sentence}")));
    for table in &explanation.tables {
        lines.push(format!("\ntable {}", table.name));
        lines.extend(table.steps.iter().map(|(what, sentence)| format!("  {what:8} {sentence}")));
    }
    if !explanation.schedule.is_empty() {
        lines.push("\nschedule".into());
        lines.extend(explanation.schedule.iter().map(|sentence| format!("  {sentence}")));
    }
    lines.join("\n")
}
