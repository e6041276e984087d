//! `pipeline test`: converters on the cases beside them.

mod junit;
mod outcome;
mod review;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use futures::{StreamExt, stream};
use pipeline_authoring::{Watch, cases_below};
use pipeline_engine::source_files;
use pipeline_worker::n_cores;

use crate::{Failure, Session, args::TestArgs, numbers, signals::StopSignals};
use outcome::{Outcome, Tested};

pub(crate) async fn test(session: &Session, args: &TestArgs) -> Result<(), Failure> {
    if args.watch {
        return watch(session, args).await;
    }
    let started = Instant::now();
    let cases = cases(&args.paths)?;
    if cases.is_empty() {
        return Err(Failure::usage(
            "there are no cases\n  = help: `pipeline record FILE` writes some from real pages; they stand in `NAME.cases/` beside `NAME.js`",
        ));
    }
    let mut tested = run(session, &cases).await;
    if args.update {
        review::review(session.terminal, args, &mut tested)?;
    }
    show(session, &tested, started.elapsed())?;
    if let Some(path) = &args.junit {
        let text = session.redactor.redact(&junit::report(&tested)).into_owned();
        std::fs::write(path, text)
            .map_err(|error| Failure::usage(format!("cannot write `{}`: {error}", path.display())))?;
    }
    match tested.iter().filter(|tested| !tested.outcome.is_good()).count() {
        0 => Ok(()),
        n => Err(Failure::failed(format!("{} failed", numbers::counted(n as u64, "case")))),
    }
}

async fn watch(session: &Session, args: &TestArgs) -> Result<(), Failure> {
    let paths = args.paths.clone();
    let mut watch = Watch::new(move || watched(&paths))?;
    let mut signals = StopSignals::listen()?;
    loop {
        let work = async {
            let started = Instant::now();
            let cases = cases(&args.paths)?;
            let tested = run(session, &cases).await;
            session.terminal.show_anew("")?;
            show(session, &tested, started.elapsed())
        };
        // A save while a converter is at work ends it; all begins anew.
        tokio::select! {
            shown = work => shown?,
            changed = watch.changed() => {
                changed?;
                continue;
            }
            () = signals.next() => return Ok(()),
        }
        tokio::select! {
            changed = watch.changed() => drop(changed?),
            () = signals.next() => return Ok(()),
        }
    }
}

/// The cases, what they are run with, and the folders in which new ones may appear.
fn watched(paths: &[PathBuf]) -> BTreeSet<PathBuf> {
    let mut files: BTreeSet<PathBuf> = paths.iter().filter(|path| path.is_dir()).cloned().collect();
    for case in cases(paths).unwrap_or_default() {
        files.extend(outcome::sources(&case).iter().flat_map(|source| source_files(source)));
        files.extend(case.parent().map(Path::to_owned));
        files.insert(case);
    }
    files
}

fn cases(paths: &[PathBuf]) -> Result<BTreeSet<PathBuf>, Failure> {
    let mut cases = BTreeSet::new();
    for path in paths {
        cases.append(&mut cases_below(path)?);
        // Those of a pipeline's converters belong to it.
        if super::convert::is_yaml(path) {
            for source in source_files(path) {
                cases.append(&mut cases_below(&source).unwrap_or_default());
            }
        }
    }
    Ok(cases)
}

/// All cases, a few at a time, in order.
async fn run(session: &Session, cases: &BTreeSet<PathBuf>) -> Vec<Tested> {
    let cores = n_cores();
    stream::iter(cases).map(|path| outcome::test(session, path)).buffered(cores).collect().await
}

fn show(session: &Session, tested: &[Tested], elapsed: Duration) -> Result<(), Failure> {
    for tested in tested {
        let text = tested.to_text();
        session.terminal.print(session.redactor.redact(&text))?;
    }
    let count = |is_counted: fn(&Outcome) -> bool| {
        numbers::count(tested.iter().filter(|tested| is_counted(&tested.outcome)).count() as u64)
    };
    let mut line = format!("{} passed", count(|outcome| matches!(outcome, Outcome::Passed)));
    if tested.iter().any(|tested| matches!(tested.outcome, Outcome::Updated)) {
        line.push_str(&format!(", {} updated", count(|outcome| matches!(outcome, Outcome::Updated))));
    }
    line.push_str(&format!(", {} failed", count(|outcome| !outcome.is_good())));
    session.terminal.print(format!("{line} in {} ms", elapsed.as_millis()))?;
    Ok(())
}
