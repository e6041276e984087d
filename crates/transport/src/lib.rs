//! Sends HTTP requests: limits, retries, safety and redaction in one place.
//!
//! A [`Client`] takes a [`Request`] and gives a [`Response`] whatever its status, unless the status is worth
//! another try: then it waits as long as the server says, tries again, and in the end fails with a
//! [`TransportError`]. It is the only retry layer of a pipeline, and this crate the only user of reqwest.
//!
//! ```text
//! send ─▶ host paused? ─▶ throttle, concurrency ─▶ one attempt, redirects by hand ─▶ decide (pure) ─┬▶ Response
//!           ▲                                                                                       └▶ error
//!           └──────────────── wait: Retry-After as a minimum, else backoff ◀────────────────────────┘
//! ```
//!
//! Credentials travel apart from the URL and the headers of a request, so that redirects to another origin
//! leave them behind. Whatever is printed goes through a [`Redactor`], which knows secrets by value.
//!
//! ```
//! use pipeline_transport::{Client, Limits, Method, Redactor, Request, TransportError};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(Limits::default(), Redactor::default())?;
//! let request = Request::new(Method::Get, "http://example.com/?api_key=hunter2".parse()?);
//! let error = client.send(&request).await.unwrap_err();
//! assert!(matches!(error, TransportError::Unsafe { .. }), "credentials do not travel in clear");
//! assert!(!error.to_string().contains("hunter2"));
//! # Ok(())
//! # }
//! ```

mod attempt;
mod buffers;
mod client;
mod clock;
mod connections;
mod error;
mod headers;
mod inflate;
mod limits;
mod observer;
mod pauses;
mod rate_limit;
mod reach;
mod redacted_url;
mod redacting_writer;
mod redactor;
mod redirect;
mod request;
mod response;
mod retry;
mod safety;
mod server_message;
mod stats;
mod throttle;
mod turns;

pub use client::{Authorize, Client, SPANS, SendError};
pub use clock::{Clock, ManualClock, SystemClock};
pub use error::TransportError;
pub use headers::Headers;
pub use limits::{LIMITS_FIELDS, Limits, Rate};
pub use observer::{Event, Observer, WaitReason};
pub use pauses::Pauses;
pub use reach::Reach;
pub use redacted_url::RedactedUrl;
pub use redacting_writer::RedactingWriter;
pub use redactor::Redactor;
pub use request::{Body, Method, Network, Repeat, Request};
pub use response::Response;
pub use safety::{is_loopback, is_private};
pub use server_message::server_message;
pub use stats::{Stats, StatsSnapshot};
pub use turns::{Turn, Turns};
