//! `/api/pipelines`.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use pipeline_scheduler::PipelineStatus;
use serde_json::{Value, json};

use super::records;
use crate::{ApiError, AppState};

pub(super) async fn list(State(state): State<AppState>) -> Result<Json<Value>, ApiError> {
    let pipelines = state.supervisor.pipelines();
    let shown: Result<Vec<Value>, ApiError> =
        pipelines.iter().map(|status| as_json(&state, status)).collect();
    Ok(Json(shown?.into()))
}

pub(super) async fn show(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(as_json(&state, &state.supervisor.pipeline(&id)?)?))
}

pub(super) async fn run(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), ApiError> {
    let run = state.supervisor.run(&id)?;
    Ok((StatusCode::ACCEPTED, Json(json!({"run": run}))))
}

pub(super) async fn pause(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    state.supervisor.pause(&id)?;
    Ok(Json(json!({"paused": true})))
}

pub(super) async fn resume(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    state.supervisor.resume(&id)?;
    Ok(Json(json!({"paused": false})))
}

fn as_json(state: &AppState, status: &PipelineStatus) -> Result<Value, ApiError> {
    let last = state.supervisor.last_run(&status.name)?;
    let schedule = status.schedule.as_ref().map(|schedule| {
        json!({
            "cron": schedule.cron,
            "timezone": schedule.timezone,
            "next": schedule.next.map(|next| next.to_string()),
        })
    });
    Ok(json!({
        "id": status.id,
        "name": status.name,
        "file": status.file,
        "tables": status.tables,
        "tags": status.tags,
        "schedule": schedule,
        "paused": status.is_paused,
        "running": status.running.as_ref().map(|live| &live.run),
        "progress": status.running.as_ref().map(|live| &live.progress),
        "runsElsewhere": status.runs_elsewhere,
        "runnable": status.is_runnable,
        "lastRun": last.as_ref().map(records::run),
        "problems": status.problems,
    }))
}
