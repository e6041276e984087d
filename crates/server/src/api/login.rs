//! Entering the token of the server.

use axum::{
    Form, Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use serde::Deserialize;
use serde_json::json;

use crate::{ApiError, AppState, access, session::COOKIE};

#[derive(Deserialize)]
pub(crate) struct Entered {
    token: String,
}

/// The form.
pub(crate) async fn page() -> Html<&'static str> {
    Html(include_str!("../../assets/login.html"))
}

/// The form, sent.
pub(crate) async fn enter(State(state): State<AppState>, Form(entered): Form<Entered>) -> Response {
    match admit(&state, &entered) {
        Ok(cookie) => ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response(),
        Err(refused) => refused.into_response(),
    }
}

/// The same for pages that send JSON.
pub(crate) async fn begin(
    State(state): State<AppState>,
    Json(entered): Json<Entered>,
) -> Result<Response, ApiError> {
    let cookie = admit(&state, &entered)?;
    Ok(([(header::SET_COOKIE, cookie)], Json(json!({}))).into_response())
}

/// Ends the session.
pub(crate) async fn end(State(state): State<AppState>, headers: HeaderMap) -> Response {
    if let Some(session) = access::session(&headers) {
        state.door.sessions.end(session);
    }
    let gone = format!("{COOKIE}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
    ([(header::SET_COOKIE, gone)], Json(json!({}))).into_response()
}

fn admit(state: &AppState, entered: &Entered) -> Result<String, ApiError> {
    if !state.door.opens(&entered.token) {
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "this is not the token of this server"));
    }
    // Without `Secure`: the server itself speaks plain HTTP, and a proxy before it may not.
    Ok(format!("{COOKIE}={}; HttpOnly; SameSite=Strict; Path=/", state.door.sessions.begin()))
}
