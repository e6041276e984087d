//! The JSON API: what there is, what it does, and what happens to it.
mod datasource;
mod desk;
mod events;
pub(crate) mod login;
mod pipelines;
mod records;
mod runs;

use axum::{
    Router,
    http::StatusCode,
    routing::{get, post, put},
};

use crate::{ApiError, AppState};

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/pipelines", get(pipelines::list))
        .route("/pipelines/{id}", get(pipelines::show))
        .route("/pipelines/{id}/run", post(pipelines::run))
        .route("/pipelines/{id}/pause", post(pipelines::pause))
        .route("/pipelines/{id}/resume", post(pipelines::resume))
        .route("/pipelines/{id}/access", get(datasource::show))
        .route("/pipelines/{id}/login", post(datasource::log_in))
        .route("/pipelines/{id}/logout", post(datasource::log_out))
        .route("/pipelines/{id}/desk", get(desk::show))
        .route("/pipelines/{id}/page", get(desk::page).post(desk::refetch))
        .route("/pipelines/{id}/convert", post(desk::convert))
        .route("/pipelines/{id}/code", put(desk::save))
        .route("/runs", get(runs::list))
        .route("/runs/{run}", get(runs::show))
        .route("/runs/{run}/cancel", post(runs::cancel))
        .route("/events", get(events::events))
        .route("/session", post(login::begin).delete(login::end))
        .fallback(nothing)
}

async fn nothing() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "there is nothing at this address")
}
