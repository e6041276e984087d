//! Why there is no credential.

use std::{io, path::PathBuf};

use pipeline_transport::TransportError;

/// A request could not be authorized.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// A person must log in again; nothing that was stored has been deleted.
    #[error("the login is no longer valid: {problem}")]
    Reauthorize {
        /// What the server said, or what is missing.
        problem: String,
    },
    /// There are no tokens at all: a person must log in.
    #[error("nobody is logged in")]
    NotLoggedIn,
    /// The token endpoint does not know the application.
    #[error("the token endpoint refused the client: {problem}; check `client_id` and `client_secret`")]
    WrongClient {
        /// What it said.
        problem: String,
    },
    /// The token endpoint answered with something else than tokens.
    #[error("the token endpoint answered {status}: {problem}")]
    TokenEndpoint {
        /// The HTTP status.
        status: u16,
        /// What it said.
        problem: String,
    },
    /// The program that knows the token did not tell it.
    #[error("the program `{program}` gave no token: {problem}")]
    Command {
        /// Its name.
        program: String,
        /// How it ended, and what it said.
        problem: String,
    },
    /// The token endpoint could not be asked.
    #[error("the token endpoint could not be asked")]
    Transport(#[from] TransportError),
    /// Another process has the login, and gave no credential.
    #[error("{problem}")]
    Elsewhere {
        /// What it said.
        problem: String,
        /// Whether a person must log in again.
        needs_login: bool,
    },
    /// Tokens cannot be kept, without which a rotated refresh token would be lost.
    #[error("tokens cannot be kept in `{path}`{}", help(source))]
    Store {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl AuthError {
    /// Whether a person must do something about the login.
    pub fn needs_login(&self) -> bool {
        match self {
            Self::Reauthorize { .. } | Self::NotLoggedIn | Self::WrongClient { .. } => true,
            Self::Elsewhere { needs_login, .. } => *needs_login,
            _ => false,
        }
    }
}

/// What to do about a store that cannot be used.
fn help(source: &io::Error) -> &'static str {
    use io::ErrorKind as Kind;
    match source.kind() {
        Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge => {
            "\n  = help: make room on that disk, or name another folder with `--state-dir`; the login is as it was"
        }
        Kind::PermissionDenied | Kind::NotADirectory | Kind::AlreadyExists | Kind::ReadOnlyFilesystem => {
            "\n  = help: its folder must be one that you can write in; `--state-dir` names another"
        }
        Kind::IsADirectory | Kind::InvalidData => "\n  = help: move it away and log in again",
        _ => "",
    }
}
