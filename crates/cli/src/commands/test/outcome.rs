//! One case and how it went.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use pipeline_authoring::{Case, Difference, Expected, JsonRows, Subject, compare, convert_stored};
use pipeline_worker::this_program;

use crate::{Failure, Session, commands::convert::is_yaml, differences, numbers};

/// How many differences are named; the others are counted.
const MAX_DIFFERENCES: usize = 12;

/// A case that was run.
#[derive(Debug)]
pub(super) struct Tested {
    pub(super) path: PathBuf,
    pub(super) elapsed: Duration,
    pub(super) outcome: Outcome,
}

/// How it went.
#[derive(Debug)]
pub(super) enum Outcome {
    Passed,
    /// It expects what comes now, since the author said so.
    Updated,
    /// Something else came. The case is the one to write, if the author likes what came.
    Different {
        differences: Vec<Difference>,
        now: Box<Case>,
    },
    /// The case does not say what it expects.
    Unknown {
        now: Box<Case>,
    },
    /// It cannot be run, or the converter fails and is not expected to.
    Failed(String),
}

impl Outcome {
    pub(super) fn is_good(&self) -> bool {
        matches!(self, Self::Passed | Self::Updated)
    }
}

impl Tested {
    /// A line for the list, and why it failed below it.
    pub(super) fn to_text(&self) -> String {
        let mark = match self.outcome {
            Outcome::Passed => "ok     ",
            Outcome::Updated => "updated",
            _ => "FAILED ",
        };
        let details = self.details();
        let mut text = format!("{mark} {} ({} ms)", self.path.display(), self.elapsed.as_millis());
        for line in details.lines() {
            text.push_str(&format!("\n        {line}"));
        }
        text
    }

    /// Why it failed; empty when it did not.
    pub(super) fn details(&self) -> String {
        match &self.outcome {
            Outcome::Passed | Outcome::Updated => String::new(),
            Outcome::Failed(message) => message.clone(),
            Outcome::Unknown { .. } => {
                "it does not say what rows it expects: see what comes with `--update`".into()
            }
            Outcome::Different { differences: found, .. } => {
                let named = found.iter().take(MAX_DIFFERENCES).map(differences::sentence);
                let mut lines: Vec<String> = named.collect();
                if found.len() > MAX_DIFFERENCES {
                    lines.push(format!(
                        "… and {} more",
                        numbers::count((found.len() - MAX_DIFFERENCES) as u64)
                    ));
                }
                lines.join("\n")
            }
        }
    }
}

/// Runs one case.
pub(super) async fn test(session: &Session, path: &Path) -> Tested {
    let started = Instant::now();
    let outcome = match outcome(session, path).await {
        Ok(outcome) => outcome,
        Err(failure) => Outcome::Failed(failure.message().to_owned()),
    };
    Tested { path: path.to_owned(), elapsed: started.elapsed(), outcome }
}

async fn outcome(session: &Session, path: &Path) -> Result<Outcome, Failure> {
    let case = Case::read(path)?;
    let subject = subject(session, &case, path)?;
    let mut converter = subject.converter(case.now.unwrap_or_default(), this_program());
    let converted = convert_stored(&mut converter, &case.page).await;
    let rows = match (converted, &case.expected) {
        (Ok(batch), _) => JsonRows::of(&batch)?,
        (Err(error), Expected::Error(words)) => {
            let failure = Failure::from(error);
            return Ok(match failure.message().contains(words.as_str()) {
                true => Outcome::Passed,
                false => {
                    Outcome::Failed(format!("expected an error with `{words}`, got\n{}", failure.message()))
                }
            });
        }
        (Err(error), _) => return Err(error.into()),
    };
    let differences = match &case.expected {
        Expected::Error(words) => {
            let n_rows = numbers::counted(rows.rows.len() as u64, "row");
            return Ok(Outcome::Failed(format!("expected an error with `{words}`, got {n_rows}")));
        }
        Expected::Unknown => None,
        Expected::Rows(expected) => Some(compare(expected, &rows)),
    };
    let now = Box::new(Case { expected: Expected::Rows(rows), ..case });
    Ok(match differences {
        None => Outcome::Unknown { now },
        Some(differences) if differences.is_empty() => Outcome::Passed,
        Some(differences) => Outcome::Different { differences, now },
    })
}

/// The converter that a case is for: that of the pipeline it names, or the file of its folder's name.
fn subject(session: &Session, case: &Case, path: &Path) -> Result<Subject, Failure> {
    let sources = sources(path);
    let Some(source) = sources.iter().find(|source| source.is_file()) else {
        let known: Vec<String> = sources.iter().map(|path| format!("`{}`", path.display())).collect();
        return Err(Failure::usage(format!(
            "there is no converter for this case\n  = help: it is looked for as {}",
            known.join(", ")
        )));
    };
    let pipeline = match &case.pipeline {
        Some(pipeline) => path.parent().unwrap_or(Path::new("")).join(pipeline),
        None if is_yaml(source) => source.clone(),
        None => return Ok(Subject::of_script(source)?),
    };
    let environment = session.environment(&pipeline)?;
    let subjects = Subject::of_pipeline(&pipeline, environment, session.terminal.style())?;
    Ok(Subject::named(subjects, case.table.as_deref(), &pipeline)?)
}

/// The files that may have a case's converter, the likeliest first.
pub(super) fn sources(case: &Path) -> Vec<PathBuf> {
    let folder = case.parent().unwrap_or(Path::new(""));
    let mut sources: Vec<PathBuf> =
        ["js", "mjs", "yaml", "yml"].iter().map(|extension| folder.with_extension(extension)).collect();
    // Cases of one table: `issues.worklogs.cases` is beside `issues.yaml`.
    sources.push(folder.with_extension("").with_extension("yaml"));
    if let Some(pipeline) = Case::read(case).ok().and_then(|case| case.pipeline) {
        sources.push(folder.join(pipeline));
    }
    sources
}
