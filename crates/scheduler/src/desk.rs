//! A converter before its author: the page it gets, the rows it makes of it, its code.

use std::{
    fs,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use pipeline_authoring::{
    JsonRows, PageCache, StoredPage, convert_stored, first_clean_page, table_converter,
};
use pipeline_config::{explain, fingerprint};
use pipeline_converter::{ConverterError, Script, read_script};
use pipeline_engine::{Plan, RunError, TablePlan, plain_path};

use super::{Supervisor, SupervisorError, saved};

/// A table and the code that makes its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskTable {
    /// Its name.
    pub name: String,
    /// Its converter; `None` where the records themselves are the rows.
    pub code: Option<DeskCode>,
}

/// The code of a converter as it stands on the disk now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskCode {
    /// The file it stands in: its own, or the pipeline's.
    pub path: PathBuf,
    /// Whether it stands in the pipeline's YAML.
    pub is_inline: bool,
    /// The code.
    pub text: String,
    /// Line and column in the file where it begins, from 1.
    pub(super) begin: (usize, usize),
    /// Names the file on this machine.
    pub place: String,
    /// Names this text, so that [`Supervisor::save_code`] notices when it is another by then.
    pub version: String,
}

/// A page that is kept, without secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct DeskPage {
    /// The page.
    pub page: StoredPage,
    /// When it was fetched.
    pub fetched_at: Timestamp,
}

/// What came of code.
#[derive(Debug, Clone, PartialEq)]
pub enum Trial {
    /// Rows.
    Rows {
        /// All of them.
        rows: JsonRows,
        /// How long the conversion took.
        elapsed: Duration,
    },
    /// It failed.
    Failed {
        /// Why, on one line.
        message: String,
        /// The same with the code, a caret and what to do.
        shown: String,
        /// Line and column in the code, from 1, where that is the place.
        place: Option<(usize, usize)>,
    },
}

impl Supervisor {
    /// The tables of a pipeline.
    ///
    /// # Errors
    /// [`SupervisorError::NoPipeline`], [`SupervisorError::Broken`], [`SupervisorError::Code`].
    pub fn desk(&self, id: &str) -> Result<Vec<DeskTable>, SupervisorError> {
        let plan = self.plan(id)?;
        plan.tables
            .iter()
            .map(|table| Ok(DeskTable { name: table.name.clone(), code: code(table)? }))
            .collect()
    }

    /// The first page of a table: the kept one, or a new one where there is none.
    ///
    /// # Errors
    /// [`SupervisorError::Page`] when it cannot be had.
    pub async fn page(&self, id: &str, table: &str) -> Result<DeskPage, SupervisorError> {
        let (plan, table) = self.table(id, table)?;
        self.kept_page(id, (&plan, &table)).await
    }

    /// The first page of a table, asked for anew.
    ///
    /// # Errors
    /// [`SupervisorError::Page`] when it cannot be had.
    pub async fn refetch(&self, id: &str, table: &str) -> Result<DeskPage, SupervisorError> {
        let (plan, table) = self.table(id, table)?;
        let key = self.key(id, (&plan, &table))?;
        self.fetch(&key, (&plan, &table)).await
    }

    /// The rows that `code` would make of the table's page; without it, those of the code on the disk. Nothing is
    /// written.
    ///
    /// # Errors
    /// [`SupervisorError`] when there is no page; that the code is wrong is no error.
    pub async fn try_code(
        &self,
        id: &str,
        table: &str,
        code: Option<&str>,
    ) -> Result<Trial, SupervisorError> {
        let (plan, mut table) = self.table(id, table)?;
        let page = self.kept_page(id, (&plan, &table)).await?.page;
        if let Some(code) = code {
            match read(table.converter.script.clone(), code.to_owned()).await? {
                Ok(script) => table.converter.script = script,
                Err(error) => return Ok(self.failed(&table.converter.script, &error.into())),
            }
        }
        let started = Instant::now();
        let batch = convert_stored(&mut table_converter(&plan, &table), &page).await;
        let elapsed = started.elapsed();
        match batch.and_then(|batch| JsonRows::of(&batch)) {
            Ok(rows) => Ok(Trial::Rows { rows, elapsed }),
            Err(error) => Ok(self.failed(&table.converter.script, &error)),
        }
    }

    /// Replaces the code of a table on the disk, where it is still the one named by `version`; gives the new version.
    ///
    /// # Errors
    /// [`SupervisorError::Changed`] when somebody else has changed it, [`SupervisorError::Gone`] while its file or its table is not
    /// there, as when an editor replaces it, [`SupervisorError::Unwritable`] for code that its file
    /// cannot hold, [`SupervisorError::Code`].
    pub fn save_code(
        &self,
        id: &str,
        table: &str,
        (text, version): (&str, &str),
    ) -> Result<String, SupervisorError> {
        // Two saves of one version would both find it.
        static SAVING: Mutex<()> = Mutex::new(());
        let _saving = SAVING.lock().unwrap_or_else(PoisonError::into_inner);
        self.save_as_found(id, table, (text, version)).map_err(|error| match error {
            SupervisorError::NoPipeline { id } => {
                SupervisorError::Gone { what: format!("the pipeline `{id}`") }
            }
            SupervisorError::NoTable { table, .. } => {
                SupervisorError::Gone { what: format!("the table `{table}`") }
            }
            SupervisorError::Code { path, source } if source.kind() == std::io::ErrorKind::NotFound => {
                SupervisorError::Gone { what: format!("`{}`", path.display()) }
            }
            error => error,
        })
    }

