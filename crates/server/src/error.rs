//! Why a server does not start, and why a request is refused.

use std::{io, net::SocketAddr};

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use pipeline_config::explain;
use pipeline_scheduler::SupervisorError;
use serde_json::json;

/// The server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// Others could reach it, and nothing would stop them.
    #[error("`{address}` can be reached by others, and no token is given")]
    NoToken {
        /// Where it was to listen.
        address: SocketAddr,
    },
    /// A token that can be guessed is none.
    #[error("the token has {length} characters; {} or more are needed", crate::access::MIN_TOKEN)]
    ShortToken {
        /// How many.
        length: usize,
    },
    /// The port is taken, or no address of this machine.
    #[error("`{address}` cannot be listened at")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// A request that is refused: `{"error": {"message", "help"}}`.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    message: String,
    help: Option<String>,
}

impl ApiError {
    /// An answer with this status; credentials must not be in `message`.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), help: None }
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut error = json!({"message": self.message});
        if let Some(help) = self.help {
            error["help"] = help.into();
        }
        (self.status, Json(json!({"error": error}))).into_response()
    }
}

impl From<SupervisorError> for ApiError {
    fn from(error: SupervisorError) -> Self {
        let (status, help) = match &error {
            SupervisorError::NoPipeline { .. } => {
                (StatusCode::NOT_FOUND, Some("`GET /api/pipelines` lists them"))
            }
            SupervisorError::NoRun { .. } => (StatusCode::NOT_FOUND, None),
            SupervisorError::Busy { .. } => {
                (StatusCode::CONFLICT, Some("cancel it, or wait until it has ended"))
            }
            SupervisorError::Broken { .. } | SupervisorError::Invalid(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, Some("`problems` of the pipeline says what to change"))
            }
            SupervisorError::NoTable { .. } => (StatusCode::NOT_FOUND, None),
            SupervisorError::NoCode { .. } => {
                (StatusCode::CONFLICT, Some("name a script as its `converter` in the YAML"))
            }
            SupervisorError::Changed { .. } => {
                (StatusCode::CONFLICT, Some("look at what it is now before you replace it"))
            }
            SupervisorError::Gone { .. } => (
                StatusCode::CONFLICT,
                Some(
                    "another program may be replacing the file: save once more; if the file was deleted or renamed, put it back \
                     first, or take the code along from here",
                ),
            ),
            SupervisorError::Inline { .. } => (
                StatusCode::CONFLICT,
                Some("move it into a file of its own, or write it as a block after `|`"),
            ),
            SupervisorError::Unwritable { .. } => (StatusCode::UNPROCESSABLE_ENTITY, None),
            SupervisorError::Page(_) => (StatusCode::BAD_GATEWAY, None),
            SupervisorError::Draining => (StatusCode::SERVICE_UNAVAILABLE, None),
            SupervisorError::NoLogin { .. } => {
                (StatusCode::CONFLICT, Some("only `kind: oauth2` in its `auth` section has one"))
            }
            SupervisorError::Login(_) | SupervisorError::Auth(_) => (StatusCode::BAD_GATEWAY, None),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, None),
        };
        let message = match &error {
            SupervisorError::Invalid(invalid) => invalid.rendered.clone(),
            error => explain(error),
        };
        Self { status, message, help: help.map(str::to_owned) }
    }
}

impl From<pipeline_history::HistoryError> for ApiError {
    fn from(error: pipeline_history::HistoryError) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, explain(&error))
    }
}
