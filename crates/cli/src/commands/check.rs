//! `pipeline check`: a checklist, printed as it is worked off.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use pipeline_config::explain;
use pipeline_engine::{CheckStep, Outcome, Silent};
use serde_json::json;

use crate::{
    Failure, Session,
    args::{Format, PipelineArgs},
    numbers,
};

pub(crate) async fn check(session: &Session, args: &PipelineArgs, format: Format) -> Result<(), Failure> {
    let started = Instant::now();
    let opened = session.open(args, Arc::new(Silent)).await?;
    let tables = numbers::counted(opened.plan.tables.len() as u64, "table");
    let config = CheckStep {
        name: "config".into(),
        outcome: Outcome::Passed(format!("{}, {tables}", args.file.display())),
        elapsed: started.elapsed(),
    };
    let names = opened.plan.tables.iter().map(|table| table.name.chars().count() + "page of ".len());
    let width = names.max().unwrap_or_default().max("credentials".len());
    let mut print = |step: &CheckStep| {
        if format == Format::Text {
            // A closed stdout is no reason to stop: the exit code says how it ended.
            let _ = session.terminal.print(session.redactor.redact(&line(step, width)));
        }
    };
    print(&config);
    let mut steps = pipeline_engine::check(&opened.plan, &mut print).await;
    steps.insert(0, config);
    if format == Format::Json {
        let text = serde_json::Value::Array(steps.iter().map(as_json).collect()).to_string();
        session.terminal.print(session.redactor.redact(&text))?;
    }
    let n_failed = steps.iter().filter(|step| matches!(step.outcome, Outcome::Failed(_))).count();
    let first = steps.into_iter().find_map(|step| match step.outcome {
        Outcome::Failed(error) => Some(error),
        _ => None,
    });
    first.map_or(Ok(()), |error| {
        Err(Failure::from(error).summed_up(format!("{} failed", numbers::counted(n_failed as u64, "check"))))
    })
}

fn line(step: &CheckStep, width: usize) -> String {
    let time = milliseconds(step.elapsed);
    let (mark, time, text) = match &step.outcome {
        Outcome::Passed(text) => ("ok", time, text.clone()),
        Outcome::Doubtful(text) => ("!", time, text.clone()),
        Outcome::Failed(error) => ("FAILED", time, explain(error)),
        Outcome::Skipped => ("-", String::new(), "not tried".into()),
    };
    let indented = text.replace('\n', &format!("\n{:1$}", "", width + 19));
    format!("{mark:<6}  {:width$}  {time:>7}  {indented}", step.name)
}

/// As much as a check takes; `numbers::time` would show most of them as `0.0 s`.
fn milliseconds(elapsed: Duration) -> String {
    match elapsed.as_millis() {
        millis if millis < 10_000 => format!("{millis} ms"),
        _ => numbers::time(elapsed),
    }
}

fn as_json(step: &CheckStep) -> serde_json::Value {
    let (outcome, text) = match &step.outcome {
        Outcome::Passed(text) => ("passed", Some(text.clone())),
        Outcome::Doubtful(text) => ("doubtful", Some(text.clone())),
        Outcome::Failed(error) => ("failed", Some(explain(error))),
        Outcome::Skipped => ("skipped", None),
    };
    json!({"step": step.name, "outcome": outcome, "text": text, "milliseconds": step.elapsed.as_millis() as u64})
}
