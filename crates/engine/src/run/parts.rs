//! The pages of a table: those of its query, or of many queries side by side, windows of a split or one per row of
//! another table, whose pages come in the order of the queries.
//!
//! ```text
//! keys, windows ─▶ parts ─▶ up to `n_queries` at once, each a task with a queue ─▶ pages of the first part, of the second …
//! ```
//! Parts whose turn has not come may fill `read_ahead` bytes between them, and then wait. The part whose turn it is
//! never waits for them: two places are kept for its pages.

use std::{collections::VecDeque, sync::Arc};

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use pipeline_datasource::{Ahead, Datasource, DatasourceError, Page};
use pipeline_query::{Query, Values, Window};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio_util::task::AbortOnDropHandle;

use super::{RunError, keys::Keys};

/// Pages in order; after an error there are no more.
pub(crate) type Pages = BoxStream<'static, Result<Page, RunError>>;

/// One query of several.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// Names it in messages.
    label: String,
    values: Arc<Values>,
    /// The row's value, which converters find among the query's parameters.
    each: Option<(String, String)>,
}

/// What a table asks, and whom.
#[derive(Debug, Clone)]
pub(crate) struct Asking {
    pub(crate) datasource: Arc<dyn Datasource>,
    pub(crate) query: Arc<Query>,
    pub(crate) values: Arc<Values>,
}

/// How many pages a part may have waiting however small they are.
const MAX_WAITING_PAGES: usize = 1024;

/// Budgets count in these, so that they fit a semaphore.
const UNIT: u64 = 1024;

impl Asking {
    /// The pages of a table whose query may be split, and may go through `keys`.
    pub(super) fn pages(self, keys: Option<&Keys>) -> Result<Pages, RunError> {
        let windows = self.query.windows(&self.values)?;
        if windows.is_none() && keys.is_none() {
            return Ok(self.datasource.pages(self.query, self.values).map(|page| Ok(page?)).boxed());
        }
        let rows: Box<dyn Iterator<Item = Result<Option<String>, RunError>> + Send> = match keys {
            Some(keys) => Box::new(keys.read()?.map(|key| key.map(Some))),
            None => Box::new(std::iter::once(Ok(None))),
        };
        let asking = self.clone();
        let parts = rows.flat_map(move |key| match key {
            Ok(key) => asking.parts(key.as_deref(), windows.as_deref()).into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        });
        Ok(in_order(self, Box::new(parts)))
    }

    /// The queries for one row; without row and windows the query itself.
    pub(crate) fn parts(&self, key: Option<&str>, windows: Option<&[Window]>) -> Vec<Part> {
        let each = self.query.for_each().zip(key).map(|(each, key)| (each.name.clone(), key.to_owned()));
        let values = match &each {
            Some((name, key)) => Arc::new(self.values.with("each", name, key.as_str())),
            None => Arc::clone(&self.values),
        };
        let label = each.as_ref().map(|(name, key)| format!("`{name}` = `{key}`"));
        let Some(windows) = windows else {
            return vec![Part { label: label.unwrap_or_default(), values, each }];
        };
        let part = |window: &Window| {
            let label: Vec<String> = label.iter().cloned().chain([format!("window {window}")]).collect();
            Part { label: label.join(", "), values: Arc::new(window.values(&values)), each: each.clone() }
        };
        windows.iter().map(part).collect()
    }

    /// The pages of one part.
    pub(crate) fn pages_of(&self, part: Part) -> Pages {
        let pages = Arc::clone(&self.datasource).pages(Arc::clone(&self.query), part.values);
        let named = move |page: Result<Page, DatasourceError>| match page {
            Ok(mut page) => {
                let own =
                    part.each.iter().filter(|(name, _)| !page.params.iter().any(|(known, _)| known == name));
                let own: Vec<_> = own.cloned().collect();
                page.params.extend(own);
                Ok(page)
            }
            Err(source) if part.label.is_empty() => Err(source.into()),
            Err(source) => Err(RunError::Part { part: part.label.clone(), source: source.into() }),
        };
        pages.map(named).boxed()
    }
}

type Parts = Box<dyn Iterator<Item = Result<Part, RunError>> + Send>;

/// What all parts share.
#[derive(Debug, Clone)]
struct Budget {
    /// For pages of any part.
    ahead: Arc<Semaphore>,
    n_units: u32,
    /// For pages of the part whose turn it is.
    now: Arc<Semaphore>,
}

