//! The pages of a table: those of its query, or of many queries side by side, windows of a split or one per row of
//! another table, whose pages come in the order of the queries.
//!
//! ```text
//! keys, windows ─▶ parts ─▶ up to `n_queries` at once, each a task with a queue ─▶ pages of the first part, of the second …
//! ```
//! Parts whose turn has not come may fill `read_ahead` bytes between them, and then wait. The part whose turn it is
//! never waits for them: two places are kept for its pages.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use pipeline_datasource::{Ahead, Datasource, DatasourceError, Page};
use pipeline_query::{PageMark, PaginationError, Position, Query, Values, Window};
use serde::{Deserialize, Serialize};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use super::{RunError, borders::Borders, keys::Keys};
use crate::{journal::Resumption, summary::Incomplete};

/// Pages in order; after an error there are no more.
pub(crate) type Pages = BoxStream<'static, Result<Fetched, RunError>>;

/// The pages of one query.
pub(crate) type PartPages = BoxStream<'static, Result<Page, RunError>>;

/// The values of one window of an incremental query, and the windows that `split` cuts it into.
type Asked = (Arc<Values>, Option<Vec<Window>>);

/// A page, and where it is in its table.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) page: Page,
    /// Which of the table's queries, from 0.
    part: u64,
    /// Which of that query's pages, from 0.
    index: u64,
}

/// One query of several.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Part {
    /// Names it in messages.
    label: String,
    values: Arc<Values>,
    /// The row's value, which converters find among the query's parameters.
    each: Option<(String, String)>,
    /// Where to begin, and how many of its pages came before.
    pub(crate) start: Option<(Position, u64)>,
    /// What is known of those pages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) marks: Vec<PageMark>,
}

/// What a table asks, and whom.
#[derive(Debug, Clone)]
pub(crate) struct FetchPlan {
    pub(crate) datasource: Arc<dyn Datasource>,
    pub(crate) query: Arc<Query>,
    /// Of each window of an incremental query; one for others.
    pub(crate) values: Vec<Arc<Values>>,
}

/// How many pages a part may have waiting however small they are.
const MAX_WAITING_PAGES: usize = 1024;

/// Budgets count in these, so that they fit a semaphore.
const UNIT: u64 = 1024;

impl Fetched {
    /// Where to go on after this page.
    pub(crate) fn place(&self) -> Resumption {
        let n_pages = self.page.index as u64 + 1;
        Resumption {
            mark: self.page.mark.clone(),
            doubt: self.page.doubt.as_ref().map(Incomplete::of),
            ..Resumption::after(n_pages, (self.part, self.index), self.page.next.clone())
        }
    }
}

impl Part {
    /// Before what is said of it; nothing where it is the only one.
    pub(super) fn prefix(&self) -> String {
        if self.label.is_empty() { String::new() } else { format!("{}: ", self.label) }
    }
}

impl FetchPlan {
    /// The pages of a table whose query may be split, and may go through `keys`, from `start` on.
    pub(crate) fn pages(self, keys: Option<&Keys>, start: Resumption) -> Result<Pages, RunError> {
        let windows = self.windows()?;
        if let ([(values, None)], None) = (windows.as_slice(), keys) {
            return Ok(self.single(Arc::clone(values), start));
        }
        let at = (start.part, start.n_pages);
        let parts = self.parts_of_all(windows, keys, start)?;
        Ok(in_order(self, parts, at))
    }

    /// The queries of such a table from `start` on, which is in the middle of the first one.
    pub(super) fn parts_from(&self, keys: Option<&Keys>, start: Resumption) -> Result<Parts, RunError> {
        self.parts_of_all(self.windows()?, keys, start)
    }

    fn parts_of_all(
        &self,
        windows: Vec<Asked>,
        keys: Option<&Keys>,
        start: Resumption,
    ) -> Result<Parts, RunError> {
        let rows: Box<dyn Iterator<Item = Result<Option<String>, RunError>> + Send> = match keys {
            Some(keys) => Box::new(keys.read()?.map(|key| key.map(Some))),
            None => Box::new(std::iter::once(Ok(None))),
        };
        let fetch_plan = self.clone();
        let parts = rows.flat_map(move |key| match key {
            Ok(key) => fetch_plan.parts_of(key.as_deref(), &windows).into_iter().map(Ok).collect(),
            Err(error) => vec![Err(error)],
        });
        let (mut position, mut marks) = (start.position, start.marks);
        let from_there = parts.skip(usize::try_from(start.part).unwrap_or(usize::MAX)).map(move |part| {
            let (start, marks) = (position.take(), std::mem::take(&mut marks));
            part.map(|part| Part { start, marks, ..part })
        });
        Ok(Box::new(from_there))
    }

