//! Finds what a run that ended before its end has left, and decides whether it is of use.

use std::{fs::File, path::PathBuf};

use jiff::Timestamp;
use pipeline_config::{explain, fingerprint};
use pipeline_history::{OpenRun, Outputs, RunOutcome, RunRecord};
use pipeline_sink::{Mode, STDOUT, absolute_target};

use super::{
    ResumePolicy, RunError, RunOptions, Scope,
    age::{TRIED_AGAIN, is_past, too_old},
    lost, noted,
};
use crate::{
    journal::{self, Found, Header, Journal, Keep, Replay},
    plan::{Plan, TablePlan},
    progress::Event,
    spec::DEFAULT_MAX_AGE,
};

/// The journals of all tables of a run.
#[derive(Debug)]
pub(crate) struct Journals {
    /// Whether pages are kept: not where the datasource cannot go on in mid-way, or the user does not want it.
    keeps_pages: bool,
    tables: Vec<TableJournal>,
    first_run: (String, Timestamp),
    last_run: Option<String>,
    /// How many pages of it there are, until somebody has said that they are gone on with.
    unsaid: Option<u64>,
    /// The run that has ended and was killed while its journals went, and those it had gone on with: tables without a journal have
    /// their rows, too.
    killed_at_end: Vec<String>,
    /// The last run, where that has not ended well, and those it had gone on with: they may have committed tables whose journals
    /// are gone.
    unfinished: Vec<RunRecord>,
}

/// Whether a table that is committed may be once more, without doubling a row, and without losing rows of tables that go through it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Renews {
    Always,
    /// As another snapshot; one of the same day never changes.
    NextDay,
    Never,
}

impl Renews {
    fn of(scope: &Scope, mode: Mode, (has_cursor, has_readers): (bool, bool)) -> Self {
        match (scope, mode) {
            // Its cursor has passed the rows that other tables go through.
            (Scope::Changes, _) if has_cursor && has_readers => Self::Never,
            (_, Mode::Snapshot) => Self::NextDay,
            (Scope::Changes, Mode::Append) if has_cursor => Self::Always,
            (Scope::Changes | Scope::Backfill { .. }, Mode::Append) => Self::Never,
            _ => Self::Always,
        }
    }
}

/// The journal of one table.
#[derive(Debug)]
struct TableJournal {
    table: String,
    path: PathBuf,
    /// Names what is run; a journal of anything else is of no use.
    config: String,
    /// Whether rows are added to those that are there.
    appends: bool,
    /// Whether other tables go through its rows, which a run that finds it committed needs then.
    has_readers: bool,
    /// Whether there was one when this run began, of whatever run.
    was_there: bool,
    /// Whether a run that begins anew adds all rows once more.
    repeats: bool,
    /// Whether it may be committed once more.
    renews: Renews,
    replay: Option<Replay>,
    /// Why its pages are too old, where they are.
    too_old: Option<String>,
    /// Why the pages that it had are of no use, and how many these are.
    dropped: Option<(String, u64)>,
}

impl Journals {
    /// Reads what is there; what is of no use is removed, and why is told.
    pub(super) fn open(plan: &Plan, options: &RunOptions, record: &OpenRun) -> Result<Self, RunError> {
        let tables = plan.tables.iter().map(|table| TableJournal::open(plan, options, table));
        let mut journals = Self {
            keeps_pages: plan.resume.is_some() && plan.datasource.can_resume(),
            tables: tables.collect::<Result<_, _>>()?,
            first_run: (plan.run_id.clone(), plan.started_at),
            last_run: None,
            unsaid: None,
            killed_at_end: Vec::new(),
            unfinished: Vec::new(),
        };
        if options.scope == Scope::Changes && journals.tables.iter().any(TableJournal::may_be_lost) {
            journals.unfinished = lost::unfinished(plan, record);
        }
        let has_committed = journals.have_all_committed();
        journals.drop_useless(plan, options, record)?;
        let found: Vec<&Replay> = journals.found().collect();
        let Some(first) = found.first() else {
            if !has_committed {
                journals.tell_of_no_journal(plan, options, record);
            }
            return Ok(journals);
        };
        let first_run = (first.header.first_run.clone(), first.header.started_at);
        let last_run = found.last().and_then(|replay| replay.runs.last().cloned());
        let run_id = last_run.as_deref().unwrap_or_default();
        let is_complete = found.len() == journals.tables.len() || !journals.killed_at_end.is_empty();
        let is_over = is_complete && found.iter().all(|replay| replay.committed.is_some());
        let unsaid = (!is_over).then(|| found.iter().map(|replay| replay.place.n_pages).sum());
        if is_over {
            options.observer.on(&Event::Finished { run_id });
        }
        (journals.first_run, journals.last_run, journals.unsaid) = (first_run, last_run, unsaid);
        Ok(journals)
    }

