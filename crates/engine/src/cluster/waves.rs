//! Sends parts out in waves, and brings what comes back into the order of the pages.

use std::collections::{BTreeMap, VecDeque};

use futures::{StreamExt, TryStreamExt, stream};
use pipeline_table::{Batch, DeclaredColumns};
use pipeline_transport::StatsSnapshot;
use tokio::sync::{mpsc, oneshot};

use super::{Assignment, Cluster, ClusterJob, Content, Deliveries, Delivery, PageHead, PartOrder, Work};
use crate::{
    journal::Resumption,
    plan::TablePlan,
    progress::Event,
    run::{Context, Part, Parts, Receipt, RunError},
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
pub(crate) struct Fed {
    pub(crate) n_pages: u64,
    pub(crate) stats: StatsSnapshot,
}

/// Has all parts from `start` on done by a cluster, and gives the writer what comes back, in the order of the parts.
pub(crate) async fn feed(
    context: &Context<'_>,
    (cluster, table, columns): (&dyn Cluster, &TablePlan, &DeclaredColumns),
    (parts, start): (Parts, Resumption),
    receipts: &mpsc::Sender<Receipt>,
) -> Fed {
    let mut feeding = Feeding { context, receipts, n_pages: start.n_pages, fed: Fed::default() };
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
    let assignment = Assignment::read(&plan.origin, run, (&table.name, columns));
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
}

impl Wave {
    async fn begin(
        job: &dyn ClusterJob,
        parts: Result<VecDeque<PartOrder>, RunError>,
    ) -> Result<Self, RunError> {
        let mut wave = Self { rest: parts?, deliveries: None, early: BTreeMap::new(), n_attempts: 0 };
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
            let delivery = match &mut self.deliveries {
                Some(deliveries) => deliveries.try_next().await,
                None => Ok(None),
            };
            match delivery {
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
                        return Err(super::ClusterError("parts do not come back".into()).into());
                    }
                    self.send(job).await?;
                }
            }
        }
    }

    /// What there is to be known of parts that have come to their end; that it is lost changes nothing.
    async fn last_words(&mut self) -> Option<Delivery> {
        self.deliveries.as_mut()?.try_next().await.ok().flatten()
    }

    /// The first part has come up to the end of this page, which may be its last one.
    fn passed(&mut self, head: &PageHead) {
        match (self.rest.front_mut(), &head.next) {
            (Some(order), Some(next)) => order.part.start = Some((next.clone(), head.index + 1)),
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
    receipts: &'f mpsc::Sender<Receipt>,
    n_pages: u64,
    fed: Fed,
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
                Ok(None) => return Some(()),
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
                    self.page(part, head, batch).await?;
                }
                Content::End { stats } => {
                    self.fed.stats = self.fed.stats + stats;
                    wave.ended(part);
                }
                Content::Failed(error) => return self.fail(error.into()).await,
            }
        }
    }

    async fn page(&mut self, part: u64, head: PageHead, batch: Batch) -> Option<()> {
        self.n_pages += 1;
        self.fed.n_pages += 1;
        let event = Event::PageFetched { bytes: head.bytes, total: head.total };
        self.context.options.observer.on(&event);
        let n_pages = self.n_pages;
        let place = match head.next {
            Some(next) => Resumption { n_pages, part, position: Some((next, head.index + 1)) },
            None => Resumption { n_pages, part: part + 1, position: None },
        };
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
        self.receipts.send(Receipt { place, rows }).await.ok()
    }
}