    /// The pages of a query that is asked once.
    fn single(&self, values: Arc<Values>, start: Resumption) -> Pages {
        if start.part > 0 {
            return stream::empty().boxed();
        }
        let (position, marks) = (start.position, start.marks);
        let part = Part { label: String::new(), values, each: None, start: position, marks };
        let fetched = |page: Page| Fetched { index: page.index as u64, part: 0, page };
        self.pages_of(part).map(move |page| page.map(fetched)).boxed()
    }

    /// The values and the split of each window of an incremental query.
    fn windows(&self) -> Result<Vec<Asked>, RunError> {
        let windows = |values: &Arc<Values>| Ok((Arc::clone(values), self.query.windows(values)?));
        self.values.iter().map(windows).collect()
    }

    /// How many queries there are without rows of another table, or for each of them.
    pub(super) fn n_windows(&self) -> Result<u64, RunError> {
        let windows = self.windows()?;
        Ok(windows
            .iter()
            .map(|(_, windows)| windows.as_ref().map_or(1, |windows| windows.len() as u64))
            .sum())
    }

    /// The first query, of one that goes through rows for this one.
    pub(crate) fn first_part(&self, key: Option<&str>) -> Result<Part, RunError> {
        self.parts_of(key, &self.windows()?).into_iter().next().ok_or(RunError::NoPage)
    }

    fn parts_of(&self, key: Option<&str>, windows: &[Asked]) -> Vec<Part> {
        windows.iter().flat_map(|(values, windows)| self.parts(key, values, windows.as_deref())).collect()
    }

    /// The queries for one row; without row and windows the query itself.
    fn parts(&self, key: Option<&str>, values: &Arc<Values>, windows: Option<&[Window]>) -> Vec<Part> {
        let each = self.query.for_each().zip(key).map(|(each, key)| (each.name.clone(), key.to_owned()));
        let values = match &each {
            Some((name, key)) => Arc::new(values.with("each", name, key.as_str())),
            None => Arc::clone(values),
        };
        let label = each.as_ref().map(|(name, key)| format!("`{name}` = `{key}`"));
        let Some(windows) = windows else {
            let label = label.unwrap_or_default();
            return vec![Part { label, values, each, start: None, marks: Vec::new() }];
        };
        let part = |window: &Window| {
            let label: Vec<String> = label.iter().cloned().chain([format!("window {window}")]).collect();
            let values = Arc::new(window.values(&values));
            Part { label: label.join(", "), values, each: each.clone(), start: None, marks: Vec::new() }
        };
        windows.iter().map(part).collect()
    }

    /// The pages of one part.
    pub(crate) fn pages_of(&self, part: Part) -> PartPages {
        let query = match &part.start {
            Some((position, n_pages)) => {
                Arc::new(self.query.starting_at(position.clone(), *n_pages).after(part.marks))
            }
            None => Arc::clone(&self.query),
        };
        let pages = Arc::clone(&self.datasource).pages(query, part.values);
        let named = move |page: Result<Page, DatasourceError>| match page {
            Ok(mut page) => {
                let own =
                    part.each.iter().filter(|(name, _)| !page.params.iter().any(|(known, _)| known == name));
                let own: Vec<_> = own.cloned().collect();
                page.params.extend(own);
                if let Some(doubt) = page.doubt.as_mut().filter(|_| !part.label.is_empty()) {
                    doubt.problem = format!("{}: {}", part.label, doubt.problem);
                }
                if let Some(mark) = page.mark.as_mut().filter(|_| !part.label.is_empty()) {
                    mark.name_query(&part.label);
                }
                Ok(page)
            }
            Err(source) if part.label.is_empty() => Err(source.into()),
            Err(source) => Err(RunError::Part { part: part.label.clone(), source: source.into() }),
        };
        pages.map(named).boxed()
    }
}

