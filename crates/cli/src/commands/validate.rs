//! `pipeline validate`.

use std::{path::PathBuf, sync::Arc};

use pipeline_engine::{LoadOptions, Silent, load};

use crate::{Failure, Session, args::SandboxChoice, numbers};

pub(crate) async fn validate(
    session: &Session,
    files: &[PathBuf],
    sandbox: SandboxChoice,
) -> Result<(), Failure> {
    let surroundings = session.surroundings(sandbox.issues()).await?;
    let mut n_errors = 0;
    for file in files {
        let options = LoadOptions {
            environment: surroundings.with_sandbox(session.environment(file)?),
            params: Vec::new(),
            now: session.now,
            state: surroundings.state().to_owned(),
            redactor: session.redactor.clone(),
            observer: Arc::new(Silent),
            style: session.terminal.style(),
        };
        match load(&session.registry, file, &options) {
            Ok(loaded) => {
                if !loaded.warnings.is_empty() {
                    session.terminal.say(&loaded.warnings);
                }
                session.terminal.print(format!("{}: valid", file.display()))?;
            }
            Err(invalid) => {
                n_errors += invalid.n_errors;
                session.terminal.complain(session.redactor.redact(&invalid.rendered));
            }
        }
    }
    match n_errors {
        0 => Ok(()),
        n => Err(Failure::invalid(format!("{} found", numbers::counted(n as u64, "error")))),
    }
}
