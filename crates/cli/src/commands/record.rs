//! `pipeline record`: cases from real pages.

use std::{
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use pipeline_authoring::{
    Case, Expected, JsonRows, Sanitizer, StoredPage, Subject, cases_folder, convert_stored, first_pages,
};
use pipeline_engine::plain_path;
use pipeline_engine::{Plan, Silent, TablePlan};
use pipeline_worker::this_program;

use crate::{Failure, Session, args::RecordArgs, numbers};

pub(crate) async fn record(session: &Session, args: &RecordArgs) -> Result<(), Failure> {
    check_name(&args.name)?;
    let runtime = session.runtime(args.pipeline.sandbox.issues()).await?;
    let plan = session.load(&args.pipeline, &runtime, Arc::new(Silent))?;
    let file = &args.pipeline.file;
    let subjects = Subject::of_pipeline(file, session.environment(file)?, session.terminal.style())?;
    let tables = tables(&plan, args.table.as_deref())?;
    for table in &tables {
        let subject = Subject::named(subjects.clone(), Some(&table.name), file)?;
        let folder = folder(&subject, &plan, file);
        let names = names(args, table, tables.len());
        // Before the server is asked: nothing is worse than a long wait for a refusal.
        let mut paths = names.iter().map(|name| folder.join(name));
        if let Some(path) = paths.find(|path| !args.force && path.exists()) {
            return Err(Failure::usage(format!(
                "`{}` is there already\n  = help: choose another `--name`, or replace it with `--force`",
                path.display()
            )));
        }
        let cleaner =
            Sanitizer::new(session.redactor.clone()).removing(&args.removed).with_max_records(args.records);
        let pages = first_pages(&plan, table, usize::from(args.pages)).await?;
        for (name, page) in names.iter().zip(pages) {
            let path = folder.join(name);
            let n_rows =
                write(&path, (&subject, plan.tables.len()), file, cleaner.clone().clean(page)).await?;
            session.terminal.print(format!("{}  {n_rows}", path.display()))?;
        }
    }
    session
        .terminal
        .say("look through these files before you share them: only you know which data is private");
    Ok(())
}

/// Refuses names that are no file's in the folder of cases.
fn check_name(name: &str) -> Result<(), Failure> {
    let is_bad = |c: char| matches!(c, '/' | '\\' | ':') || c.is_control();
    match name.is_empty() || name.contains(is_bad) || name.starts_with('.') {
        true => Err(Failure::usage(
            "`--name` is the name of files in the folder of cases\n  = help: write a name without `/`, `\\` and `:`, and \
             without `.` at its beginning; the folder is beside the converter, or beside the pipeline",
        )),
        false => Ok(()),
    }
}

/// Writes one case; says what it expects.
async fn write(
    path: &Path,
    (subject, n_tables): (&Subject, usize),
    pipeline: &Path,
    page: StoredPage,
) -> Result<String, Failure> {
    let mut case = Case {
        pipeline: Some(relative(path.parent().unwrap_or(Path::new(".")), pipeline)?),
        table: (n_tables > 1).then(|| subject.table.clone()),
        now: Some(whole_second()),
        page,
        expected: Expected::Unknown,
    };
    case.write(path)?;
    // What is expected is what comes of the case itself, as it is in the file.
    case = Case::read(path)?;
    match expect(&mut case, subject).await {
        Ok(n_rows) => {
            case.write(path)?;
            Ok(n_rows)
        }
        // The page is worth more than the rows: the author is about to write the converter.
        Err(failure) => Ok(format!("without rows: {}", failure.message())),
    }
}

/// Makes the case expect what comes now; says how much that is.
pub(crate) async fn expect(case: &mut Case, subject: &Subject) -> Result<String, Failure> {
    let mut converter = subject.converter(case.now.unwrap_or_default(), this_program());
    let rows = JsonRows::of(&convert_stored(&mut converter, &case.page).await?)?;
    let n_rows = numbers::counted(rows.rows.len() as u64, "row");
    case.expected = Expected::Rows(rows);
    Ok(n_rows)
}

fn whole_second() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

fn tables<'p>(plan: &'p Plan, name: Option<&str>) -> Result<Vec<&'p TablePlan>, Failure> {
    let tables: Vec<&TablePlan> =
        plan.tables.iter().filter(|table| name.is_none_or(|name| table.name == name)).collect();
    match name {
        Some(name) if tables.is_empty() => {
            let known: Vec<&str> = plan.tables.iter().map(|table| table.name.as_str()).collect();
            let known = pipeline_config::known_names(name, known);
            Err(Failure::usage(format!("there is no table `{name}`; {known}")))
        }
        _ => Ok(tables),
    }
}

/// Beside the converter; where that is ours or stands in the YAML, beside the pipeline.
fn folder(subject: &Subject, plan: &Plan, pipeline: &Path) -> PathBuf {
    let is_file = subject.path().is_file() && subject.path() != pipeline;
    let folder = cases_folder(&plain_path(if is_file { subject.path() } else { pipeline }));
    if plan.tables.len() > 1 && !is_file {
        folder.with_extension(format!("{}.cases", subject.table))
    } else {
        folder
    }
}

fn names(args: &RecordArgs, table: &TablePlan, n_tables: usize) -> Vec<String> {
    let stem = match n_tables {
        1 => args.name.clone(),
        _ => format!("{}-{}", table.name, args.name),
    };
    (1..=args.pages).map(|n| format!("{stem}-{n}.json")).collect()
}

/// The way from a folder to a file, in slashes, so that the case can be used on another system.
fn relative(folder: &Path, file: &Path) -> Result<String, Failure> {
    std::fs::create_dir_all(folder)?;
    let (folder, file) = (std::fs::canonicalize(folder)?, std::fs::canonicalize(file)?);
    let (from, to): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (folder.components().collect(), file.components().collect());
    let n_common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = from[n_common..].iter().map(|_| "..".to_owned());
    let down = to[n_common..].iter().map(|step| step.as_os_str().to_string_lossy().into_owned());
    Ok(up.chain(down).collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_in_the_folder_of_cases() {
        for name in ["../x", "a/b", "/x", "a\\b", "C:x", "..", ".x", "", "a\nb"] {
            assert!(check_name(name).unwrap_err().message().contains("--name"), "{name:?}");
        }
        for name in ["page", "first page", "über.2", "a-b_c"] {
            assert!(check_name(name).is_ok(), "{name:?}");
        }
    }
}
