//! The page: its files, all compiled in. What it asks for is the API that everybody has.

use std::sync::LazyLock;

use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use pipeline_config::fingerprint;

use crate::{ApiError, AppState};

/// A file of the page: its name, its type and its text.
struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

macro_rules! assets {
    ($($name:literal: $kind:expr),* $(,)?) => {
        &[$(Asset { name: $name, kind: $kind, text: include_str!(concat!("../../assets/studio/", $name)) }),*]
    };
}

const ASSETS: &[Asset] = assets! {
    "api.js": SCRIPT,
    "app.js": SCRIPT,
    "charts.js": SCRIPT,
    "code.js": SCRIPT,
    "datasources.js": SCRIPT,
    "dom.js": SCRIPT,
    "drafts.js": SCRIPT,
    "editor.js": SCRIPT,
    "json_tree.js": SCRIPT,
    "pipelines.js": SCRIPT,
    "rows.js": SCRIPT,
    "run.js": SCRIPT,
    "runs.js": SCRIPT,
    "session.js": SCRIPT,
    "theme.js": SCRIPT,
    "base.css": STYLE,
    "views.css": STYLE,
    "icon.svg": "image/svg+xml",
};

/// Bundled from npm once, so that building needs Rust alone (ADR 0041).
const EDITOR: Asset =
    Asset { name: "codemirror.js", kind: SCRIPT, text: include_str!("../../assets/vendor/codemirror.js") };

/// Names all files: browsers ask whether they have changed, and nothing is sent where they have not.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let texts = ASSETS.iter().map(|asset| asset.text).chain([EDITOR.text]);
    format!("\"{}\"", fingerprint(texts))
});

/// The page's routes.
pub fn routes(state: &AppState) -> Router {
    Router::new().route("/", get(index)).route("/studio/{name}", get(asset)).with_state(state.clone())
}

/// Whether it is a part of the page that says nothing of anybody, so that the form for the token can have it.
pub(crate) fn is_public(path: &str) -> bool {
    matches!(path, "/studio/base.css" | "/studio/icon.svg")
}

async fn index() -> Html<&'static str> {
    Html(include_str!("../../assets/index.html"))
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Result<Response, ApiError> {
    let found = ASSETS.iter().chain([&EDITOR]).find(|asset| asset.name == name);
    let asset = found.ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "the page has no such file"))?;
    let kept = [(header::ETAG, VERSION.as_str()), (header::CACHE_CONTROL, "no-cache")];
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == VERSION.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, kept).into_response());
    }
    Ok((kept, [(header::CONTENT_TYPE, asset.kind)], asset.text).into_response())
}