/// The queries of a table; none after an error.
pub(crate) type Parts = Box<dyn Iterator<Item = Result<Part, RunError>> + Send>;

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
    number: u64,
    label: String,
    queue: mpsc::Receiver<(Result<Page, RunError>, Option<OwnedSemaphorePermit>)>,
    _task: AbortOnDropHandle<()>,
}

struct Ordered {
    fetch_plan: FetchPlan,
    parts: Parts,
    n_most: usize,
    running: VecDeque<Running>,
    budget: Budget,
    /// The number of the part whose pages are next.
    turn: watch::Sender<u64>,
    n_started: u64,
    n_pages: u64,
    /// The part by the hash of each page's records, where parts must differ.
    seen: HashMap<u64, u64>,
    /// The records at both ends of the last windows.
    borders: Borders,
    /// An error among the parts themselves, told after the pages before it.
    failed: Option<RunError>,
}

fn in_order(fetch_plan: FetchPlan, parts: Parts, (part, n_pages): (u64, u64)) -> Pages {
    let Ahead { n_queries, bytes } = fetch_plan.datasource.ahead();
    let n_units = u32::try_from(bytes / UNIT).unwrap_or(u32::MAX).clamp(1, 1 << 28);
    let ordered = Ordered {
        fetch_plan,
        parts,
        n_most: n_queries.max(1),
        running: VecDeque::new(),
        budget: Budget {
            ahead: Arc::new(Semaphore::new(n_units as usize)),
            n_units,
            now: Arc::new(Semaphore::new(2)),
        },
        turn: watch::Sender::new(part),
        n_started: part,
        n_pages,
        seen: HashMap::new(),
        borders: Borders::default(),
        failed: None,
    };
    let step = |mut ordered: Ordered| async move { ordered.page().await.map(|page| (page, ordered)) };
    stream::unfold(ordered, step).boxed()
}

impl Ordered {
    async fn page(&mut self) -> Option<Result<Fetched, RunError>> {
        loop {
            self.start_more();
            let Some(first) = self.running.front_mut() else {
                return self.failed.take().map(Err);
            };
            // The permit goes with this block: the page has left the queue.
            match first.queue.recv().await {
                Some((Ok(mut page), _permit)) => {
                    let (part, index) = (first.number, page.index as u64);
                    let label = first.label.clone();
                    if self.fetch_plan.query.has_distinct_windows()
                        && let Some(mark) = &mut page.mark
                    {
                        self.borders.look_at(part, mark, &label);
                    }
                    if let Some(error) = self.repeated(&page, (part, label)) {
                        self.running.clear();
                        self.parts = Box::new(std::iter::empty());
                        self.failed = None;
                        return Some(Err(error));
                    }
                    page.index = usize::try_from(self.n_pages).unwrap_or(usize::MAX);
                    self.n_pages += 1;
                    return Some(Ok(Fetched { page, part, index }));
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

    /// The error for a window that has the records of an earlier one: the server passes over the window.
    fn repeated(&mut self, page: &Page, (part, label): (u64, String)) -> Option<RunError> {
        let records =
            page.mark.as_ref()?.values().filter(|_| self.fetch_plan.query.has_distinct_windows())?;
        let earlier = *self.seen.entry(records).or_insert(part);
        (earlier != part).then(|| {
            let source = PaginationError::Contradiction {
                problem: "the page has the same records as a page of an earlier window: the server may not know the \
                          parameter that takes `${split.…}`"
                    .into(),
                help: "look up what the API calls it; write `same_page: follow` in `query` if windows may have equal \
                       pages"
                    .into(),
            };
            let place = page.url.clone();
            let source = DatasourceError::Pagination { page: page.index, place, source };
            RunError::Part { part: label, source: source.into() }
        })
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
            let label = part.label.clone();
            let pages = self.fetch_plan.pages_of(part);
            let task =
                AbortOnDropHandle::new(tokio::spawn(run_ahead(pages, sender, waiting).in_current_span()));
            self.running.push_back(Running { number: self.n_started, label, queue, _task: task });
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
    mut pages: PartPages,
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
