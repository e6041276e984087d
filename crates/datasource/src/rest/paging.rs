//! Follows the pages of one query.
//!
//! Each request is a task of its own, so that it goes on while the page before is converted, however long that takes.
//! Where the first page tells how many there are, up to `concurrency` requests are under way. Their positions are a
//! guess: each page, in its turn, says where the next one is, and what was fetched for another place is thrown away.

use std::{borrow::Cow, collections::VecDeque, sync::Arc};

use bytes::Bytes;
use futures::{StreamExt, stream};
use pipeline_query::{
    Ahead, Answer, Decode, Doubted, Next, PageReport, PaginationError, Position, Query, Sequence, Values,
};
use pipeline_transport::{Headers, Repeat, Response, server_message};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;
use url::Url;

use super::{Answered, Rest, links};
use crate::{
    DatasourceError, Page, PageStream,
    decode::{Decoder, Format, Hint, Looks, Unread, decode_as, is_packed, unpacked},
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
    /// Judges each page by those before it.
    sequence: Sequence,
    /// The last page so far, until it is known whether there is another one.
    held: Option<Page>,
    /// What is to be handed over next.
    ready: VecDeque<Result<Page, DatasourceError>>,
}

type Running = AbortOnDropHandle<Result<Fetched, DatasourceError>>;

/// What a request needs, whichever page it is for.
#[derive(Clone)]
struct Source {
    rest: Arc<Rest>,
    query: Arc<Query>,
    values: Arc<Values>,
    decoder: Arc<Decoder>,
}

/// Shorter bodies are read in less time than it takes to hand them over.
const APART: usize = 64 << 10;

/// A body as JSON, and what it says of the next page.
type Read = Result<(Bytes, PageReport), DatasourceError>;

/// A page before its turn.
struct Fetched {
    page: Page,
    report: PageReport,
    /// Where it came from, which relative links start from.
    url: Url,
    /// For messages.
    place: String,
}

pub(super) fn pages(rest: Arc<Rest>, query: Arc<Query>, values: Arc<Values>) -> PageStream {
    if let Some(problem) = query.path_problem(&values) {
        return stream::once(async { Err(DatasourceError::Value { problem }) }).boxed();
    }
    let sequence = query.sequence();
    let first = query.first_position();
    if moves_on(&query, (&first, query.n_pages_before()), &sequence) {
        let page = usize::try_from(query.n_pages_before()).unwrap_or(usize::MAX);
        return stream::once(async move {
            Err(DatasourceError::NotResumable { page, problem: SAME_TOKEN.into() })
        })
        .boxed();
    }
    let decoder = Decoder::new(&query).for_answers_up_to(rest.client.limits().max_response);
    let pager = Pager {
        position: Some(first),
        page: usize::try_from(query.n_pages_before()).unwrap_or(usize::MAX),
        sequence,
        source: Source { decoder: Arc::new(decoder), rest, query, values },
        running: VecDeque::new(),
        may_guess: true,
        held: None,
        ready: VecDeque::new(),
    };
    let step = |mut pager: Pager| async move {
        loop {
            if let Some(ready) = pager.ready.pop_front() {
                return Some((ready, pager));
            }
            // After an error `position` stays empty, which ends the stream.
            let position = pager.position.take()?;
            let answered = pager.page(position).await;
            pager.take(answered);
        }
    };
    stream::unfold(pager, step).boxed()
}

/// What an answer is.
enum Turn {
    Page(Box<Page>),
    /// None: without content, or refused on trial; with a doubt about the page before.
    NoPage(Option<Doubted>),
}

/// Why a run begins anew.
const SAME_TOKEN: &str = "the token stays the same from page to page, so the server may have moved on by a page that never arrived";

/// The same where an earlier page has named a further one.
const NOTHING: &str = "the page before named this one, and the server has nothing there now: it may not know the token any more, which is \
                       no end of the pages";

impl Pager {
    /// Hands over what came. A page behind which one more request only finds out if there is more waits for its answer.
    fn take(&mut self, answered: Result<Turn, DatasourceError>) {
        let mut held = self.held.take();
        let answered = match answered {
            Ok(Turn::Page(page)) => Some(Ok(*page)),
            Ok(Turn::NoPage(doubt)) => {
                if let Some(held) = &mut held {
                    held.next.clone_from(&self.position);
                    held.doubt = held.doubt.take().or(doubt);
                }
                None
            }
            Err(error) => Some(Err(error)),
        };
        self.ready.extend(held.map(Ok));
        match answered {
            // Whoever looks at the first pages only requests no other one.
            Some(Ok(page)) if self.sequence.is_trial() && self.position.is_some() => self.held = Some(page),
            answered => self.ready.extend(answered),
        }
    }

