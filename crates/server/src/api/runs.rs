//! `/api/runs`.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::records;
use crate::{ApiError, AppState};

/// How many runs are listed, where nobody says.
const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 500;

#[derive(Deserialize)]
pub(super) struct Which {
    /// The pipeline's id.
    pipeline: Option<String>,
    limit: Option<usize>,
    /// Runs that began before this one.
    before: Option<String>,
}

pub(super) async fn list(
    State(state): State<AppState>,
    Query(which): Query<Which>,
) -> Result<Json<Value>, ApiError> {
    let name = which.pipeline.map(|id| state.supervisor.pipeline(&id)).transpose()?.map(|status| status.name);
    let limit = which.limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT);
    let runs = state.supervisor.history().runs_before(name.as_deref(), which.before.as_deref(), limit)?;
    Ok(Json(runs.iter().map(records::run).collect::<Vec<_>>().into()))
}

pub(super) async fn show(
    State(state): State<AppState>,
    Path(run): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let live = state.supervisor.pipelines().into_iter().filter_map(|status| status.running);
    let live = live.into_iter().find(|live| live.run == run);
    let log = state.supervisor.log(&run);
    let mut shown = match (state.supervisor.history().run(&run)?, &live) {
        (Some(record), _) => {
            let mut shown = records::run(&record);
            shown["tables"] = record.tables.iter().map(records::table).collect::<Vec<_>>().into();
            shown
        }
        // It waits for its turn.
        (None, Some(live)) => json!({
            "run": run, "pipeline": live.progress.pipeline, "startedAt": live.started_at.to_string(),
            "outcome": "running", "tables": [],
        }),
        (None, None) => {
            return Err(ApiError::new(StatusCode::NOT_FOUND, format!("there is no run `{run}`")));
        }
    };
    shown["log"] = json!(log);
    shown["progress"] = json!(live.map(|live| live.progress));
    Ok(Json(shown))
}

pub(super) async fn cancel(
    State(state): State<AppState>,
    Path(run): Path<String>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    state.supervisor.cancel(&run)?;
    Ok((StatusCode::ACCEPTED, Json(json!({"run": run}))))
}
