//! Serves the pipelines of a folder over HTTP: API, events, metrics, page.
//!
//! ```text
//! request ─▶ access (host, session, origin, CSRF) ─┬▶ /api/…     ─▶ Supervisor
//!                                                  ├▶ /healthz, /metrics
//!                                                  └▶ studio: the page and what it asks for
//! ```
//! What runs and when is the business of [`pipeline_scheduler`]; here is who may ask, and how it is told. Nothing
//! here prints.
//!
//! Everybody must show a token, on this machine too: other users of it are strangers as well. Writes also need the header
//! `X-Pipeline: 1`, which pages of other origins cannot send, and an `Origin` that is ours. See ADR 0040.
mod access;
mod api;
mod attempts;
mod connections;
mod error;
mod metrics;
mod server;
mod session;
mod state;
pub mod studio;

pub use access::Token;
pub use error::{ApiError, ServerError};
pub use server::{Server, ServerOptions};
pub use state::AppState;