    /// What is requested for a position, perhaps since a while.
    async fn fetched(&mut self, position: &Position) -> Result<Fetched, DatasourceError> {
        if self.running.front().is_none_or(|(guess, _)| guess != position) {
            self.running.clear();
            self.start(position.clone(), None);
        }
        let (_, running) = self.running.pop_front().expect("it has just been started, if not before");
        running.await.expect("requests do not panic, and only their owner ends them")
    }

    /// The page at `position`.
    async fn page(&mut self, position: Position) -> Result<Turn, DatasourceError> {
        let fetched = self.fetched(&position).await;
        let is_resumed = self.page > 0 && self.page as u64 == self.source.query.n_pages_before();
        let Fetched { mut page, report, url, place } = match fetched {
            Err(DatasourceError::Status { status, .. }) if self.has_nothing(status) => {
                return Ok(Turn::NoPage(None));
            }
            Err(error) if self.is_first_of_value() => return Err(gone(error)),
            Err(DatasourceError::Status { status, url, .. }) if self.is_end(status) => {
                self.source.ended(position.clone(), (url.to_string(), status), self.page)?
            }
            Err(error) if self.sequence.may_fail(None) => {
                tracing::debug!(error = %error, "the request that only confirms the end has failed");
                self.source.ended(position.clone(), (url_of(&error), 0), self.page)?
            }
            Err(error) if moves_on(&self.source.query, (&position, self.page as u64), &self.sequence) => {
                return Err(not_repeated(error));
            }
            Err(error) if is_resumed => return Err(with_restart(error)),
            Err(error) => return Err(past_the_end(error, self.page, &position)),
            Ok(fetched) => fetched,
        };
        page.index = self.page;
        if self.sequence.lacks_what_was_promised(&position, &report) {
            return Err(DatasourceError::NotResumable { page: self.page, problem: NOTHING.into() });
        }
        let report = self.source.absolute(report, &url);
        let step = self.sequence.step((&position, Some(url.as_str())), &report);
        let step = step.map_err(|source| contradicted((self.page, is_resumed), place, source))?;
        let is_enough = self.source.query.max_pages().is_some_and(|max| self.page as u64 + 1 >= max);
        let next = match step.next {
            Next::Page(next) if !is_enough => Some(next),
            Next::Page(_) | Next::End => None,
        };
        self.page += usize::from(step.is_page);
        match &next {
            Some(next) => self.run_ahead(next, step.ahead, &url),
            None => self.running.clear(),
        }
        self.position.clone_from(&next);
        page.next = next;
        page.total = step.total;
        page.mark = Some(step.mark);
        page.doubt = step.doubt;
        Ok(match step.is_page {
            true => Turn::Page(Box::new(page)),
            false => Turn::NoPage(page.doubt),
        })
    }

    /// Whether a status may mean that the page before was the last one.
    fn is_end(&self, status: u16) -> bool {
        let is_named = self.source.query.end_status() == Some(u64::from(status));
        is_named && self.page > 0 || self.sequence.may_fail(Some(status))
    }

    /// Whether it is the first request for a value of `for_each`.
    fn is_first_of_value(&self) -> bool {
        self.page == 0 && self.source.query.for_each().is_some()
    }

    /// Whether the status of the first page says that there is nothing for a value, such as one that was deleted since it
    /// was listed.
    fn has_nothing(&self, status: u16) -> bool {
        self.is_first_of_value() && self.source.query.end_status() == Some(u64::from(status))
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
        let moves_on = moves_on(&source.query, (&position, page as u64), &self.sequence);
        let (at, current) = (position.clone(), current.cloned());
        let fetch = async move { source.fetch(at, (current, moves_on), page).await };
        self.running.push_back((position, AbortOnDropHandle::new(tokio::spawn(fetch.in_current_span()))));
    }
}

impl Source {
    /// A link as a whole address, which can be compared with others, and followed some other day.
    fn absolute(&self, report: PageReport, page: &Url) -> PageReport {
        let Some(Position::Url(link)) = report.next() else { return report };
        let base = self.query.link_base().map(|base| self.rest.base.fill(base));
        match links::resolve(link, page, base.as_deref()) {
            Some(url) => report.with_next(Position::Url(url.into())),
            None => report,
        }
    }

