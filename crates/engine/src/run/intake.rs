//! Takes the rows of each page, in page order: journal, keys, cursor, checks, sink.

use std::{collections::BTreeMap, sync::Arc};

use pipeline_config::explain;
use pipeline_history::{OpenRun, PageCount};
use pipeline_query::PageMark;
use pipeline_sink::RunWriter;
use pipeline_table::{Batch, Probes};

use super::{RunError, alike::Alike, exact::count_rounded, keys::KeyCollector, presence::Presence};
use crate::{
    incremental::Watermark,
    journal::{Journal, Resumption},
    progress::{Event, Observer},
    summary::Incomplete,
};

/// Pages whose counts wait until they are written down together.
const MAX_WAITING: usize = 512;

/// Where a page comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// The server.
    Fetched,
    /// The journal of an earlier run, where its record begins at this byte.
    Journal(u64),
}

/// Where the rows of one table arrive.
#[derive(Debug)]
pub(super) struct RowIntake {
    pub(super) table: String,
    pub(super) writer: RunWriter,
    pub(super) journal: Option<Journal>,
    pub(super) keys: Vec<KeyCollector>,
    pub(super) watermark: Option<Watermark>,
    pub(super) probes: Probes,
    pub(super) record: Arc<OpenRun>,
    pub(super) observer: Arc<dyn Observer>,
    pub(super) counts: Counts,
    /// For each column how many whole numbers beyond 2^53 came as doubles.
    pub(super) rounded: BTreeMap<String, u64>,
    pub(super) presence: Presence,
    pub(super) waiting: Vec<PageCount>,
    /// Why rows may be missing, of the first query that says so, and how many say so.
    pub(super) doubt: Option<(Incomplete, u64)>,
    /// Where the table goes through the rows of another one.
    pub(super) alike: Option<Alike>,
    /// Whether `max_pages` has ended pages that go on.
    pub(super) is_cut: bool,
    /// What is to be said of the first records that came twice, and how many others there are.
    pub(super) doubled: Option<(String, u64)>,
    /// What is to be said of lists within records that are cut.
    pub(super) cut_lists: Vec<String>,
}

/// What has come so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) pages: u64,
    pub(crate) resumed_pages: u64,
    /// Rows that the converter returned.
    pub(crate) returned: u64,
    pub(crate) rejected: u64,
    /// Rows that an earlier run had written.
    pub(crate) discarded: u64,
}

impl RowIntake {
    /// Takes one page; `place` is where to go on after it.
    pub(super) fn take(&mut self, place: &Resumption, batch: Batch, origin: Origin) -> Result<(), RunError> {
        if origin == Origin::Fetched
            && let Some(journal) = &mut self.journal
            && let Err(error) = journal.page(place, &batch)
        {
            // The run itself can go on; only the next one could not.
            tracing::warn!(error = explain(&error), "this run cannot be resumed");
            self.journal = None;
        }
        let accepted = self.accept(place, batch, origin);
        if let Err(error) = &accepted
            && error.is_of_rows()
        {
            self.forget(origin);
        }
        accepted
    }

    /// A page whose rows are refused is not done: the next run asks for it again.
    fn forget(&mut self, origin: Origin) {
        let Some(journal) = &mut self.journal else { return };
        let forgotten = match origin {
            Origin::Fetched => journal.take_back(),
            Origin::Journal(at) => journal.cut(at),
        };
        if let Err(error) = forgotten {
            tracing::warn!(
                error = explain(&error),
                "the refused page stays in the journal; `--restart` begins at the first page"
            );
        }
    }

    fn accept(&mut self, place: &Resumption, batch: Batch, origin: Origin) -> Result<(), RunError> {
        if let Some(doubt) = &place.doubt {
            self.doubt.get_or_insert_with(|| (doubt.clone(), 0)).1 += 1;
        }
        self.is_cut |= place.mark.as_ref().is_some_and(PageMark::is_cut);
        if let Some(mark) = &place.mark
            && let Some(warning) = mark.warning()
        {
            match &mut self.doubled {
                Some((_, n_others)) => *n_others += mark.n_doubled(),
                None => self.doubled = Some((warning.to_owned(), 0)),
            }
        }
        let page = place.n_pages.saturating_sub(1);
        let (returned, rejected) = (batch.n_returned() as u64, batch.outcome().rejected.len() as u64);
        if let Some(alike) = &mut self.alike {
            alike.add(place, returned);
        }
        self.presence.add(&batch);
        self.keys.iter_mut().try_for_each(|keys| keys.add(&batch))?;
        count_rounded(&mut self.rounded, batch.outcome());
        let n_rows = batch.n_rows();
        let batch = match &mut self.watermark {
            Some(watermark) => watermark.add(page as usize, batch)?,
            None => batch,
        };
        let discarded = (n_rows - batch.n_rows()) as u64;
        self.probes.add(page as usize, &batch)?;
        let rows = batch.n_rows() as u64;
        self.writer.write(batch)?;
        self.counts.pages += 1;
        self.counts.resumed_pages += u64::from(origin != Origin::Fetched);
        self.counts.returned += returned;
        self.counts.rejected += rejected;
        self.counts.discarded += discarded;
        self.waiting.push(PageCount { page, returned, rejected });
        if self.waiting.len() >= MAX_WAITING {
            self.write_down();
        }
        self.observer.on(&Event::PageWritten { rows });
        Ok(())
    }

    /// Writes the counts of the last pages into the history.
    pub(super) fn write_down(&mut self) {
        // Talk about the run, not the run itself.
        if let Err(error) = self.record.pages(&self.table, &self.waiting) {
            tracing::warn!(error = explain(&error), "rows per page are not in the history");
        }
        self.waiting.clear();
    }

    /// Why rows may be missing.
    pub(super) fn incomplete(&mut self) -> Option<Incomplete> {
        let alike = self.alike.as_mut().and_then(Alike::doubt);
        let (first, n_queries) = self.doubt.take().or_else(|| Some((alike?, 1)))?;
        let reason = match n_queries {
            1 => first.reason,
            n => format!("{}; and {} more of its queries say so", first.reason, n - 1),
        };
        Some(Incomplete { reason, ..first })
    }

    /// What is to be said of records that came twice.
    pub(super) fn doubled(&mut self) -> Option<String> {
        self.doubled.take().map(|(first, n)| match n {
            0 => first,
            n => format!("{first}; and {n} more records came twice"),
        })
    }

    /// Every row that was returned must have gone somewhere.
    pub(super) fn reconcile(&self, n_fetched: u64) -> Result<(), RunError> {
        let Counts { pages, resumed_pages, returned, rejected, discarded } = self.counts;
        let written = self.writer.n_rows();
        let in_rejects = self.writer.rejected().map_or(0, |(rows, _)| rows);
        if pages != n_fetched + resumed_pages {
            return Err(RunError::Counts {
                problem: format!("{n_fetched} pages were fetched, {pages} converted"),
            });
        }
        if returned != written + rejected + discarded || rejected != in_rejects {
            let problem = format!(
                "{returned} rows were returned; {written} were written, {rejected} rejected, {discarded} discarded"
            );
            return Err(RunError::Counts { problem });
        }
        Ok(())
    }
}