    fn found(&self) -> impl Iterator<Item = &Replay> {
        self.tables.iter().filter_map(|table| table.replay.as_ref())
    }

    /// Removes the journals that are of no use, and says why.
    fn drop_useless(&mut self, plan: &Plan, options: &RunOptions, record: &OpenRun) -> Result<(), RunError> {
        let is_over =
            |at: &Option<Timestamp>| options.resume != ResumePolicy::ResumeKilled || is_past(plan, *at);
        let ended = self.ended(record);
        if ended.as_ref().is_some_and(|(_, at)| is_over(at)) {
            return self.tables.iter_mut().try_for_each(|table| table.forget().map(drop));
        }
        // Of a clock that was ahead; otherwise the journals would stay until it is that time.
        if let Some((run_id, _)) = ended.as_ref().filter(|_| self.kept_at() > Some(plan.started_at)) {
            self.keep(run_id, plan.started_at);
        }
        self.killed_at_end = ended.map(|(run_id, _)| lost::with_earlier(&run_id, record)).unwrap_or_default();
        let of_all = self.why_none(options).or_else(|| self.why_renewed(plan, record));
        // Those of an earlier run were left at a target that the pipeline did not have in between.
        let first_run = self.newest(record).map(|replay| replay.header.first_run.clone()).unwrap_or_default();
        for table in &mut self.tables {
            if let Some(reason) = of_all.clone().or_else(|| table.why_not(&first_run)) {
                let has_committed = table.appends && table.replay.as_ref().is_some_and(is_known);
                let n_pages = table.forget()?;
                table.dropped = (n_pages > 0 || has_committed).then_some((reason, n_pages));
            }
        }
        self.tell_of_dropped(options);
        Ok(())
    }

    /// The journal of the last run, whatever the clocks of the machines were.
    fn newest(&self, record: &OpenRun) -> Option<&Replay> {
        let last =
            record.history().last_of(self.found().filter_map(|replay| Some(replay.runs.last()?.as_str())))?;
        self.found().find(|replay| replay.runs.last().is_some_and(|run_id| run_id == last))
    }

    /// Says of each reason how many pages are fetched again; of which tables, where others go on.
    fn tell_of_dropped(&self, options: &RunOptions) {
        let mut reasons: Vec<&str> = Vec::new();
        let dropped = || self.tables.iter().filter_map(|table| Some((table, table.dropped.as_ref()?)));
        for (_, (reason, _)) in dropped() {
            if !reasons.contains(&reason.as_str()) {
                reasons.push(reason);
            }
        }
        let is_for_all = reasons.len() == 1 && self.found().next().is_none();
        for reason in reasons {
            let (mut names, mut pages) = (Vec::new(), 0);
            for (table, (_, n_pages)) in dropped().filter(|(_, (known, _))| known == reason) {
                names.push(format!("`{}`", table.table));
                pages += n_pages;
            }
            let named = format!("{}: {reason}", names.join(", "));
            let reason = if is_for_all { reason } else { named.as_str() };
            options.observer.on(&Event::Restarted { reason, pages });
        }
    }

