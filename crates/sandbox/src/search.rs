//! The searches: `/search` by offset, `/search/jql` by cursor, and the count.

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

use crate::cursor::Cursors;
use crate::data::{Dataset, FieldChoice, Source, write_issue};
use crate::faults::Twist;
use crate::jql::{Jql, JqlError};
use crate::page_cache::Key;
use crate::quota::Served;
use crate::reply::{Refusal, json_text};
use crate::server::{Api, Site};
use crate::stats::Counters;

/// Both endpoints return so many issues unless `maxResults` says otherwise.
const DEFAULT_PAGE: usize = 50;
/// The most with fields (measured in 2026), however large `maxResults` is.
const LARGEST_PAGE: usize = 100;
/// The most with ids and keys only.
const LARGEST_ID_PAGE: usize = 5_000;

/// Verbatim (adyscorpius/logseq-jira#34).
const REMOVED: &str = "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. \
    A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046";

const INVALID_PAYLOAD: &str = "Invalid request payload. Refer to the REST API documentation and try again.";

/// A search as written, in the query string or as a JSON body.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SearchRequest {
    jql: Option<String>,
    fields: Option<Vec<String>>,
    max_results: Option<i64>,
    start_at: Option<i64>,
    next_page_token: Option<String>,
    // Known to Jira, without effect here.
    expand: Option<IgnoredAny>,
    properties: Option<IgnoredAny>,
    fields_by_keys: Option<IgnoredAny>,
    fail_fast: Option<IgnoredAny>,
    validate_query: Option<IgnoredAny>,
    reconcile_issues: Option<IgnoredAny>,
}

/// `GET` and `POST /rest/api/{version}/search`.
pub(crate) async fn search(
    State(site): State<Arc<Site>>,
    Api(version): Api,
    twist: Option<Extension<Twist>>,
    request: Request,
) -> Result<Response, Refusal> {
    if site.faults().search_removed {
        return Err(Refusal::jira(StatusCode::GONE, REMOVED));
    }
    let request = read(request).await?;
    let jql = Jql::parse(request.jql.as_deref().unwrap_or_default())?;
    let start = usize::try_from(request.start_at.unwrap_or(0))
        .map_err(|_| bad_request("The value of the parameter 'startAt' must not be negative."))?;
    let choice = request.fields().unwrap_or(FieldChoice::navigable());
    let size = request.page_size(choice)?;
    let selection = site.dataset.select(&jql);
    let numbers = match twist {
        Some(Extension(Twist::EmptyPage)) => Vec::new(),
        _ => selection.slice(start, size),
    };
    let total = selection.count();
    let mut body = format!(
        r#"{{"expand":"schema,names","startAt":{start},"maxResults":{size},"total":{total},"issues":"#
    );
    let n_issues = numbers.len();
    push_issues(&mut body, (version, choice, numbers), &site);
    body.push('}');
    Ok(issues_answer(&site, body, n_issues))
}

