//! Finds what a run that ended before its end has left, and decides whether it is of use.

use std::path::PathBuf;

use jiff::Timestamp;
use pipeline_config::{explain, fingerprint};
use pipeline_sink::absolute_target;

use super::{Beginning, RunError, RunOptions, noted};
use crate::{
    history::{OpenRun, RunOutcome, RunRecord},
    journal::{self, Header, Journal, Keep, Replay},
    plan::{Plan, TablePlan},
    progress::Event,
    spec::DEFAULT_MAX_AGE,
};

/// The journals of all tables of a run.
#[derive(Debug)]
pub(crate) struct Journals {
    /// Whether pages are kept: not where the datasource cannot go on in mid-way, or the user does not want it.
    keeps_pages: bool,
    /// Of each table, whether others go through its rows, which a run that finds it committed needs then.
    has_readers: Vec<bool>,
    config: String,
    paths: Vec<PathBuf>,
    replays: Vec<Option<Replay>>,
    first_run: (String, Timestamp),
    last_run: Option<String>,
}

impl Journals {
    /// Reads what is there; what is of no use is removed, and why is told.
    pub(super) fn open(plan: &Plan, options: &RunOptions, record: &OpenRun) -> Result<Self, RunError> {
        let config = fingerprint([plan.rows_hash.as_str(), &format!("{:?}", options.scope)]);
        let keeps_pages = plan.resume.is_some() && plan.datasource.can_resume();
        let paths: Vec<PathBuf> = plan.tables.iter().map(|table| path(plan, table)).collect();
        let is_read = |table: &TablePlan| {
            let mut sources = plan.tables.iter().filter_map(|other| other.query.for_each());
            sources.any(|each| each.table.value == table.name)
        };
        let mut journals = Self {
            keeps_pages,
            has_readers: plan.tables.iter().map(is_read).collect(),
            config,
            replays: paths
                .iter()
                .map(|path| match options.beginning {
                    // Whatever is there goes.
                    Beginning::Anew => Ok(journal::peek(path).ok().flatten()),
                    _ => journal::peek(path),
                })
                .collect::<Result<_, _>>()?,
            paths,
            first_run: (plan.run_id.clone(), plan.started_at),
            last_run: None,
        };
        let found: Vec<&Replay> = journals.replays.iter().flatten().collect();
        let Some(first) = found.first() else {
            journals.tell_of_no_journal(plan, options, record);
            return Ok(journals);
        };
        let has_committed = journals.may_have_committed(&found);
        if let Some(reason) = journals.why_not((plan, options), &found, record) {
            let n_pages = found.iter().map(|replay| replay.place.n_pages).sum();
            if !has_committed && n_pages > 0 {
                options.observer.on(&Event::Restarted { reason: &reason, pages: n_pages });
            }
            journals.paths.iter().try_for_each(|path| journal::discard(path))?;
            journals.replays.iter_mut().for_each(|replay| *replay = None);
            if !has_committed {
                journals.tell_of_no_journal(plan, options, record);
            }
            return Ok(journals);
        }
        journals.first_run = (first.header.first_run.clone(), first.header.started_at);
        journals.last_run = found.last().and_then(|replay| replay.runs.last().cloned());
        let n_pages = found.iter().map(|replay| replay.place.n_pages).sum();
        let run_id = journals.last_run.as_deref().unwrap_or_default();
        let is_over = has_committed && found.iter().all(|replay| replay.committed.is_some());
        options.observer.on(&match is_over {
            true => Event::Finished { run_id },
            false => Event::Resumed { run_id, pages: n_pages },
        });
        Ok(journals)
    }

    /// Says that an unfinished run is begun anew where its datasource has left nothing to go on with.
    fn tell_of_no_journal(&self, plan: &Plan, options: &RunOptions, record: &OpenRun) {
        let would = plan.resume.is_some() && options.beginning == Beginning::Resume;
        if plan.datasource.can_resume() || !would {
            return;
        }
        let earlier = noted(record.history().runs_before(Some(&plan.name), Some(&plan.run_id), 1));
        let is_unfinished = |run: &&RunRecord| {
            matches!(run.outcome, RunOutcome::Crashed | RunOutcome::Interrupted | RunOutcome::Quota)
        };
        if let Some(run) = earlier.iter().find(is_unfinished) {
            let reason = "this kind of datasource is always read from its beginning";
            options.observer.on(&Event::Reread { run_id: &run.run_id, reason });
        }
    }