/// A part under way.
struct Running {
    queue: mpsc::Receiver<(Result<Page, RunError>, Option<OwnedSemaphorePermit>)>,
    _task: AbortOnDropHandle<()>,
}

struct Ordered {
    asking: Asking,
    parts: Parts,
    n_most: usize,
    running: VecDeque<Running>,
    budget: Budget,
    /// The number of the part whose pages are next.
    turn: watch::Sender<u64>,
    n_started: u64,
    n_pages: usize,
    /// An error among the parts themselves, told after the pages before it.
    failed: Option<RunError>,
}

fn in_order(asking: Asking, parts: Parts) -> Pages {
    let Ahead { n_queries, bytes } = asking.datasource.ahead();
    let n_units = u32::try_from(bytes / UNIT).unwrap_or(u32::MAX).clamp(1, 1 << 28);
    let ordered = Ordered {
        asking,
        parts,
        n_most: n_queries.max(1),
        running: VecDeque::new(),
        budget: Budget {
            ahead: Arc::new(Semaphore::new(n_units as usize)),
            n_units,
            now: Arc::new(Semaphore::new(2)),
        },
        turn: watch::Sender::new(0),
        n_started: 0,
        n_pages: 0,
        failed: None,
    };
    let step = |mut ordered: Ordered| async move { ordered.page().await.map(|page| (page, ordered)) };
    stream::unfold(ordered, step).boxed()
}

impl Ordered {
    async fn page(&mut self) -> Option<Result<Page, RunError>> {
        loop {
            self.start_more();
            let Some(first) = self.running.front_mut() else {
                return self.failed.take().map(Err);
            };
            // The permit goes with this block: the page has left the queue.
            match first.queue.recv().await {
                Some((Ok(mut page), _permit)) => {
                    page.index = self.n_pages;
                    self.n_pages += 1;
                    return Some(Ok(page));
                }
                Some((Err(error), _)) => {
                    self.running.clear();
                    self.parts = Box::new(std::iter::empty());
                    self.failed = None;
                    return Some(Err(error));
                }
                None => {
                    self.running.pop_front();
                    self.turn.send_modify(|turn| *turn += 1);
                }
            }
        }
    }

    fn start_more(&mut self) {
        while self.running.len() < self.n_most && self.failed.is_none() {
            let part = match self.parts.next() {
                None => return,
                Some(Ok(part)) => part,
                Some(Err(error)) => {
                    self.failed = Some(error);
                    return;
                }
            };
            let (sender, queue) = mpsc::channel(MAX_WAITING_PAGES);
            let waiting =
                Waiting { budget: self.budget.clone(), turn: self.turn.subscribe(), number: self.n_started };
            let pages = self.asking.pages_of(part);
            let task = AbortOnDropHandle::new(tokio::spawn(run_ahead(pages, sender, waiting)));
            self.running.push_back(Running { queue, _task: task });
            self.n_started += 1;
        }
    }
}

/// A part's view of its turn.
struct Waiting {
    budget: Budget,
    turn: watch::Receiver<u64>,
    number: u64,
}

impl Waiting {
    /// Room for a page: within the budget of all, or among the places of the part whose turn it is.
    async fn room(&mut self, page: &Result<Page, RunError>) -> Option<OwnedSemaphorePermit> {
        let bytes = page.as_ref().map_or(0, |page| page.body.len() as u64);
        let n_units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX).clamp(1, self.budget.n_units);
        let number = self.number;
        let (ahead, now) = (Arc::clone(&self.budget.ahead), Arc::clone(&self.budget.now));
        let mine = async {
            // The sender is gone when the run has ended; then there is no turn to wait for.
            self.turn.wait_for(|turn| *turn >= number).await.ok()?;
            now.acquire_owned().await.ok()
        };
        tokio::select! {
            biased;
            permit = ahead.acquire_many_owned(n_units) => permit.ok(),
            permit = mine => permit,
        }
    }
}

async fn run_ahead(
    mut pages: Pages,
    queue: mpsc::Sender<(Result<Page, RunError>, Option<OwnedSemaphorePermit>)>,
    mut waiting: Waiting,
) {
    while let Some(page) = pages.next().await {
        let permit = waiting.room(&page).await;
        if queue.send((page, permit)).await.is_err() {
            return;
        }
    }
}
