//! Sends parts out in waves, and brings what comes back into the order of the pages.

use std::collections::{BTreeMap, VecDeque};

use futures::{StreamExt, TryStreamExt, stream};
use pipeline_table::{Batch, DeclaredColumns};
use pipeline_transport::StatsSnapshot;
use tokio::sync::{mpsc, oneshot};

use super::{
    Assignment, Cluster, ClusterError, ClusterJob, Content, Deliveries, Delivery, PageHead, PartOrder, Work,
};
use crate::{
    journal::Resumption,
    plan::TablePlan,
    progress::Event,
    run::{Context, PageTicket, Part, Parts, RunError},
};

/// Parts that go out together: enough to keep a cluster busy, and few enough that what they bring fits the disks of
/// executors.
const WAVE: usize = 64;
/// Waves under way, so that executors have work while one is read.
const N_WAVES: usize = 2;
/// How often a wave goes out before the run gives up.
const MAX_ATTEMPTS: u32 = 3;

/// What came of a table's parts.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FetchStats {
    pub(crate) n_pages: u64,
    pub(crate) stats: StatsSnapshot,
}

impl FetchStats {
    /// So many pages, which this process has asked for itself.
    pub(crate) fn here(n_pages: u64) -> Self {
        Self { n_pages, ..Self::default() }
    }
}

/// Has all parts from `start` on done by a cluster, and gives the writer what comes back, in the order of the parts.
pub(crate) async fn feed(
    context: &Context<'_>,
    (cluster, table, columns): (&dyn Cluster, &TablePlan, &DeclaredColumns),
    (parts, start): (Parts, Resumption),
    tickets: &mpsc::Sender<PageTicket>,
) -> FetchStats {
    let mut feeding = Feeding { context, tickets, n_pages: start.n_pages, fed: FetchStats::default() };
    let job = match open(context, cluster, (table, columns)) {
        Ok(job) => job,
        Err(error) => {
            feeding.fail(error).await;
            return feeding.fed;
        }
    };
    let numbered = parts.enumerate().map(|(index, part)| (start.part + index as u64, part));
    let waves = stream::iter(waves(numbered)).map(|wave| Wave::begin(&*job, wave)).buffered(N_WAVES);
    let mut waves = std::pin::pin!(waves);
    while let Some(wave) = waves.next().await {
        if feeding.take(&*job, wave).await.is_none() {
            break;
        }
    }
    feeding.fed
}

fn open(
    context: &Context<'_>,
    cluster: &dyn Cluster,
    (table, columns): (&TablePlan, &DeclaredColumns),
) -> Result<Box<dyn ClusterJob>, RunError> {
    let plan = context.plan;
    let shared = plan.datasource.shared().ok_or_else(|| RunError::Scope {
        problem: "this kind of datasource is for this machine alone; run it without `--cluster`".into(),
    })?;
    let run = context.journals.first_run();
    let assignment = Assignment::new(&plan.origin, run, (&table.name, columns));
    Ok(cluster.open(Work { assignment, shared }))
}