    /// Whether every table was about to be committed, or is.
    fn may_have_committed(&self, found: &[&Replay]) -> bool {
        found.len() == self.paths.len() && found.iter().all(is_known)
    }

    /// Why these journals are of no use.
    fn why_not(
        &self,
        (plan, options): (&Plan, &RunOptions),
        found: &[&Replay],
        record: &OpenRun,
    ) -> Option<String> {
        let first = &found.first()?.header;
        let age = plan.started_at.duration_since(first.started_at);
        let max_age = plan.resume.unwrap_or(DEFAULT_MAX_AGE);
        let is_too_old = age.is_negative() || age.unsigned_abs() >= max_age;
        let has_committed = self.may_have_committed(found);
        // A run ends in the history before its journal goes. One that has not ended there is finished here, since its
        // rows would be committed twice otherwise.
        let ended = || found.last().and_then(|replay| record.history().outcome(replay.runs.last()?));
        if has_committed && ended() == Some(RunOutcome::Done) {
            return Some("it was complete".into());
        }
        if !self.keeps_pages && !found.iter().any(is_known) {
            return Some("this pipeline does not resume".into());
        }
        if options.beginning == Beginning::Anew {
            return Some("`--restart` was asked for".into());
        }
        if found.iter().any(|replay| replay.header.config != self.config) {
            return Some(
                "the datasource, query, converter, columns, parameters or what is asked for have changed"
                    .into(),
            );
        }
        if found.iter().any(|replay| replay.header.first_run != first.first_run) {
            return Some("its tables are of different runs".into());
        }
        is_too_old.then(|| {
            format!(
                "it began at {}, more than {} ago (`resume.max_age`)",
                first.started_at,
                humantime::format_duration(max_age)
            )
        })
    }

    /// The run that this one goes on with.
    pub(super) fn last_run(&self) -> Option<&str> {
        self.last_run.as_deref()
    }

    /// The run that asked for the first page, and when that was.
    pub(crate) fn first_run(&self) -> (String, Timestamp) {
        self.first_run.clone()
    }

    /// Whether a table that is not committed goes on after its last page.
    pub(super) fn keeps_pages(&self) -> bool {
        self.keeps_pages
    }

    /// What is there of a table.
    pub(super) fn take(&mut self, position: usize) -> Option<Replay> {
        self.replays.get_mut(position).and_then(Option::take)
    }

    /// Begins the journal of a table, or goes on with it; a run that cannot keep one goes on without.
    pub(super) fn write(
        &self,
        position: usize,
        (replay, state): (Option<&Replay>, Option<&serde_json::Value>),
        run_id: &str,
    ) -> Option<Journal> {
        let path = self.paths.get(position)?;
        let keeps_pages = self.keeps_pages || self.has_readers.get(position) == Some(&true);
        let keep = if keeps_pages { Keep::Pages } else { Keep::Commits };
        let journal = match replay {
            Some(replay) => replay.go_on(run_id, keep),
            None => {
                let header = Header {
                    config: self.config.clone(),
                    first_run: self.first_run.0.clone(),
                    started_at: self.first_run.1,
                    state: state.cloned(),
                };
                Journal::create(path, &header, keep)
            }
        };
        let told = |error| tracing::warn!(error = explain(&error), "this run cannot be resumed");
        journal.map_err(told).ok()
    }

    /// Forgets a table, which is begun anew.
    pub(super) fn discard(&self, position: usize) -> Result<(), RunError> {
        match self.paths.get(position) {
            Some(path) => Ok(journal::discard(path)?),
            None => Ok(()),
        }
    }

    /// All tables are committed.
    pub(super) fn finish(&self) {
        for path in &self.paths {
            // A journal of tables that are all committed is told by the next run, and removed then.
            if let Err(error) = journal::discard(path) {
                tracing::warn!(error = explain(&error), "a journal stays");
            }
        }
    }
}

/// Whether the target of a table may have its rows.
fn is_known(replay: &&Replay) -> bool {
    replay.committed.is_some() || replay.ready.is_some()
}

fn path(plan: &Plan, table: &TablePlan) -> PathBuf {
    let absolute = absolute_target(&table.sink.target());
    let name = fingerprint([plan.name.as_str(), &table.name, &absolute]);
    plan.state.join("journals").join(format!("{name}.journal"))
}