    /// Says that an unfinished run is begun anew where its datasource has left nothing to go on with.
    fn tell_of_no_journal(&self, plan: &Plan, options: &RunOptions, record: &OpenRun) {
        let would = plan.resume.is_some() && options.resume != ResumePolicy::Anew;
        if plan.datasource.can_resume() || !would {
            return;
        }
        let earlier = noted(record.history().runs_of(&plan.name, plan.outputs, 2));
        let is_unfinished = |run: &&RunRecord| {
            matches!(run.outcome, RunOutcome::Crashed | RunOutcome::Interrupted | RunOutcome::Quota)
        };
        let earlier = earlier.iter().find(|run| run.run_id != plan.run_id);
        if let Some(run) = earlier.filter(is_unfinished) {
            let reason = "this kind of datasource is always read from its beginning";
            options.observer.on(&Event::Reread { run_id: &run.run_id, reason });
        }
    }

    /// Whether every table was about to be committed, or is.
    fn have_all_committed(&self) -> bool {
        self.tables.iter().all(|table| table.replay.as_ref().is_some_and(is_known))
    }

    /// The run that has left the journals, and when it ended, where it has. A run ends in the history before its journals go, the
    /// one of its first table last; one that has not ended there is finished here, since its rows would be committed twice
    /// otherwise. So is one that has just ended, where whoever starts this one may not know that.
    fn ended(&self, record: &OpenRun) -> Option<(String, Option<Timestamp>)> {
        if !self.found().all(is_known) {
            return None;
        }
        let run_id = self.found().last()?.runs.last()?.clone();
        let (outcome, at) = record.history().end_of(&run_id)?;
        // That of its process counts, where that has failed with another pipeline.
        (outcome == RunOutcome::Done).then_some((run_id, self.kept_at().or(at)))
    }

    /// When the process of the run failed with another pipeline.
    fn kept_at(&self) -> Option<Timestamp> {
        self.found().filter_map(|replay| replay.committed.as_ref()?.kept_at).max()
    }

    /// The runs of which one has the rows of this table, whose journal went before the last of them was killed.
    pub(super) fn killed_at_end(&self, position: usize) -> &[String] {
        let table = self.tables.get(position).filter(|table| !table.was_there && !table.has_readers);
        if table.is_some() { &self.killed_at_end } else { &[] }
    }

    /// The runs that may have committed this table although it has no journal, and whether that helps: the rows of a table that
    /// others go through are needed again.
    pub(super) fn unfinished(&self, position: usize) -> (&[RunRecord], bool) {
        match self.tables.get(position).filter(|table| table.may_be_lost()) {
            Some(table) => (&self.unfinished, !table.has_readers),
            None => (&[], false),
        }
    }

    /// Why all journals are of no use.
    fn why_none(&self, options: &RunOptions) -> Option<String> {
        if !self.keeps_pages && !self.found().any(is_known) {
            return Some("this pipeline does not resume".into());
        }
        (options.resume == ResumePolicy::Anew).then(|| "`--restart` was asked for".into())
    }

    /// Why a run that ended in an error is begun anew as a whole, where that doubles nothing: it is so old that the tables that it
    /// has committed are to be fetched again, whatever became of the others.
    fn why_renewed(&self, plan: &Plan, record: &OpenRun) -> Option<String> {
        let committed = || self.tables.iter().filter(|table| table.replay.as_ref().is_some_and(is_known));
        let may_be = |table: &TableJournal| match table.renews {
            Renews::Always => true,
            Renews::NextDay => table.replay.as_ref().is_some_and(|replay| {
                let age = plan.started_at.duration_since(replay.header.started_at);
                age.unsigned_abs() >= DEFAULT_MAX_AGE
            }),
            Renews::Never => false,
        };
        if self.have_all_committed() || !committed().all(may_be) {
            return None;
        }
        let why = committed().find_map(|table| table.too_old.clone())?;
        let run_id = self.newest(record)?.runs.last()?;
        let (outcome, _) = record.history().end_of(run_id)?;
        (outcome == RunOutcome::Failed).then(|| format!("{why}, and ended in an error"))
    }

