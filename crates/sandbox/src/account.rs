//! Who am I, and which sites may I use.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use crate::access::{EMAIL, Granted};
use crate::data::{SELF_ACCOUNT, TIME_ZONE, write_own_account};
use crate::reply::json_text;
use crate::server::{Api, CLOUD_ID, Site};

/// `GET /_edge/tenant_info`: the site's id, for anyone.
pub(crate) async fn tenant_info() -> Response {
    json_text(json!({ "cloudId": CLOUD_ID }).to_string())
}

/// `GET /oauth/token/accessible-resources`: the one site, with what the caller's token may do there.
pub(crate) async fn accessible_resources(
    State(site): State<Arc<Site>>,
    Extension(Granted { scope, .. }): Extension<Granted>,
) -> Response {
    let scopes: Vec<&str> = scope.split_whitespace().filter(|scope| scope.contains("jira")).collect();
    let resource = json!([{
        "id": CLOUD_ID,
        "url": site.url,
        "name": "sandbox",
        "scopes": scopes,
        "avatarUrl": "https://avatar.example/sandbox",
    }]);
    json_text(resource.to_string())
}

/// `GET /me`, of Atlassian's identity service.
pub(crate) async fn me() -> Response {
    let account = json!({
        "account_type": "atlassian",
        "account_id": SELF_ACCOUNT,
        "email": EMAIL,
        "name": "Zoë Müller",
        "picture": "https://avatar.example/0/48x48",
        "account_status": "active",
        "zoneinfo": TIME_ZONE,
        "locale": "en-US",
    });
    json_text(account.to_string())
}

/// `GET /rest/api/{version}/myself`, of Jira.
pub(crate) async fn myself(Api(version): Api) -> Response {
    let mut body = String::new();
    write_own_account(&mut body, version);
    json_text(body)
}
