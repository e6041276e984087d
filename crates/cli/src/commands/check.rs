//! `pipeline check`.

use std::sync::Arc;

use pipeline_engine::Silent;

use crate::{Failure, Session, args::PipelineArgs, numbers};

pub(crate) async fn check(session: &Session, args: &PipelineArgs) -> Result<(), Failure> {
    let opened = session.open(args, Arc::new(Silent)).await?;
    let tested = pipeline_engine::check(&opened.plan).await?;
    let line = format!("{}: {} in {}", tested.url, tested.status, numbers::time(tested.elapsed));
    session.terminal.print(session.redactor.redact(&line))?;
    Ok(())
}
