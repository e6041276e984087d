//! A Jira Cloud look-alike on 127.0.0.1, to try pipelines and to test them without an account.
//!
//! [`Sandbox::start`] opens a port and answers like Atlassian: OAuth 2.0 with rotating refresh tokens, the
//! removed `/search` and its successor `/search/jql`, worklogs per issue, and seeded issues that are computed
//! when asked for, so that a million of them cost no memory. [`Faults`] make it answer badly on demand: quota
//! answers, broken bodies, repeated cursors, tokens that expire in mid-paging.
//!
//! ```text
//! client ──▶ faults (what goes wrong now?) ──▶ guard (token, scope) ──▶ JQL ──▶ data (seed, number) ──▶ JSON
//!                                                 ▲
//!            /oauth/token, /authorize ──▶ grants ─┘
//! ```
//!
//! Texts, status codes and page limits follow Atlassian's documentation and what its users report; where a
//! part is invented, the code says so. It holds no secrets and must never listen beyond loopback.
//!
//! # Example
//! ```
//! use pipeline_sandbox::{Sandbox, SandboxOptions};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), pipeline_sandbox::SandboxError> {
//! let sandbox = Sandbox::start(SandboxOptions { issues: 1_000, ..SandboxOptions::default() }).await?;
//! for (name, value) in sandbox.variables() {
//!     assert!(name.starts_with("JIRA_") && !value.is_empty());
//! }
//! assert!(sandbox.url().starts_with("http://127.0.0.1:"));
//! assert_eq!(sandbox.stats().search_requests, 0);
//! sandbox.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod access;
mod account;
mod clock;
mod connection;
mod control;
mod cursor;
mod data;
mod faults;
mod jql;
mod oauth;
mod page_cache;
mod quota;
mod reply;
mod sandbox;
mod search;
mod server;
mod stats;
mod worklogs;

pub use faults::{Fault, FaultBody, FaultRule, FaultTarget, FaultTiming, Faults, RetryAfter, StatusFault};
pub use quota::Quota;
pub use sandbox::{Sandbox, SandboxError, SandboxOptions};
pub use stats::SandboxStats;

#[cfg(test)]
mod tests;