    async fn fetch(
        self,
        position: Position,
        (current, moves_on): (Option<Url>, bool),
        page: usize,
    ) -> Result<Fetched, DatasourceError> {
        self.rest.base.locate(&self.rest.client, &*self.rest.auth).await?;
        let ask = self.query.ask(&position, &self.values);
        let current = current.filter(|_| matches!(position, Position::Url(_)));
        let mut request = self.rest.request(&ask, current.as_ref(), page)?;
        if request.headers.get("accept").is_none() {
            request.headers.set("Accept", Format::accept(self.query.decode()));
        }
        if let Some(page) = &current {
            request.from = self.rest.client.reach(page).unwrap_or_default();
        }
        if moves_on {
            request.repeat = Repeat::WhenUnread;
        }
        // Before somebody's key is added to it.
        let asked = request.url.clone();
        let answered = self.rest.send(request, page).await?;
        let place = self.rest.place(&answered);
        let (answered, read) = self.clone().read_apart(position.clone(), (answered, &place), page).await?;
        let (body, report) = read?;
        let Answered { request, response } = answered;
        let headers = response.headers.iter().map(|header| self.rest.client.redacted_header(header));
        let page = Page {
            index: page,
            body,
            url: self.rest.client.redacted_data(&request.url).whole().to_owned(),
            status: response.status,
            headers: headers.collect(),
            // What `send` took to log in is known by now.
            params: self.rest.client.redacted_params(&asked),
            total: None,
            position,
            next: None,
            columns: None,
            mark: None,
            doubt: None,
        };
        Ok(Fetched { page, report, url: request.url, place })
    }

    /// The answer to a request for a page after the last one, as one without content.
    fn ended(
        &self,
        position: Position,
        (shown, status): (String, u16),
        page: usize,
    ) -> Result<Fetched, DatasourceError> {
        let place = format!("{shown} ({status})");
        let report = self.query.report(&position, &Answer { body: None, headers: &[] });
        let report = report
            .map_err(|source| DatasourceError::Pagination { page, place: place.clone(), source })?
            .refused();
        let page = Page { status, ..Page::new(page, position, shown, Bytes::new()) };
        let url = self.rest.base.url().clone();
        Ok(Fetched { page, report, url, place })
    }

    /// Reads a long body where nobody else waits, and no longer than an answer may take. The time that reading takes grows with
    /// the body's length alone, so what is given up ends soon.
    async fn read_apart(
        self,
        position: Position,
        (mut answered, place): (Answered, &str),
        page: usize,
    ) -> Result<(Answered, Read), DatasourceError> {
        // What a short body unpacks to may be long.
        let body = &answered.response.body;
        if body.len() < APART && !is_packed(body) {
            let read = self.read(&position, &mut answered, page);
            return Ok((answered, read));
        }
        let limit = self.rest.client.limits().timeout;
        let reading = tokio::task::spawn_blocking(move || {
            let read = self.read(&position, &mut answered, page);
            (answered, read)
        });
        match tokio::time::timeout(limit, reading).await {
            Ok(done) => Ok(done.expect("reading does not panic, and nobody ends it")),
            Err(_) => {
                let problem = format!("the body was not read within {limit:?}, its `limits.timeout`");
                let hint = Some("have the server send smaller pages, or raise `timeout` in `limits`".into());
                Err(DatasourceError::Body { page, place: place.to_owned(), problem, hint })
            }
        }
    }

