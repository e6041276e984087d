//! Follows the pages of one query.
//!
//! Each request is a task of its own, so that it goes on while the page before is converted, however long that takes.
//! Where the first page tells how many there are, up to `concurrency` requests are under way. Their positions are a
//! guess: each page, in its turn, says where the next one is, and what was fetched for another place is thrown away.

use std::{
    collections::{HashSet, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use bytes::Bytes;
use futures::{StreamExt, stream};
use pipeline_query::{Ahead, Answer, Next, PaginationError, Position, Query, Step, Values};
use pipeline_transport::server_message;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;
use url::Url;

use super::{Answered, Rest};
use crate::{
    DatasourceError, Page, PageStream,
    decode::{Format, to_json},
};

/// Where the stream is.
struct Pager {
    source: Source,
    /// `None` when there is no further page.
    position: Option<Position>,
    page: usize,
    /// What is under way, in order; the first one is for `position`.
    running: VecDeque<(Position, Running)>,
    /// Whether guesses have been right so far.
    may_guess: bool,
    /// Hashes of the positions so far; a position that comes again would go round for ever.
    seen: HashSet<u64>,
    n_empty: u64,
}

type Running = AbortOnDropHandle<Result<Fetched, DatasourceError>>;

/// What a request needs, whichever page it is for.
#[derive(Clone)]
struct Source {
    rest: Arc<Rest>,
    query: Arc<Query>,
    values: Arc<Values>,
}

/// A page before its turn.
struct Fetched {
    page: Page,
    step: Step,
    /// Where it came from, which relative links start from.
    url: Url,
    /// For messages.
    place: String,
}

pub(super) fn pages(rest: Arc<Rest>, query: Arc<Query>, values: Arc<Values>) -> PageStream {
    let pager = Pager {
        position: Some(query.first_position()),
        page: usize::try_from(query.n_pages_before()).unwrap_or(usize::MAX),
        source: Source { rest, query, values },
        running: VecDeque::new(),
        may_guess: true,
        seen: HashSet::new(),
        n_empty: 0,
    };
    let step = |mut pager: Pager| async move {
        let position = pager.position.take()?;
        let result = pager.page(position).await;
        if result.as_ref().is_ok_and(|page| page.status == 204) {
            // No content: not even a page without records.
            return None;
        }
        // After an error `position` stays empty, which ends the stream.
        Some((result, pager))
    };
    stream::unfold(pager, step).boxed()
}

impl Pager {
    async fn page(&mut self, position: Position) -> Result<Page, DatasourceError> {
        self.seen.insert(hash(&position));
        if self.running.front().is_none_or(|(guess, _)| *guess != position) {
            self.running.clear();
            self.start(position, None);
        }
        let (_, running) = self.running.pop_front().expect("it has just been started, if not before");
        let fetched = running.await.expect("requests do not panic, and only their owner ends them")?;
        let Fetched { mut page, step, url, place } = fetched;
        page.index = self.page;
        page.next = self.follow(&step, &place)?.map(|next| absolute(next, &url));
        self.page += 1;
        match &page.next {
            Some(next) => self.run_ahead(next, step.ahead, &url),
            None => self.running.clear(),
        }
        self.position.clone_from(&page.next);
        Ok(page)
    }

    /// The next position, unless something ends or forbids it.
    fn follow(&mut self, step: &Step, place: &str) -> Result<Option<Position>, DatasourceError> {
        let query = &self.source.query;
        let is_enough = query.max_pages().is_some_and(|max| self.page as u64 + 1 >= max);
        self.n_empty = if step.n_records == Some(0) { self.n_empty + 1 } else { 0 };
        let Next::Page(next) = &step.next else { return Ok(None) };
        if is_enough {
            return Ok(None);
        }
        let wrong = |problem: String, hint| {
            Err(DatasourceError::Body { page: self.page, place: place.to_owned(), problem, hint })
        };
        if self.seen.contains(&hash(next)) {
            return wrong("the server leads back to a page that was read before".into(), None);
        }
        if self.n_empty >= query.max_empty_pages() {
            let problem = format!("{} pages in a row had no records", self.n_empty);
            return wrong(
                problem,
                Some("`max_empty_pages` is how many may be empty, `empty_page: end` ends there"),
            );
        }
        Ok(Some(next.clone()))
    }

    /// Starts the next request, and those after it as far as they can be told.
    fn run_ahead(&mut self, next: &Position, ahead: Option<Ahead>, url: &Url) {
        if self.running.front().is_some_and(|(guess, _)| guess != next) {
            // The pages are not as regular as they began; guessing on would ask for much in vain.
            self.running.clear();
            self.may_guess = false;
        }
        if self.running.is_empty() {
            self.start(next.clone(), Some(url));
        }
        let Some(ahead) = ahead.filter(|_| self.may_guess) else { return };
        let n_left =
            self.source.query.max_pages().map_or(usize::MAX, |max| {
                usize::try_from(max).unwrap_or(usize::MAX).saturating_sub(self.page)
            });
        let n_most = self.source.rest.client.limits().concurrency.min(n_left);
        while self.running.len() < n_most
            && let Some(further) = self.running.back().and_then(|(last, _)| ahead.after(last))
        {
            self.start(further, None);
        }
    }

    fn start(&mut self, position: Position, current: Option<&Url>) {
        let source = self.source.clone();
        let page = self.page + self.running.len();
        let (at, current) = (position.clone(), current.cloned());
        let fetch = async move { source.fetch(at, current, page).await };
        self.running.push_back((position, AbortOnDropHandle::new(tokio::spawn(fetch.in_current_span()))));
    }
}

/// Links as whole addresses, which can be followed some other day.
fn absolute(next: Position, page: &Url) -> Position {
    match next {
        Position::Url(link) => Position::Url(page.join(&link).map_or(link, Into::into)),
        other => other,
    }
}

impl Source {
    async fn fetch(
        self,
        position: Position,
        current: Option<Url>,
        page: usize,
    ) -> Result<Fetched, DatasourceError> {
        self.rest.base.locate(&self.rest.client, &*self.rest.auth).await?;
        let ask = self.query.ask(&position, &self.values);
        let current = current.filter(|_| matches!(position, Position::Url(_)));
        let mut request = self.rest.request(&ask, current.as_ref(), page)?;
        if request.headers.get("accept").is_none() {
            request.headers.set("Accept", Format::accept(self.query.decode()));
        }
        let mut answered = self.rest.send(request, page).await?;
        let place = self.rest.place(&answered);
        let (body, step) = self.read(&position, &mut answered, page)?;
        let Answered { request, response } = answered;
        let headers = response.headers.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let page = Page {
            index: page,
            body,
            url: self.rest.client.redacted(&request.url).to_string(),
            status: response.status,
            headers: headers.collect(),
            params: ask.params,
            total: step.total,
            position,
            next: None,
            columns: None,
        };
        Ok(Fetched { page, step, url: request.url, place })
    }

    /// The body as JSON, and what follows it.
    fn read(
        &self,
        position: &Position,
        answered: &mut Answered,
        page: usize,
    ) -> Result<(Bytes, Step), DatasourceError> {
        let response = &mut answered.response;
        let media_type = response.media_type();
        let format = Format::of(self.query.decode(), media_type.as_deref());
        let is_web_page = matches!(media_type.as_deref(), Some("text/html" | "application/xhtml+xml"));
        if is_web_page && !matches!(format, Format::Text | Format::Xml) {
            let title = server_message(response).unwrap_or_default();
            let hint =
                "a login page or a proxy may stand between; check `base_url`, `path` and the `auth` section";
            let problem = format!("the answer is a web page, not data: {title}");
            return Err(self.wrong(answered, page, (problem, Some(hint))));
        }
        let body = match to_json(std::mem::take(&mut response.body), format) {
            Ok(body) => body,
            Err(problem) => return Err(self.wrong(answered, page, (problem, None))),
        };
        if answered.response.status == 204 {
            return Ok((body, Step { next: Next::End, n_records: None, total: None, ahead: None }));
        }
        let headers: Vec<(&str, &str)> = answered.response.headers.iter().collect();
        match self.query.next(position, &Answer { body: &body, headers: &headers }) {
            Ok(step) => Ok((body, step)),
            Err(PaginationError::Refused { .. }) => {
                answered.response.body = body;
                Err(self.rest.refused(page, answered.request.method, &answered.response))
            }
            Err(source) => {
                Err(DatasourceError::Pagination { page, place: self.rest.place(answered), source })
            }
        }
    }

    fn wrong(
        &self,
        answered: &Answered,
        page: usize,
        (problem, hint): (String, Option<&'static str>),
    ) -> DatasourceError {
        let problem = self.rest.client.redactor().redact(&problem).into_owned();
        DatasourceError::Body { page, place: self.rest.place(answered), problem, hint }
    }
}

fn hash(position: &Position) -> u64 {
    let mut hasher = DefaultHasher::new();
    position.hash(&mut hasher);
    hasher.finish()
}