    /// Whether tables are committed, and may be once more.
    pub(super) fn may_begin_anew(&self, n_committed: usize) -> bool {
        n_committed > 0 && self.tables.iter().take(n_committed).all(|table| table.renews == Renews::Always)
    }

    /// The run that this one goes on with.
    pub(super) fn last_run(&self) -> Option<&str> {
        self.last_run.as_deref()
    }

    /// The run that asked for the first page, and when that was.
    pub(crate) fn first_run(&self) -> (String, Timestamp) {
        self.first_run.clone()
    }

    /// The run that this one goes on with, and how many pages of it there are, where nobody has said so yet.
    pub(super) fn going_on(&self) -> Option<(String, u64)> {
        self.last_run.clone().zip(self.unsaid)
    }

    /// A table has gone on, or was refused: once that is said, no other table says it again.
    pub(super) fn end_going_on(&mut self, going_on: super::going_on::GoingOn) {
        self.unsaid = self.unsaid.filter(|_| !going_on.end());
    }

    /// Whether a table that is not committed goes on after its last page.
    pub(super) fn keeps_pages(&self) -> bool {
        self.keeps_pages
    }

    /// What is there of a table.
    pub(super) fn take(&mut self, position: usize) -> Option<Replay> {
        self.tables.get_mut(position).and_then(|table| table.replay.take())
    }

    /// Why the pages that a table had are fetched again.
    pub(super) fn why_anew(&self, position: usize) -> Option<&str> {
        self.tables.get(position).and_then(|table| Some(table.dropped.as_ref()?.0.as_str()))
    }

    /// Why a table that is not committed after all is begun anew: its pages are too old.
    pub(super) fn too_old(&self, position: usize) -> Option<&str> {
        self.tables.get(position).and_then(|table| table.too_old.as_deref())
    }

    /// Begins the journal of a table, or goes on with it; a run that cannot keep one goes on without.
    pub(super) fn write(
        &self,
        position: usize,
        (replay, state): (Option<&Replay>, Option<&serde_json::Value>),
        run_id: &str,
    ) -> Option<Journal> {
        let table = self.tables.get(position)?;
        let keep = if self.keeps_pages || table.has_readers { Keep::Pages } else { Keep::Commits };
        let journal = match replay {
            Some(replay) => replay.go_on(run_id, keep),
            None => {
                let header = Header {
                    config: table.config.clone(),
                    first_run: self.first_run.0.clone(),
                    started_at: self.first_run.1,
                    state: state.cloned(),
                };
                Journal::create(&table.path, &header, keep)
            }
        };
        let told = |error| tracing::warn!(error = explain(&error), "this run cannot be resumed");
        journal.map_err(told).ok()
    }

    /// Forgets a table, which is begun anew.
    pub(super) fn discard(&self, position: usize) -> Result<(), RunError> {
        match self.tables.get(position) {
            Some(table) => Ok(journal::discard(&table.path)?),
            None => Ok(()),
        }
    }

    /// Nothing is gone on with, although the history may not say that the run has ended.
    pub(super) fn end(&self) {
        for table in &self.tables {
            if let Err(error) = journal::end(&table.path) {
                tracing::warn!(error = explain(&error), "a journal stays");
            }
        }
    }

    /// The files of the journals that are there.
    pub(super) fn opened(&self) -> Vec<File> {
        self.tables.iter().filter_map(|table| File::open(&table.path).ok()).collect()
    }

    /// Whether a run that begins anew adds rows once more, or is refused.
    pub(super) fn repeat(&self) -> bool {
        self.tables.iter().any(|table| table.renews != Renews::Always)
    }