    fn save_as_found(
        &self,
        id: &str,
        table: &str,
        (text, version): (&str, &str),
    ) -> Result<String, SupervisorError> {
        let (_, table) = self.table(id, table)?;
        let current = code(&table)?.ok_or_else(|| SupervisorError::NoCode { table: table.name.clone() })?;
        if current.version != version {
            return Err(SupervisorError::Changed { path: current.path });
        }
        let version = saved::save(&current, text)?;
        // Whoever asks next must not get the code of before.
        self.reload(id);
        Ok(version)
    }

    fn plan(&self, id: &str) -> Result<Plan, SupervisorError> {
        let now = self.shared.clock.now();
        self.with(id, |entry| {
            let plan = entry.plan.as_ref().ok_or_else(|| SupervisorError::Broken { id: id.to_owned() })?;
            Ok(plan.at(now))
        })
    }

    fn table(&self, id: &str, name: &str) -> Result<(Plan, TablePlan), SupervisorError> {
        let plan = self.plan(id)?;
        let table = plan.table(name).cloned();
        let none = || SupervisorError::NoTable { id: id.to_owned(), table: name.to_owned() };
        Ok((plan, table.ok_or_else(none)?))
    }

    fn cache(&self) -> PageCache {
        PageCache::new(self.shared.options.cache.join("dev"))
    }

    fn key(&self, id: &str, (plan, table): (&Plan, &TablePlan)) -> Result<String, SupervisorError> {
        let file = self.with(id, |entry| Ok(entry.file.clone()))?;
        Ok(PageCache::key(&file, plan, table, &self.shared.options.place))
    }

    async fn kept_page(
        &self,
        id: &str,
        (plan, table): (&Plan, &TablePlan),
    ) -> Result<DeskPage, SupervisorError> {
        let key = self.key(id, (plan, table))?;
        match self.cache().get(&key) {
            Some((page, fetched_at)) => Ok(DeskPage { page, fetched_at }),
            None => self.fetch(&key, (plan, table)).await,
        }
    }

    async fn fetch(
        &self,
        key: &str,
        (plan, table): (&Plan, &TablePlan),
    ) -> Result<DeskPage, SupervisorError> {
        let page = first_clean_page(plan, table).await;
        let page = page.and_then(|page| page.ok_or(RunError::NoPage));
        let page = page.map_err(|error| SupervisorError::Page(Box::new(error)))?;
        let cache = &self.shared.options.cache;
        let kept = self.cache().put(key, &page);
        kept.map_err(|source| SupervisorError::Folder { path: cache.clone(), source })?;
        Ok(DeskPage { page, fetched_at: self.shared.clock.now() })
    }

    fn failed(&self, script: &Script, error: &RunError) -> Trial {
        let redactor = &self.shared.options.redactor;
        let shown = redactor.redact(&explain(error)).into_owned();
        let report = match error {
            RunError::Converter(error) => ConverterError::report(error),
            _ => None,
        };
        let place = report.and_then(|report| report.place.as_ref());
        let place = place.filter(|place| place.path == script.path());
        Trial::Failed {
            message: report.map_or_else(
                || shown.lines().next().unwrap_or_default().to_owned(),
                |report| redactor.redact(&report.message).into_owned(),
            ),
            place: place.and_then(|place| within(script, (place.line, place.column))),
            shown,
        }
    }
}

/// Other code in the place of a script: not on a thread that others wait for, since no code is too long to be sent.
async fn read(script: Script, code: String) -> Result<Result<Script, ConverterError>, SupervisorError> {
    let read = move || script.edited(&code).and_then(|script| script.check().map(|()| script));
    match tokio::task::spawn_blocking(read).await {
        Ok(read) => Ok(read),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Err(SupervisorError::Draining),
        },
    }
}

/// A place in the file as a place in the code.
fn within(script: &Script, (line, column): (usize, usize)) -> Option<(usize, usize)> {
    let begin = script.begins_at();
    Some((
        (line + 1).checked_sub(begin.0).filter(|line| *line > 0)?,
        (column + 1).saturating_sub(begin.1).max(1),
    ))
}

/// The code of a table as it stands on the disk.
fn code(table: &TablePlan) -> Result<Option<DeskCode>, SupervisorError> {
    let script = &table.converter.script;
    let Some(planned) = script.text() else { return Ok(None) };
    let path = script.path().to_owned();
    let is_inline = script.begins_at() != (1, 1);
    let refuse = |source| SupervisorError::Code { path: path.clone(), source };
    let (text, begin) = match is_inline {
        // The plan is that of before where the file is wrong now, as with a mistake in code that was saved.
        true => saved::inline(&read_script(&path).map_err(refuse)?, &table.name)
            .unwrap_or_else(|| (planned.to_owned(), script.begins_at())),
        false => (read_script(&path).map_err(refuse)?, (1, 1)),
    };
    let version = fingerprint([text.as_str()]);
    let place = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
    let place = fingerprint([&*place.to_string_lossy()]);
    Ok(Some(DeskCode { path: plain_path(&path), is_inline, text, begin, place, version }))
}
