//! What executors ask the process that coordinates a run: the table, credentials, and turns for requests.
//!
//! ```text
//! POST /assignment  ─▶ Assignment
//! POST /turn        ─▶ Turn                    a place in the one queue for the server
//! POST /pause       ─▶ nothing                 the server wants no request for a while
//! POST /credential  ─▶ CredentialAnswer        an access token, never a refresh token
//! POST /refused     ─▶ RefusedAnswer           the server did not like it
//! ```
//! JSON over HTTP. The key of a run stands in `Authorization`; it is made for one table of one run and ends with it. As
//! Ballista's own traffic, this is for networks whose machines trust each other.

mod client;
mod messages;
mod server;

pub(crate) use client::BrokerClient;
pub(crate) use server::{Broker, Registration};

#[cfg(test)]
mod tests;
