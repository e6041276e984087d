//! A page in a file.

use bytes::Bytes;
use futures::TryStreamExt;
use indexmap::IndexMap;
use pipeline_datasource::Page;
use pipeline_engine::{Incomplete, Plan, RunError, TablePlan, first_pages as first_pages_of};
use pipeline_query::{Answer, Position};
use serde::{Deserialize, Serialize};

use super::{Sanitizer, json::Json};

/// One page of a server, as it is kept for later.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoredPage {
    /// Which page, counted from 1, as scripts see it.
    #[serde(default = "first")]
    pub page: usize,
    /// Where it was asked for.
    #[serde(default)]
    pub url: String,
    /// The HTTP status.
    #[serde(default = "ok")]
    pub status: u16,
    /// The headers of the answer, names in lower case.
    #[serde(default, with = "super::text_map")]
    pub headers: IndexMap<String, String>,
    /// The query parameters that were sent, in order; a name may come several times.
    #[serde(default, with = "super::text_map::pairs")]
    pub query_parameters: Vec<(String, String)>,
    /// The content.
    #[serde(skip)]
    pub body: StoredBody,
}

fn first() -> usize {
    1
}

fn ok() -> u16 {
    200
}

/// The content of a page.
#[derive(Debug, Clone, PartialEq)]
pub enum StoredBody {
    /// JSON, which is laid out anew where it is shown or written.
    Json(Json),
    /// The text as it came.
    Text(String),
}

impl Default for StoredBody {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl StoredBody {
    /// The text that `convert` gets.
    pub fn text(&self) -> String {
        match self {
            Self::Json(json) => json.to_string(),
            Self::Text(text) => text.clone(),
        }
    }

    /// As people read it: JSON on many lines.
    pub fn pretty(&self) -> String {
        match self {
            Self::Json(json) => json.pretty(),
            Self::Text(text) => Json::read(text).map_or_else(|_| text.clone(), |json| json.pretty()),
        }
    }
}

impl StoredPage {
    /// A page that holds nothing but this text, as if it had come from nowhere.
    pub fn of_text(text: impl Into<String>) -> Self {
        Self {
            page: first(),
            url: String::new(),
            status: ok(),
            headers: IndexMap::new(),
            query_parameters: Vec::new(),
            body: StoredBody::Text(text.into()),
        }
    }

    pub(crate) fn of_page(page: &Page) -> Self {
        let mut headers = IndexMap::<String, String>::new();
        for (name, value) in &page.headers {
            // RFC 9110 §5.3 allows joining lines of one name with a comma.
            let joined = headers.entry(name.to_lowercase()).or_default();
            if !joined.is_empty() {
                joined.push_str(", ");
            }
            joined.push_str(value);
        }
        Self {
            page: page.index + 1,
            url: page.url.clone(),
            status: page.status,
            headers,
            query_parameters: page.params.clone(),
            body: StoredBody::Text(String::from_utf8_lossy(&page.body).into_owned()),
        }
    }

    /// The page as converters take it.
    pub fn to_page(&self) -> Page {
        let index = self.page.saturating_sub(1);
        Page {
            status: self.status,
            headers: self.headers.clone().into_iter().collect(),
            params: self.query_parameters.clone(),
            ..Page::new(index, Position::First, self.url.clone(), Bytes::from(self.body.text()))
        }
    }
}

/// Why a run would miss rows, or end with an error, as far as this page tells; for a page that may have been kept since.
pub fn doubt_of(table: &TablePlan, page: &StoredPage) -> Option<Incomplete> {
    if page.page != first() {
        return None;
    }
    let query = table.query.first_pages(1).leniently();
    let (position, body) = (query.first_position(), page.body.text());
    let headers: Vec<(&str, &str)> =
        page.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let answer = Answer { body: Some(body.as_bytes()).filter(|_| page.status != 204), headers: &headers };
    let report = query.report(&position, &answer).ok()?;
    let step = query.sequence().step((&position, None), &report).ok()?;
    step.doubt.as_ref().map(Incomplete::of)
}

/// Fetches the first `n_pages` pages of a table, or as many as there are; of one that goes through another table,
/// for its first row.
///
/// # Errors
/// [`RunError`], as of a run.
pub async fn first_pages(
    plan: &Plan,
    table: &TablePlan,
    n_pages: usize,
) -> Result<Vec<StoredPage>, RunError> {
    let pages = first_pages_of(plan, table, n_pages).await?;
    pages.map_ok(|page| StoredPage::of_page(&page)).try_collect().await
}

/// The first page of a table without secrets and people, as it may be kept; `None` where there is no page at all.
///
/// # Errors
/// [`RunError`], as of a run.
pub async fn first_clean_page(plan: &Plan, table: &TablePlan) -> Result<Option<StoredPage>, RunError> {
    let page = first_pages(plan, table, 1).await?.pop();
    Ok(page.map(|page| Sanitizer::new(plan.redactor.clone()).clean(page)))
}
