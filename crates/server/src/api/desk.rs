//! `/api/pipelines/{id}/desk` and what stands on it: pages, code, rows.

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use pipeline_authoring::{self, Direction, JsonRows, RowOrder};
use pipeline_scheduler::{DeskPage, DeskTable, Trial};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{ApiError, AppState};

/// No browser shows more rows well, and no author reads them.
const MAX_ROWS: usize = 1_000;

#[derive(Deserialize)]
pub(super) struct Which {
    table: String,
}

/// Code that nobody has saved; without it, that on the disk.
#[derive(Deserialize)]
pub(super) struct Tried {
    table: String,
    code: Option<String>,
    order: Option<Order>,
}

/// The order in which rows are shown.
#[derive(Deserialize)]
pub(super) struct Order {
    column: String,
    down: bool,
}

/// Code to be saved, in the place of that which the version names.
#[derive(Deserialize)]
pub(super) struct Saved {
    table: String,
    code: String,
    version: String,
}

pub(super) async fn show(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let status = state.supervisor.pipeline(&id)?;
    let tables = state.supervisor.desk(&id)?;
    Ok(Json(json!({
        "id": status.id,
        "name": status.name,
        "problems": status.problems,
        "tables": tables.iter().map(table).collect::<Vec<_>>(),
    })))
}

pub(super) async fn page(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(as_json(&state.supervisor.page(&id, &which.table).await?)))
}

pub(super) async fn refetch(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Json(which): Json<Which>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(as_json(&state.supervisor.refetch(&id, &which.table).await?)))
}

pub(super) async fn convert(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Json(tried): Json<Tried>,
) -> Result<Json<Value>, ApiError> {
    let _place = state.trials.acquire().await;
    let trial = state.supervisor.try_code(&id, &tried.table, tried.code.as_deref()).await?;
    Ok(Json(match trial {
        Trial::Rows { rows, elapsed } => {
            // Of a million rows it takes its time.
            let shown = tokio::task::spawn_blocking(move || shown(&rows, tried.order));
            let failed = |_| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "the rows cannot be shown");
            let mut shown = shown.await.map_err(failed)?;
            shown["milliseconds"] = (elapsed.as_secs_f64() * 1e3).into();
            shown
        }
        Trial::Failed { message, shown, place } => {
            let (line, column) = place.unzip();
            json!({"failed": {"message": message, "shown": shown, "line": line, "column": column}})
        }
    }))
}

/// The first rows in an order, and what all of them have in their columns.
fn shown(rows: &JsonRows, order: Option<Order>) -> Value {
    let order = order.map(|Order { column, down }| RowOrder {
        column,
        direction: if down { Direction::Down } else { Direction::Up },
    });
    let places = order.and_then(|order| rows.ordered(&order));
    let places: Vec<usize> = match places {
        Some(places) => places.into_iter().take(MAX_ROWS).collect(),
        None => (0..rows.rows.len().min(MAX_ROWS)).collect(),
    };
    let columns = rows.columns.iter().zip(rows.facts());
    let columns = columns.map(|((name, kind), facts)| {
        let (least, greatest) = facts.range.unzip();
        let facts = json!({
            "total": rows.rows.len(), "nulls": facts.n_nulls, "distinct": facts.n_distinct, "top": facts.top,
            "least": least, "greatest": greatest, "steps": facts.steps,
        });
        json!({"name": name, "type": kind, "facts": facts})
    });
    json!({
        "columns": columns.collect::<Vec<_>>(),
        "rows": places.iter().map(|at| rows.rows[*at].values().map(cell).collect::<Vec<_>>()).collect::<Vec<_>>(),
        "numbers": places.iter().map(|at| at + 1).collect::<Vec<_>>(),
        "nRows": rows.rows.len(),
    })
}

pub(super) async fn save(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Json(saved): Json<Saved>,
) -> Result<Json<Value>, ApiError> {
    // What was saved is read at once, which takes as long as its author wants.
    let save = move || state.supervisor.save_code(&id, &saved.table, (&saved.code, &saved.version));
    let failed = |_| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "the code cannot be saved");
    let version = tokio::task::spawn_blocking(save).await.map_err(failed)??;
    Ok(Json(json!({"version": version})))
}

/// Whether the number is written just so.
fn is_written(number: &Value, written: &str) -> bool {
    let text = number.to_string();
    text == written
}

/// A value for the page in the browser, whose numbers are doubles: one that would lose digits is text.
fn cell(value: &pipeline_authoring::Json) -> Value {
    const MAX_SAFE: u64 = (1 << 53) - 1;
    match value {
        pipeline_authoring::Json::Number(written) => match serde_json::from_str::<Value>(written) {
            Ok(number) if number.as_i64().is_some_and(|whole| whole.unsigned_abs() <= MAX_SAFE) => number,
            Ok(number) if number.is_f64() && is_written(&number, written) => number,
            _ => Value::String(written.clone()),
        },
        pipeline_authoring::Json::Null => Value::Null,
        pipeline_authoring::Json::Bool(value) => Value::Bool(*value),
        pipeline_authoring::Json::Text(text) => Value::String(text.clone()),
        pipeline_authoring::Json::Array(items) => items.iter().map(cell).collect(),
        pipeline_authoring::Json::Object(members) => {
            members.iter().map(|(name, member)| (name.clone(), cell(member))).collect()
        }
    }
}

fn table(table: &DeskTable) -> Value {
    let code = table.code.as_ref().map(|code| {
        json!({
            "path": code.path,
            "inline": code.is_inline,
            "text": code.text,
            "place": code.place,
            "version": code.version,
        })
    });
    json!({"name": table.name, "code": code})
}

fn as_json(page: &DeskPage) -> Value {
    json!({
        "page": page.page.page,
        "url": page.page.url,
        "status": page.page.status,
        "body": page.page.body.text(),
        "fetchedAt": page.fetched_at.to_string(),
    })
}
