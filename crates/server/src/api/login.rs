//! Entering the token of the server.

use axum::{
    Extension, Form, Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::json;

use crate::{ApiError, AppState, connections::Peer};

#[derive(Deserialize)]
pub(crate) struct Entered {
    token: String,
}

/// The form.
pub(crate) async fn page() -> Html<&'static str> {
    Html(include_str!("../../assets/login.html"))
}

/// The form, sent.
pub(crate) async fn enter(
    State(state): State<AppState>,
    Extension(peer): Extension<Peer>,
    Form(entered): Form<Entered>,
) -> Response {
    match admit(&state, peer, &entered).await {
        Ok(cookie) => ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response(),
        Err(refused) => refused.into_response(),
    }
}

/// The same for pages that send JSON.
pub(crate) async fn begin(
    State(state): State<AppState>,
    Extension(peer): Extension<Peer>,
    Json(entered): Json<Entered>,
) -> Result<Response, ApiError> {
    let cookie = admit(&state, peer, &entered).await?;
    Ok(([(header::SET_COOKIE, cookie)], Json(json!({}))).into_response())
}

/// Ends the session.
pub(crate) async fn end(State(state): State<AppState>, headers: HeaderMap) -> Response {
    state.access.end_session(&headers);
    let gone = format!("{}; Max-Age=0", state.access.cookie(""));
    ([(header::SET_COOKIE, gone)], Json(json!({}))).into_response()
}

async fn admit(state: &AppState, peer: Peer, entered: &Entered) -> Result<String, ApiError> {
    if !state.access.tries(&entered.token, Some(peer)).await? {
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "this is not the token of this server"));
    }
    Ok(state.access.begin_session())
}