    /// The process fails with another pipeline, and whoever tries it again soon does not mean these tables.
    pub(super) fn keep(&self, run_id: &str, at: Timestamp) {
        for table in &self.tables {
            if let Err(error) = journal::keep(&table.path, (run_id, at)) {
                tracing::warn!(error = explain(&error), "whoever tries this again adds rows once more");
            }
        }
    }

    /// All tables are committed. What is left of several journals says the same as all of them.
    pub(super) fn finish(&self) {
        for table in self.tables.iter().rev() {
            // A journal of tables that are all committed is told by the next run, and removed then.
            if let Err(error) = journal::discard(&table.path) {
                tracing::warn!(
                    error = explain(&error),
                    "a journal stays: until it is removed, a `pipeline run` within {TRIED_AGAIN:#} takes this run for its own and fetches nothing"
                );
            }
        }
    }
}

impl TableJournal {
    fn open(plan: &Plan, options: &RunOptions, table: &TablePlan) -> Result<Self, RunError> {
        let path = path(plan, table);
        let found = match options.resume {
            // Whatever is there goes.
            ResumePolicy::Anew => journal::peek(&path).unwrap_or(Found::Over),
            ResumePolicy::Resume | ResumePolicy::ResumeKilled => journal::peek(&path)?,
        };
        let was_there = options.resume == ResumePolicy::Anew || !matches!(found, Found::Nothing);
        let replay = found.replay();
        let mut sources = plan.tables.iter().filter_map(|other| other.query.for_each());
        let has_readers = sources.any(|each| each.table.value == table.name);
        let (appends, has_cursor) = (table.sink.mode() == Mode::Append, table.query.incremental().is_some());
        let renews = Renews::of(&options.scope, table.sink.mode(), (has_cursor, has_readers));
        Ok(Self {
            table: table.name.clone(),
            config: fingerprint([table.rows_hash.as_str(), &format!("{:?}", options.scope)]),
            appends,
            repeats: appends && !has_cursor,
            renews,
            has_readers,
            too_old: replay.as_ref().and_then(|replay| too_old(plan, &replay.header)),
            path,
            was_there,
            replay,
            dropped: None,
        })
    }

    /// Whether its journal may be gone although a run has committed it, and its rows would then be added twice.
    fn may_be_lost(&self) -> bool {
        self.repeats && !self.was_there
    }

    /// Removes its journal, and says how many pages that had.
    fn forget(&mut self) -> Result<u64, RunError> {
        let Some(replay) = self.replay.take() else { return Ok(0) };
        journal::discard(&self.path)?;
        Ok(replay.place.n_pages)
    }

    /// Why its journal is of no use to the run that goes on where `first_run` began. However old, one whose rows the target
    /// may have says so, because they would be committed twice otherwise.
    fn why_not(&self, first_run: &str) -> Option<String> {
        let replay = self.replay.as_ref()?;
        if replay.header.config != self.config {
            let changed =
                "the datasource, query, converter, columns, parameters or what is asked for have changed";
            return Some(match is_known(replay) && self.appends {
                true => {
                    format!("{changed}; rows that it has committed stay, and those of this run are added")
                }
                false => changed.to_owned(),
            });
        }
        if replay.header.first_run != first_run {
            return Some("its tables are of different runs".into());
        }
        self.too_old.clone().filter(|_| !is_known(replay))
    }
}

/// Whether the target of a table may have its rows.
fn is_known(replay: &Replay) -> bool {
    replay.committed.is_some() || replay.ready.is_some()
}

/// Named by the target, so that a pipeline or a table that is renamed goes on.
fn path(plan: &Plan, table: &TablePlan) -> PathBuf {
    let target = table.sink.target();
    let mut names = vec![absolute_target(&target)];
    if target == STDOUT {
        names.extend([plan.name.clone(), table.name.clone()]);
    }
    // Neither goes on with the other, whatever the paths are.
    names.extend((plan.outputs != Outputs::Real).then(|| plan.outputs.name().to_owned()));
    let name = fingerprint(names.iter().map(String::as_str));
    plan.state.join("journals").join(format!("{name}.journal"))
}
