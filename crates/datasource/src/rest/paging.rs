//! Follows the pages of one query.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use futures::{StreamExt, stream};
use pipeline_query::{Answer, Next, Position, Query, Values};
use pipeline_transport::server_message;
use url::Url;

use super::{Answered, Rest};
use crate::{DatasourceError, Page, PageStream};

/// Servers may filter a page down to nothing and go on; more in a row is a loop.
const MAX_EMPTY_PAGES: u32 = 1000;

/// Where the stream is.
struct Pager {
    rest: Arc<Rest>,
    query: Arc<Query>,
    values: Arc<Values>,
    /// `None` when there is no further page.
    position: Option<Position>,
    page: usize,
    /// Where the last page was, which relative links start from.
    current: Option<Url>,
    /// Hashes of the positions so far; a position that comes again would go round for ever.
    seen: HashSet<u64>,
    n_empty: u32,
}

pub(super) fn pages(rest: Arc<Rest>, query: Arc<Query>, values: Arc<Values>) -> PageStream {
    let position = Some(query.first_position());
    let pager =
        Pager { rest, query, values, position, page: 0, current: None, seen: HashSet::new(), n_empty: 0 };
    let step = |mut pager: Pager| async move {
        let position = pager.position.take()?;
        let result = pager.fetch(&position).await;
        // After an error `position` stays empty, which ends the stream.
        Some((result, pager))
    };
    stream::unfold(pager, step).boxed()
}

impl Pager {
    async fn fetch(&mut self, position: &Position) -> Result<Page, DatasourceError> {
        self.rest.base.locate(&self.rest.client, &*self.rest.auth).await?;
        self.seen.insert(hash(position));
        let ask = self.query.ask(position, &self.values);
        let current = self.current.as_ref().filter(|_| matches!(position, Position::Url(_)));
        let request = self.rest.request(&ask, current, self.page)?;
        let answered = self.rest.send(request, self.page).await?;
        let total = self.advance(position, &answered)?;
        let Answered { request, response } = answered;
        let page = Page {
            index: self.page,
            body: response.body,
            url: self.rest.client.redacted(&request.url).to_string(),
            status: response.status,
            headers: response
                .headers
                .iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
            params: ask.params,
            total,
        };
        self.current = Some(request.url);
        self.page += 1;
        Ok(page)
    }

    /// Finds the next position; the total, where the server says it.
    fn advance(&mut self, position: &Position, answered: &Answered) -> Result<Option<u64>, DatasourceError> {
        let response = &answered.response;
        let url = || self.rest.client.redacted(&answered.request.url);
        let page = self.page;
        let wrong = |problem: String| DatasourceError::Body { page, url: url(), problem };
        if let Err(error) = std::str::from_utf8(&response.body) {
            return Err(wrong(format!("the body is not UTF-8: byte {} is wrong", error.valid_up_to())));
        }
        if response.media_type().is_some_and(|media| media == "text/html") {
            let title = server_message(response).unwrap_or_default();
            return Err(wrong(format!(
                "the server answered {} with a web page, not with data: {title}",
                response.status
            )));
        }
        let links: Vec<&str> = response.headers.get_all("link").collect();
        let answer = Answer { body: &response.body, links: &links };
        let step = self.query.next(position, &answer).map_err(|source| DatasourceError::Pagination {
            page,
            url: url(),
            source,
        })?;
        let is_enough = self.query.max_pages().is_some_and(|max| page as u64 + 1 >= max);
        self.n_empty = if step.n_records == Some(0) { self.n_empty + 1 } else { 0 };
        if let Next::Page(next) = step.next
            && !is_enough
        {
            if self.seen.contains(&hash(&next)) {
                return Err(wrong("the server leads back to a page that was read before".into()));
            }
            if self.n_empty >= MAX_EMPTY_PAGES {
                return Err(wrong(format!("{MAX_EMPTY_PAGES} pages in a row had no records")));
            }
            self.position = Some(next);
        }
        Ok(step.total)
    }
}

fn hash(position: &Position) -> u64 {
    let mut hasher = DefaultHasher::new();
    position.hash(&mut hasher);
    hasher.finish()
}