/// `GET` and `POST /rest/api/{version}/search/jql`.
pub(crate) async fn search_jql(
    State(site): State<Arc<Site>>,
    Api(version): Api,
    twist: Option<Extension<Twist>>,
    request: Request,
) -> Result<Response, Refusal> {
    let posted = request.method() == Method::POST;
    let request = read(request).await?;
    if posted && request.start_at.is_some() {
        // In a query string Jira passes it over, in a body it does not.
        return Err(bad_request(INVALID_PAYLOAD));
    }
    let text = request.jql.as_deref().unwrap_or_default();
    let jql = Jql::parse_bounded(text)?;
    let cursors = Cursors::of(site.seed, text);
    let came_with = request.next_page_token.as_deref().filter(|token| !token.is_empty());
    let start = match came_with {
        None => 0,
        Some(token) => cursors
            .offset(token)
            .ok_or_else(|| bad_request("The provided nextPageToken is invalid or has expired."))?,
    };
    let choice = request.fields().unwrap_or(FieldChoice::IdOnly);
    let size = request.page_size(choice)?;
    // One more than asked for tells whether anything follows.
    let mut numbers = site.dataset.select(&jql).slice(start, size + 1);
    let follows = numbers.len() > size;
    numbers.truncate(size);
    let next = match twist {
        Some(Extension(Twist::RepeatedCursor)) => {
            Some(came_with.map_or_else(|| cursors.token(0, 0), str::to_owned))
        }
        Some(Extension(Twist::EmptyPage)) => {
            numbers.clear();
            Some(cursors.token(start, fastrand::u64(1..)))
        }
        None => follows.then(|| cursors.token(start + size, 0)),
    };
    let mut body = String::from(r#"{"issues":"#);
    let n_issues = numbers.len();
    push_issues(&mut body, (version, choice, numbers), &site);
    body.push_str(&match next {
        Some(token) => format!(r#","nextPageToken":"{token}","isLast":false}}"#),
        None => r#","isLast":true}"#.to_owned(),
    });
    Ok(issues_answer(&site, body, n_issues))
}

/// `POST /rest/api/{version}/search/approximate-count`; here the count is exact.
pub(crate) async fn approximate_count(
    State(site): State<Arc<Site>>,
    Api(_): Api,
    request: Request,
) -> Result<Response, Refusal> {
    let request = read(request).await?;
    let jql = Jql::parse_bounded(request.jql.as_deref().unwrap_or_default())?;
    let count = site.dataset.select(&jql).count();
    Ok(json_text(json!({ "count": count }).to_string()))
}

impl SearchRequest {
    fn fields(&self) -> Option<FieldChoice> {
        FieldChoice::of(self.fields.iter().flatten().map(String::as_str))
    }

    /// Larger pages than allowed are cut without a word, as Jira does.
    fn page_size(&self, choice: FieldChoice) -> Result<usize, Refusal> {
        let largest = match choice {
            FieldChoice::IdOnly | FieldChoice::Identifiers => LARGEST_ID_PAGE,
            FieldChoice::Fields(_) => LARGEST_PAGE,
        };
        let asked = self.max_results.map_or(Ok(DEFAULT_PAGE), usize::try_from);
        let asked = asked.ok().filter(|size| *size > 0);
        asked
            .map(|size| size.min(largest))
            .ok_or_else(|| bad_request("The value of the parameter 'maxResults' must be greater than zero."))
    }
}

async fn read(request: Request) -> Result<SearchRequest, Refusal> {
    if request.method() == Method::POST {
        const LIMIT: usize = 1 << 20;
        let body = axum::body::to_bytes(request.into_body(), LIMIT).await;
        let body = body.map_err(|_| bad_request(INVALID_PAYLOAD))?;
        return serde_json::from_slice(&body).map_err(|_| bad_request(INVALID_PAYLOAD));
    }
    let mut search = SearchRequest::default();
    let number = |name: &str, value: &str| {
        value.parse().map(Some).map_err(|_| {
            bad_request(&format!("The value '{value}' of the parameter '{name}' is not a number."))
        })
    };
    for (name, value) in url::form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()) {
        match name.as_ref() {
            "jql" => search.jql = Some(value.into_owned()),
            "fields" => search.fields.get_or_insert_default().push(value.into_owned()),
            "maxResults" => search.max_results = number(&name, &value)?,
            "startAt" => search.start_at = number(&name, &value)?,
            "nextPageToken" => search.next_page_token = Some(value.into_owned()),
            _ => {}
        }
    }
    Ok(search)
}

/// A body with so many issues, which are counted.
fn issues_answer(site: &Site, body: String, n_issues: usize) -> Response {
    Counters::add(&site.counters.issues_served, n_issues as u64);
    let mut response = json_text(body);
    response.extensions_mut().insert(Served(n_issues));
    response
}

fn push_issues(out: &mut String, key: Key, site: &Site) {
    let write = |key: &Key| issues(key, &site.dataset);
    // What was written before an edit may not be true any more.
    match site.dataset.is_edited() {
        true => out.push_str(&write(&key)),
        false => out.push_str(&site.cache.page(key, write)),
    }
}

fn issues((version, choice, numbers): &Key, dataset: &Dataset) -> String {
    const TYPICAL_ISSUE: usize = 6 * 1024;
    let (choice, source) = (*choice, Source { dataset, version: *version });
    let each = if matches!(choice, FieldChoice::Fields(_)) { TYPICAL_ISSUE } else { 256 };
    let mut out = String::with_capacity(numbers.len() * each);
    out.push('[');
    for (position, number) in numbers.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        write_issue(&mut out, *number, choice, source);
    }
    out.push(']');
    out
}

impl From<JqlError> for Refusal {
    fn from(error: JqlError) -> Refusal {
        bad_request(&error.to_string())
    }
}

fn bad_request(message: &str) -> Refusal {
    Refusal::jira(StatusCode::BAD_REQUEST, message)
}
