//! `/api/pipelines/{id}/access` and its login; never a token.

use axum::{
    Json,
    extract::{Path, State},
};
use pipeline_auth::LoginStatus;
use serde_json::{Value, json};

use crate::{ApiError, AppState};

pub(super) async fn show(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let login = state.supervisor.login(&id)?;
    Ok(Json(login.as_ref().map_or_else(without_login, as_json)))
}

pub(super) async fn log_in(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let page = state.supervisor.begin_login(&id).await?;
    Ok(Json(json!({"authorizeUrl": page.authorize_url})))
}

pub(super) async fn log_out(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let had_tokens = state.supervisor.log_out(&id).await?;
    Ok(Json(json!({"loggedIn": false, "wasLoggedIn": had_tokens})))
}

/// Nobody logs in to a file, or with a key that stands in the environment.
fn without_login() -> Value {
    json!({"kind": "none", "loggedIn": true, "scopes": [], "expiresAt": null, "account": null})
}

fn as_json(login: &LoginStatus) -> Value {
    json!({
        "kind": "oauth2",
        "loggedIn": login.is_logged_in(),
        "usable": login.is_usable,
        "renewable": login.is_renewable,
        "stored": login.is_stored,
        "scopes": login.granted.as_ref().unwrap_or(&login.wanted),
        "missingScopes": login.missing_scopes(),
        "expiresAt": login.expires_at.map(|time| time.to_string()),
        "account": login.account,
        "server": login.server,
    })
}