    /// The body as JSON, and what it says of the next page.
    fn read(&self, position: &Position, answered: &mut Answered, page: usize) -> Read {
        match unpacked(std::mem::take(&mut answered.response.body), self.rest.client.limits().max_response) {
            Ok(body) => answered.response.body = body,
            Err(Unread { problem, hint }) => {
                return Err(self.wrong(answered, page, (problem, hint.map(Hint::for_query))));
            }
        }
        let response = &mut answered.response;
        let media_type = response.media_type();
        let format = Format::of(self.query.decode(), media_type.as_deref());
        if let Some(problem) = partial(response) {
            const HINT: &str = "the server has sent a part of its answer that nobody asked for: take a header `Range` out of the \
                                request, or tell the server's authors";
            return Err(self.wrong(answered, page, (problem, Some(HINT))));
        }
        let is_html = matches!(media_type.as_deref(), Some("text/html" | "application/xhtml+xml"));
        if is_html && let Some((problem, hint)) = web_page(response, (self.query.decode(), format)) {
            return Err(self.wrong(answered, page, (problem, Some(hint))));
        }
        let sent = std::mem::take(&mut response.body);
        let body = match self.decoder.to_json(sent, (format, response.header("content-type"))) {
            Ok(body) => body,
            Err(Unread { problem, hint }) => {
                let wrong = match unknown_encoding(&answered.response.headers) {
                    Some(encoding) => (format!("{problem}; {encoding}"), None),
                    None => (problem, hint.map(Hint::for_query)),
                };
                return Err(self.wrong(answered, page, wrong));
            }
        };
        let headers: Vec<(&str, &str)> = answered.response.headers.iter().collect();
        // Some servers answer so to a request for a page after the last one; what no page says is another matter.
        let is_blank = page > 0 && body.trim_ascii().is_empty();
        let content = Some(&*body).filter(|_| answered.response.status != 204 && !is_blank);
        match self.query.report(position, &Answer { body: content, headers: &headers }) {
            Ok(report) => Ok((body, report)),
            Err(PaginationError::Refused { .. }) => {
                answered.response.body = body;
                Err(self.rest.refused(page, answered.request.method, &answered.response))
            }
            Err(PaginationError::Body(error)) => {
                let hint = decode_as(&body).filter(|_| format == Format::Json);
                Err(self.wrong(answered, page, (error.to_string(), hint)))
            }
            Err(source) => {
                let source = self.redacted(source);
                Err(DatasourceError::Pagination { page, place: self.rest.place(answered), source })
            }
        }
    }

    /// The same without credentials, which a server may repeat in what it says.
    fn redacted(&self, error: PaginationError) -> PaginationError {
        match error {
            PaginationError::Contradiction { problem, help } => {
                let problem = self.rest.client.redactor().redact(&problem).into_owned();
                PaginationError::Contradiction { problem, help }
            }
            error => error,
        }
    }

