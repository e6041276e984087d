//! `pipeline state`: where incremental runs go on.

use std::sync::Arc;

use pipeline_engine::{Silent, StateEntry};

use crate::{
    Failure, Session,
    args::{Format, StateCommand},
};

pub(crate) async fn state(session: &Session, command: &StateCommand) -> Result<(), Failure> {
    let (StateCommand::Show { pipeline, .. }
    | StateCommand::Set { pipeline, .. }
    | StateCommand::Reset { pipeline, .. }) = command;
    let opened = session.open_to_write(pipeline, Arc::new(Silent)).await?;
    let plan = Arc::new(opened.plan);
    let format = match command {
        StateCommand::Show { format, .. } => *format,
        _ => Format::Text,
    };
    // Stores are not asked from asynchronous code.
    let command = match command {
        StateCommand::Show { .. } => None,
        StateCommand::Set { cursor, table, .. } => Some((Some(cursor.clone()), table.clone())),
        StateCommand::Reset { table, .. } => Some((None, table.clone())),
    };
    let work = move || {
        match &command {
            Some((Some(cursor), table)) => pipeline_engine::set_state(&plan, table.as_deref(), cursor)?,
            Some((None, table)) => pipeline_engine::reset_state(&plan, table.as_deref())?,
            None => {}
        }
        pipeline_engine::state(&plan)
    };
    let entries = tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)??;
    match format {
        Format::Json => {
            session.terminal.print(serde_json::to_string_pretty(&entries).map_err(std::io::Error::from)?)?;
        }
        Format::Text if entries.is_empty() => {
            session.terminal.say("no table of this pipeline is incremental");
        }
        Format::Text => session.terminal.print(entries.iter().map(line).collect::<Vec<_>>().join("\n"))?,
    }
    Ok(())
}

fn line(entry: &StateEntry) -> String {
    let others = match entry.others {
        0 => String::new(),
        n => format!("; {n} of other queries or parameters"),
    };
    match &entry.state {
        // Only rows without a cursor have come.
        Some(state) if state.cursor.is_empty() => {
            format!("{}: from the beginning (in {}{others})", entry.table, entry.target)
        }
        Some(state) => {
            let by =
                if state.run_id == "set" { "set by hand".into() } else { format!("by run {}", state.run_id) };
            format!("{}: after {}, {by} (in {}{others})", entry.table, state.cursor, entry.target)
        }
        None => format!("{}: from the beginning (in {}{others})", entry.table, entry.target),
    }
}
