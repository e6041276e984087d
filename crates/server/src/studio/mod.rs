//! The page: its files, and what only it asks for. Its files are in `assets/`, compiled in.

use axum::{Router, response::Html, routing::get};

use crate::AppState;

/// The page's routes.
pub fn routes(state: &AppState) -> Router {
    Router::new().route("/", get(index)).with_state(state.clone())
}

async fn index() -> Html<&'static str> {
    Html(include_str!("../../assets/index.html"))
}