    fn wrong(
        &self,
        answered: &Answered,
        page: usize,
        (problem, hint): (String, Option<&'static str>),
    ) -> DatasourceError {
        let problem = self.rest.client.redactor().redact(&problem).into_owned();
        DatasourceError::Body { page, place: self.rest.place(answered), problem, hint: hint.map(Into::into) }
    }
}

/// Whether a request moves the server on, since the token stays the same from page to page: a second one would pass over
/// a page. Of the first token it is not known whether it stays.
fn moves_on(query: &Query, (position, n_pages): (&Position, u64), sequence: &Sequence) -> bool {
    let may_stay = n_pages == 1 && query.may_keep_token();
    n_pages > 0
        && matches!(position, Position::Cursor(_) | Position::Value(_))
        && (may_stay || sequence.has_read(position))
}

/// What is wrong with an answer that calls itself a web page. PHP calls everything so that says nothing else: the content
/// decides where the query says how it is read.
fn web_page(response: &Response, (decode, format): (Decode, Format)) -> Option<(String, &'static str)> {
    let looks = Looks::of(&response.body);
    if matches!(format, Format::Text | Format::Xml | Format::XmlPrefixed)
        || decode != Decode::Auto && looks != Some(Looks::Markup)
    {
        return None;
    }
    if looks == Some(Looks::Json) {
        let problem = "the answer says `Content-Type: text/html`, and its body is JSON".to_owned();
        return Some((problem, "write `decode: json` in `query`"));
    }
    let title = server_message(response).unwrap_or_default();
    let hint = "a login page or a proxy may stand between; check `base_url`, `path` and the `auth` section";
    Some((format!("the answer is a web page, not data: {title}"), hint))
}

/// An error about a request that was not repeated, with the reason.
fn not_repeated(error: DatasourceError) -> DatasourceError {
    match error {
        DatasourceError::Status { page, method, url, status, message, .. } if status >= 500 => {
            let hint = "the request is not repeated: the token may stay the same from page to page, so the server may have \
                        moved on by a page; the next run begins at the first page";
            DatasourceError::Status { page, method, url, status, message, hint: Some(hint.into()) }
        }
        error => error,
    }
}

/// Where a request without an answer went, for messages.
fn url_of(error: &DatasourceError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// An error about the first page of a value of `for_each`, with what to do where the server has nothing for it.
fn gone(error: DatasourceError) -> DatasourceError {
    let hint = match &error {
        DatasourceError::Status { status: 404, .. } => {
            "what this value of `for_each` names may be gone: `end_status: 404` in `query` takes that for no records, and \
             `pipeline run FILE --restart` reads the values again"
        }
        DatasourceError::Status { status: 410, .. } => {
            "what this value of `for_each` names may be gone: `end_status: 410` in `query` takes that for no records, and \
             `pipeline run FILE --restart` reads the values again"
        }
        _ => return error,
    };
    match error {
        DatasourceError::Status { page, method, url, status, message, .. } => {
            DatasourceError::Status { page, method, url, status, message, hint: Some(hint.into()) }
        }
        error => error,
    }
}

/// A page that contradicts those before it. The first one of a resumed run may do so because the server does not know the place any
/// more, and has gone back to its first page.
fn contradicted(
    (page, is_resumed): (usize, bool),
    place: String,
    source: PaginationError,
) -> DatasourceError {
    match source {
        PaginationError::Contradiction { problem, .. } if is_resumed => {
            DatasourceError::NotResumable { page, problem: problem.into() }
        }
        source => DatasourceError::Pagination { page, place, source },
    }
}

/// An error about the first page of a resumed run. Servers say in many ways that they do not know a token any more.
fn with_restart(error: DatasourceError) -> DatasourceError {
    const RESTART: &str = "this is the first page of a resumed run, whose token may have expired: `pipeline run FILE --restart` starts \
                           at the first page";
    let after = |hint: Option<Cow<'static, str>>| match hint {
        Some(hint) => Some(format!("{hint}\n  = help: {RESTART}").into()),
        None => Some(RESTART.into()),
    };
    let and = |help: String| format!("{help}\n  = help: {RESTART}");
    match error {
        DatasourceError::Status { page, method, url, status, message, hint } => {
            DatasourceError::Status { page, method, url, status, message, hint: after(hint) }
        }
        DatasourceError::Body { page, place, problem, hint } => {
            DatasourceError::Body { page, place, problem, hint: after(hint) }
        }
        DatasourceError::Pagination {
            page,
            place,
            source: PaginationError::Contradiction { problem, help },
        } => {
            let source = PaginationError::Contradiction { problem, help: and(help) };
            DatasourceError::Pagination { page, place, source }
        }
        DatasourceError::Pagination {
            page,
            place,
            source: PaginationError::Shape { selector, found, expected, help },
        } => {
            let source = PaginationError::Shape { selector, found, expected, help: and(help) };
            DatasourceError::Pagination { page, place, source }
        }
        error => error,
    }
}

/// An error about a page after the first one, with what its status may mean there.
fn past_the_end(error: DatasourceError, page: usize, position: &Position) -> DatasourceError {
    let is_counted = matches!(position, Position::Offset(_) | Position::Page(_));
    match error {
        DatasourceError::Status { page: of, method, url, status, message, hint }
            if page > 0 && is_counted =>
        {
            let end = match status {
                400 => "if the server answers so after its last page, write `end_status: 400` in `query`",
                404 => "if the server answers so after its last page, write `end_status: 404` in `query`",
                410 => "if the server answers so after its last page, write `end_status: 410` in `query`",
                416 => "if the server answers so after its last page, write `end_status: 416` in `query`",
                422 => "if the server answers so after its last page, write `end_status: 422` in `query`",
                _ => return DatasourceError::Status { page: of, method, url, status, message, hint },
            };
            DatasourceError::Status { page: of, method, url, status, message, hint: Some(end.into()) }
        }
        error => error,
    }
}

/// What is missing of an answer 206, which is a part of a whole (RFC 9110 §15.3.7); units other than bytes count records, whose
/// total pagination reads.
fn partial(response: &Response) -> Option<String> {
    let range = response.header("content-range").filter(|_| response.status == 206)?.trim();
    let (part, whole) = range.strip_prefix("bytes")?.trim().split_once('/')?;
    let (first, last) = part.split_once('-')?;
    let (first, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    let is_whole = first == 0 && whole.trim().parse() == Ok(last.saturating_add(1));
    (!is_whole).then(|| format!("the answer is a part of a whole: `Content-Range: {range}`"))
}

/// Says how the body is compressed, where that is why it cannot be read.
fn unknown_encoding(headers: &Headers) -> Option<String> {
    let encoding = headers.get("content-encoding").map(str::trim).filter(|encoding| !encoding.is_empty())?;
    Some(format!(
        "the server says `Content-Encoding: {encoding}`, and what can be read is `gzip` and `deflate`"
    ))
}