/// Parts in groups; one that cannot be known ends them.
fn waves(
    parts: impl Iterator<Item = (u64, Result<Part, RunError>)>,
) -> impl Iterator<Item = Result<VecDeque<PartOrder>, RunError>> {
    let mut parts = parts.fuse();
    let mut failed = None;
    std::iter::from_fn(move || {
        if let Some(error) = failed.take() {
            return Some(Err(error));
        }
        let mut wave = VecDeque::new();
        for (number, part) in parts.by_ref().take(WAVE) {
            match part {
                Ok(part) => wave.push_back(PartOrder { number, part }),
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        if wave.is_empty() { failed.take().map(Err) } else { Some(Ok(wave)) }
    })
}

/// Parts that are out together.
struct Wave {
    /// Those that are not at their end, in order; the first one from where its last page has ended.
    rest: VecDeque<PartOrder>,
    deliveries: Option<Deliveries>,
    /// What has come before its turn.
    early: BTreeMap<u64, VecDeque<Delivery>>,
    n_attempts: u32,
    /// What executors say that they have sent and received, whenever they say it.
    stats: StatsSnapshot,
}

impl Wave {
    async fn begin(
        job: &dyn ClusterJob,
        parts: Result<VecDeque<PartOrder>, RunError>,
    ) -> Result<Self, RunError> {
        let (early, stats) = (BTreeMap::new(), StatsSnapshot::default());
        let mut wave = Self { rest: parts?, deliveries: None, early, n_attempts: 0, stats };
        wave.send(job).await?;
        Ok(wave)
    }

    /// Sends out what is left of it.
    async fn send(&mut self, job: &dyn ClusterJob) -> Result<(), RunError> {
        loop {
            self.n_attempts += 1;
            match job.run(self.rest.iter().cloned().collect()).await {
                Ok(deliveries) => {
                    self.deliveries = Some(deliveries);
                    return Ok(());
                }
                Err(error) if self.n_attempts >= MAX_ATTEMPTS => return Err(error.into()),
                Err(error) => tracing::warn!(%error, "{} parts go out once more", self.rest.len()),
            }
        }
    }

    /// What comes next of the first part that is not at its end; `None` when all are.
    async fn next(&mut self, job: &dyn ClusterJob) -> Result<Option<Delivery>, RunError> {
        loop {
            let Some(first) = self.rest.front().map(|order| order.number) else {
                return Ok(self.last_words().await);
            };
            if let Some(delivery) = self.early.get_mut(&first).and_then(VecDeque::pop_front) {
                return Ok(Some(delivery));
            }
            match self.arrival().await {
                // That an earlier part has ended is told after its last page.
                Ok(Some(delivery)) if delivery.part <= first => return Ok(Some(delivery)),
                Ok(Some(delivery)) => self.early.entry(delivery.part).or_default().push_back(delivery),
                // An executor is gone that had what others have not; its parts go on where they have ended.
                lost => {
                    if let Err(error) = lost {
                        tracing::warn!(%error, "{} parts go out once more", self.rest.len());
                    }
                    self.early.clear();
                    if self.n_attempts >= MAX_ATTEMPTS {
                        return Err(ClusterError("parts do not come back".into()).into());
                    }
                    self.send(job).await?;
                }
            }
        }
    }

    /// What there is to be known of parts that have come to their end; that it is lost changes nothing.
    async fn last_words(&mut self) -> Option<Delivery> {
        self.arrival().await.ok().flatten()
    }

    /// What comes next of any part.
    async fn arrival(&mut self) -> Result<Option<Delivery>, ClusterError> {
        let Some(deliveries) = &mut self.deliveries else { return Ok(None) };
        let delivery = deliveries.try_next().await?;
        if let Some(Content::End { stats }) = delivery.as_ref().map(|delivery| &delivery.content) {
            self.stats = self.stats + *stats;
        }
        Ok(delivery)
    }

    /// The first part has come up to the end of this page, which may be its last one.
    fn passed(&mut self, head: &PageHead) {
        match (self.rest.front_mut(), &head.next) {
            (Some(order), Some(next)) => {
                order.part.start = Some((next.clone(), head.index + 1));
                order.part.marks.extend(head.mark.clone());
            }
            _ => drop(self.rest.pop_front()),
        }
    }

    /// A part has come to its end; one that has no page at all is known to by this alone.
    fn ended(&mut self, part: u64) {
        if self.rest.front().is_some_and(|order| order.number == part) {
            self.rest.pop_front();
        }
    }
}

struct Feeding<'f, 'r> {
    context: &'f Context<'r>,
    tickets: &'f mpsc::Sender<PageTicket>,
    n_pages: u64,
    fed: FetchStats,
}

impl Feeding<'_, '_> {
    /// All of a wave; `None` when the run is at its end.
    async fn take(&mut self, job: &dyn ClusterJob, wave: Result<Wave, RunError>) -> Option<()> {
        let mut wave = match wave {
            Ok(wave) => wave,
            Err(error) => return self.fail(error).await,
        };
        loop {
            let Delivery { part, content, rows } = match wave.next(job).await {
                Ok(None) => {
                    self.fed.stats = self.fed.stats + wave.stats;
                    return Some(());
                }
                Ok(Some(delivery)) => delivery,
                Err(error) => return self.fail(error).await,
            };
            match content {
                Content::Page(head) => {
                    let batch = match Batch::from_ipc(rows) {
                        Ok(batch) => batch,
                        Err(error) => return self.fail(error.into()).await,
                    };
                    wave.passed(&head);
                    self.page(part, *head, batch).await?;
                }
                Content::End { .. } => wave.ended(part),
                Content::Failed(error) => return self.fail(error.into()).await,
            }
        }
    }

    async fn page(&mut self, part: u64, head: PageHead, batch: Batch) -> Option<()> {
        self.n_pages += 1;
        self.fed.n_pages += 1;
        let event = Event::PageFetched { bytes: head.bytes, total: head.total };
        self.context.options.observer.on(&event);
        let (mark, doubt) = (head.mark, head.doubt);
        let after = Resumption::after(self.n_pages, (part, head.index), head.next);
        let place = Resumption { mark, doubt, ..after };
        self.send(place, Ok(batch)).await
    }

    async fn fail(&mut self, error: RunError) -> Option<()> {
        self.send(Resumption::default(), Err(error)).await;
        None
    }

    /// `None` when nobody listens: the writer has failed, and its error is the one to tell.
    async fn send(&self, place: Resumption, result: Result<Batch, RunError>) -> Option<()> {
        let (answer, rows) = oneshot::channel();
        // It is received, or nobody wants it.
        let _ = answer.send(result);
        self.tickets.send(PageTicket { place, rows }).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;
    use futures::FutureExt;
    use pipeline_query::Position;
    use serde_json::json;

    use super::*;

    /// Answers each call with the next of these, and remembers what it was asked for.
    struct Scripted {
        answers: Mutex<VecDeque<Vec<Result<Delivery, ClusterError>>>>,
        orders: Mutex<Vec<serde_json::Value>>,
    }

    #[async_trait]
    impl ClusterJob for Scripted {
        async fn run(&self, parts: Vec<PartOrder>) -> Result<Deliveries, ClusterError> {
            let orders = parts.iter().map(|part| json!([part.number, part.part.start])).collect();
            self.orders.lock().unwrap().push(orders);
            let answer = self.answers.lock().unwrap().pop_front().unwrap();
            Ok(stream::iter(answer).boxed())
        }
    }

    fn order(number: u64) -> PartOrder {
        let part = json!({ "label": "", "values": { "list": [], "bare": [] }, "each": null, "start": null });
        serde_json::from_value(json!({ "number": number, "part": part })).unwrap()
    }

    fn page(part: u64, index: u64, next: Option<&str>) -> Result<Delivery, ClusterError> {
        let next = next.map(|next| Position::Cursor(next.into()));
        let content =
            Content::Page(Box::new(PageHead { index, next, bytes: 1, total: None, mark: None, doubt: None }));
        Ok(Delivery { part, content, rows: Vec::new() })
    }

    fn end(part: u64, requests: u64) -> Result<Delivery, ClusterError> {
        let stats = StatsSnapshot { requests, ..StatsSnapshot::default() };
        Ok(Delivery { part, content: Content::End { stats }, rows: Vec::new() })
    }

    /// The pages of a wave of `n_parts`, in the order in which they are taken, the requests that were told of, and what
    /// was asked for.
    fn taken(
        n_parts: u64,
        answers: Vec<Vec<Result<Delivery, ClusterError>>>,
    ) -> (Vec<(u64, u64)>, u64, Vec<serde_json::Value>) {
        let job = Scripted { answers: Mutex::new(answers.into()), orders: Mutex::default() };
        let taking = async {
            let mut wave = Wave::begin(&job, Ok((0..n_parts).map(order).collect())).await.unwrap();
            let mut pages = Vec::new();
            while let Some(delivery) = wave.next(&job).await.unwrap() {
                match delivery.content {
                    Content::Page(head) => {
                        pages.push((delivery.part, head.index));
                        wave.passed(&head);
                    }
                    Content::End { .. } => wave.ended(delivery.part),
                    Content::Failed(error) => panic!("{error}"),
                }
            }
            (pages, wave.stats.requests)
        };
        let (pages, requests) = taking.now_or_never().expect("nothing waits");
        (pages, requests, job.orders.into_inner().unwrap())
    }

    #[test]
    fn pages_come_in_order_and_every_part_tells_what_it_did() {
        let mixed =
            vec![page(1, 0, None), end(1, 4), page(0, 0, Some("a")), end(2, 8), page(0, 1, None), end(0, 2)];
        let (pages, requests, orders) = taken(3, vec![mixed]);
        assert_eq!((pages, requests), (vec![(0, 0), (0, 1), (1, 0)], 14));
        assert_eq!(orders.len(), 1);
    }

    #[test]
    fn what_is_lost_goes_out_once_more_from_its_last_page() {
        let lost = vec![page(0, 0, Some("a")), page(1, 0, None), Err(ClusterError("gone".into()))];
        let rest = vec![page(0, 1, None), end(0, 1), page(1, 0, None), end(1, 1)];
        let (pages, _, orders) = taken(2, vec![lost, rest]);
        assert_eq!(pages, [(0, 0), (0, 1), (1, 0)]);
        assert_eq!(orders[0], json!([[0, null], [1, null]]));
        assert_eq!(orders[1], json!([[0, [{ "cursor": "a" }, 1]], [1, null]]));
    }
}
