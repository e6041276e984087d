//! `GET /rest/api/{version}/issue/{key}/worklog`: the worklogs of one issue, paged by offset.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::data::{FIRST_ID, PROJECT_KEY, Source, worklog_count, write_worklog};
use crate::reply::{Refusal, json_text};
use crate::server::{Api, Site};

/// Jira's default, so large that few clients ever page.
const DEFAULT_PAGE: usize = 5_000;

/// Where in the list to begin, and how much of it to return.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Window {
    start_at: usize,
    max_results: Option<usize>,
}

pub(crate) async fn worklogs(
    State(site): State<Arc<Site>>,
    Api(version): Api,
    Path(path): Path<HashMap<String, String>>,
    Query(window): Query<Window>,
) -> Result<Response, Refusal> {
    let number =
        path.get("issue").and_then(|issue| number(issue)).filter(|number| site.dataset.contains(*number));
    let number = number.ok_or_else(|| {
        Refusal::jira(StatusCode::NOT_FOUND, "Issue does not exist or you do not have permission to see it.")
    })?;
    let total = worklog_count(&site.dataset, number);
    let start = window.start_at;
    let size = window.max_results.unwrap_or(DEFAULT_PAGE).min(DEFAULT_PAGE);
    let mut body = format!(r#"{{"startAt":{start},"maxResults":{size},"total":{total},"worklogs":["#);
    for index in start..start.saturating_add(size).min(total) {
        if index > start {
            body.push(',');
        }
        write_worklog(&mut body, number, index, Source { dataset: &site.dataset, version });
    }
    body.push_str("]}");
    Ok(json_text(body))
}

/// An issue's number from its key or id.
fn number(issue: &str) -> Option<u32> {
    match issue.split_once('-') {
        Some((project, number)) if project.eq_ignore_ascii_case(PROJECT_KEY) => number.parse().ok(),
        Some(_) => None,
        None => issue.parse::<u32>().ok()?.checked_sub(FIRST_ID),
    }
}
