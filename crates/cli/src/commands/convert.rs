//! `pipeline convert`: one file through one converter.

use std::{io::Read, path::Path};

use jiff::Timestamp;
use pipeline_authoring::{Json, JsonRows, StoredPage, Subject, convert_stored};
use pipeline_engine::rounded_warning;
use pipeline_worker::this_program;

use crate::{
    Failure, Session,
    args::{ConvertArgs, RowsFormat},
    numbers, table_view,
};

pub(crate) async fn convert(session: &Session, args: &ConvertArgs) -> Result<(), Failure> {
    let subject = subject(session, args)?;
    let page = StoredPage::of_text(input(&args.input)?);
    let batch = convert_stored(&mut subject.converter(Timestamp::now(), this_program()), &page).await?;
    for (column, rounded) in &batch.outcome().rounded {
        session.terminal.complain(format!("warning: {}", rounded_warning(column, rounded.n)));
    }
    for warning in batch.warnings() {
        session.terminal.complain(format!("warning: {warning}"));
    }
    if matches!(args.format, RowsFormat::Jsonl) {
        for warning in batch.json_warnings() {
            session.terminal.complain(format!("warning: {warning}"));
        }
    }
    match args.format {
        RowsFormat::Text => {
            let rows = batch.rows();
            let n_shown = args.rows.min(rows.num_rows());
            session.terminal.print(table_view::table(&rows.slice(0, n_shown), session.terminal.width()))?;
            let n_rows = numbers::counted(rows.num_rows() as u64, "row");
            session.terminal.say(match n_shown == rows.num_rows() {
                true => n_rows,
                false => format!("{n_rows}, of which {} are shown", numbers::count(n_shown as u64)),
            });
        }
        RowsFormat::Jsonl => {
            let lines = JsonRows::of(&batch)?.rows.into_iter().map(|row| Json::Object(row).to_string());
            let lines: Vec<String> = lines.collect();
            if !lines.is_empty() {
                session.terminal.print(lines.join("\n"))?;
            }
        }
    }
    Ok(())
}

fn subject(session: &Session, args: &ConvertArgs) -> Result<Subject, Failure> {
    let path = &args.converter;
    if !is_yaml(path) {
        return Ok(Subject::of_script(path)?);
    }
    let subjects = Subject::of_pipeline(path, session.environment(path)?, session.terminal.style())?;
    Ok(Subject::named(subjects, args.table.as_deref(), path)?)
}

/// Whether it is a pipeline and not a script.
pub(crate) fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

fn input(path: &Path) -> Result<String, Failure> {
    let refuse = |error: std::io::Error| Failure::usage(format!("cannot read `{}`: {error}", path.display()));
    if path != Path::new("-") {
        return std::fs::read_to_string(path).map_err(refuse);
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).map_err(refuse)?;
    Ok(text)
}
