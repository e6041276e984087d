//! Why a run ended without its rows.

use pipeline_auth::AuthError;
use pipeline_converter::ConverterError;
use pipeline_datasource::DatasourceError;
use pipeline_sink::SinkError;
use pipeline_transport::TransportError;

/// A run failed; the output of the table it was at is as it was before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// A page could not be had.
    #[error(transparent)]
    Datasource(#[from] DatasourceError),
    /// A page could not be converted.
    #[error(transparent)]
    Converter(#[from] ConverterError),
    /// Rows could not be written.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// There is no process or thread for a converter.
    #[error("a converter cannot be started")]
    Worker(#[source] std::io::Error),
    /// Someone pressed Ctrl-C.
    #[error("interrupted; the earlier output is as it was")]
    Interrupted,
    /// A mistake in this program.
    #[error("this is a bug in pipeline: {0}")]
    Bug(&'static str),
}

/// What the caller of a failed run can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// Read the message.
    Failed,
    /// Log in again.
    Reauthorize,
    /// Run again later.
    Resume,
    /// Nothing: it was asked for.
    Interrupted,
}

impl RunError {
    /// What the caller can do.
    pub fn reaction(&self) -> Reaction {
        match self {
            Self::Interrupted => Reaction::Interrupted,
            Self::Datasource(DatasourceError::Auth(
                AuthError::Reauthorize { .. } | AuthError::WrongClient { .. },
            )) => Reaction::Reauthorize,
            Self::Datasource(
                DatasourceError::Transport { source: TransportError::Quota { .. }, .. }
                | DatasourceError::Auth(AuthError::Transport(TransportError::Quota { .. })),
            ) => Reaction::Resume,
            _ => Reaction::Failed,
        }
    }
}
