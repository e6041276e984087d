//! `pipeline validate`.

use std::{path::PathBuf, sync::Arc};

use pipeline_scheduler::pipeline_files;

use pipeline_engine::{LoadOptions, Plan, Silent, load};

use super::run_many::refuse_shared_targets;
use crate::{Failure, Session, args::SandboxChoice, numbers};

pub(crate) async fn validate(
    session: &Session,
    files: &[PathBuf],
    sandbox: SandboxChoice,
) -> Result<(), Failure> {
    let runtime = session.runtime(sandbox.issues()).await?.that_write();
    let mut n_errors = 0;
    let mut valid: Vec<(PathBuf, Plan)> = Vec::new();
    for file in &expanded(files) {
        let options = LoadOptions {
            environment: runtime.with_sandbox(session.environment(file)?),
            params: Vec::new(),
            now: session.now,
            state: runtime.state().to_owned(),
            logins: runtime.logins().to_owned(),
            outputs: runtime.outputs(),
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
                valid.push((file.clone(), loaded.plan));
            }
            Err(invalid) => {
                n_errors += invalid.n_errors;
                session.terminal.complain(session.redactor.redact(&invalid.rendered));
            }
        }
    }
    match n_errors {
        0 => refuse_shared_targets(valid.iter().map(|(file, plan)| (file.as_path(), plan))),
        n => Err(Failure::invalid(format!("{} found", numbers::counted(n as u64, "error")))),
    }
}

/// The files, and the pipelines in the folders.
fn expanded(paths: &[PathBuf]) -> Vec<PathBuf> {
    let of = |path: &PathBuf| match path.is_dir() {
        true => pipeline_files(path).into_values().collect(),
        false => vec![path.clone()],
    };
    paths.iter().flat_map(of).collect()
}
