//! What lies before the author: a plan, a page, its table.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use pipeline_authoring::{
    Difference, JsonRows, PageCache, StoredPage, compare, convert_stored, doubt_of, first_clean_page,
    table_converter,
};
use pipeline_engine::{Incomplete, Plan, Silent};
use pipeline_table::Batch;

use super::{
    keys::Key,
    view::{self, View},
};
use crate::{Failure, Session, args::DevArgs, session::RuntimeContext, terminal};

/// Why there is work to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    Start,
    Saved,
    Refetch,
    OtherTable,
}

/// Everything that is shown, and what it is made from.
pub(super) struct Desk<'s> {
    session: &'s Session,
    args: &'s DevArgs,
    runtime: RuntimeContext,
    cache: PageCache,
    /// Counts up; the tables are taken in turn.
    table: Option<usize>,
    page: Option<KeptPage>,
    /// The last rows that could be had, and of which table.
    earlier: Option<(String, JsonRows)>,
    pub(super) state: State,
    pub(super) view: View,
    /// Where the page in the browser is.
    pub(super) url: Option<String>,
}

/// A page and where it came from.
pub(super) struct KeptPage {
    key: String,
    pub(super) page: StoredPage,
    pub(super) fetched_at: Timestamp,
    pub(super) is_cached: bool,
}

/// What came of the last save.
pub(super) enum State {
    Nothing,
    Failed(String),
    Table(Box<Shown>),
}

/// A table, and how it came about.
pub(super) struct Shown {
    pub(super) name: String,
    pub(super) batch: Batch,
    /// Why a run would miss rows, or end with an error.
    pub(super) doubt: Option<Incomplete>,
    /// Since the last save; `None` when there is nothing to compare with.
    pub(super) differences: Option<Vec<Difference>>,
    pub(super) elapsed: Elapsed,
}

/// Where the time went.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elapsed {
    pub(super) load: Duration,
    pub(super) page: Duration,
    pub(super) convert: Duration,
}

impl<'s> Desk<'s> {
    pub(super) fn new(
        session: &'s Session,
        args: &'s DevArgs,
        runtime: RuntimeContext,
    ) -> Result<Self, Failure> {
        let cache = PageCache::new(session.cache()?.join("dev"));
        let (state, view) = (State::Nothing, View::new(args.rows));
        Ok(Self {
            session,
            args,
            runtime,
            cache,
            table: None,
            page: None,
            earlier: None,
            state,
            view,
            url: None,
        })
    }

    pub(super) fn runtime(&self) -> &RuntimeContext {
        &self.runtime
    }

    /// Reads the files, takes the page, makes the table. Dropped in the middle, it has changed nothing that is shown.
    pub(super) async fn work(&mut self, why: Why) {
        self.state = match self.make(why).await {
            Ok(shown) => State::Table(Box::new(shown)),
            Err(failure) => State::Failed(failure.message().to_owned()),
        };
        if why != Why::Saved {
            self.view.rewind();
        }
    }

    /// What a key changes at once; some work to do instead, where that is what it asks for.
    pub(super) fn press(&mut self, key: Key) -> Option<Why> {
        match key {
            Key::Refetch => return Some(Why::Refetch),
            Key::NextTable => {
                self.table = Some(self.table.unwrap_or_default() + 1);
                return Some(Why::OtherTable);
            }
            Key::NextRows => self.view.next(),
            Key::PreviousRows => self.view.previous(),
            Key::Json => self.view.turn(),
            Key::Quit | Key::Page => {}
        }
        None
    }

    /// Prints it, in place of what was there on a terminal.
    pub(super) fn show(&mut self) -> Result<(), Failure> {
        let mut text = view::render(self.args, &self.state, self.page.as_ref(), &mut self.view);
        // Rows are data, in which an everyday word stays although it is a password too, as in those of `run`.
        text = match &self.state {
            State::Table(_) => self.session.redactor.redact_content(&text).into_owned(),
            _ => self.session.redactor.redact(&text).into_owned(),
        };
        // Behind everything that is redacted: the token in it is for whoever is here. A file has it once.
        if let Some(url) = &self.url {
            text.push_str(&format!("\nin the browser: {url}"));
        }
        if !terminal::is_stdout_terminal() {
            self.url = None;
        }
        self.session.terminal.show_anew(text)?;
        Ok(())
    }

    async fn make(&mut self, why: Why) -> Result<Shown, Failure> {
        let started = Instant::now();
        let plan = self.session.load(&self.args.pipeline, &self.runtime, Arc::new(Silent))?;
        let table = self.choose(&plan)?;
        let load = started.elapsed();
        self.take_page(&plan, table, why).await?;
        let page = started.elapsed() - load;
        let Some(kept) = &self.page else { return Err(Failure::usage("the datasource gave no page")) };
        let table = &plan.tables[table];
        let batch = convert_stored(&mut table_converter(&plan, table), &kept.page).await?;
        let rows = JsonRows::of(&batch)?;
        let earlier = self.earlier.take().filter(|(name, _)| *name == table.name && why == Why::Saved);
        let differences = earlier.map(|(_, earlier)| compare(&earlier, &rows));
        self.earlier = Some((table.name.clone(), rows));
        let elapsed = Elapsed { load, page, convert: started.elapsed() - load - page };
        let doubt = doubt_of(table, &kept.page);
        Ok(Shown { name: table.name.clone(), batch, doubt, differences, elapsed })
    }

    fn choose(&mut self, plan: &Plan) -> Result<usize, Failure> {
        if let (None, Some(name)) = (self.table, &self.args.table) {
            let found = plan.tables.iter().position(|table| table.name == *name);
            self.table = Some(found.ok_or_else(|| {
                let known: Vec<&str> = plan.tables.iter().map(|table| table.name.as_str()).collect();
                Failure::usage(format!(
                    "there is no table `{name}`; {}",
                    pipeline_config::known_names(name, known)
                ))
            })?);
        }
        Ok(self.table.unwrap_or_default() % plan.tables.len().max(1))
    }

    /// From memory, from the cache, or from the server.
    async fn take_page(&mut self, plan: &Plan, table: usize, why: Why) -> Result<(), Failure> {
        let args = &self.args.pipeline;
        let table = &plan.tables[table];
        let key = PageCache::key(&args.file, plan, table, &self.runtime.place());
        if why != Why::Refetch {
            if self.page.as_ref().is_some_and(|kept| kept.key == key) {
                return Ok(());
            }
            if let Some((page, fetched_at)) = self.cache.get(&key) {
                self.page = Some(KeptPage { key, page, fetched_at, is_cached: true });
                return Ok(());
            }
        }
        let page = first_clean_page(plan, table).await?;
        let page = page.ok_or_else(|| Failure::usage("the datasource gave no page"))?;
        self.cache.put(&key, &page)?;
        self.page = Some(KeptPage { key, page, fetched_at: Timestamp::now(), is_cached: false });
        Ok(())
    }
}
