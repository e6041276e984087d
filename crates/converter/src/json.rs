//! The page's way into the engine, and its `JSON.parse`.
//!
//! ```text
//! body ──page_text()──▶ JavaScript string ──JSON.parse──▶ Tape ──▶ JavaScript values
//!   └───────── the page's own bytes, not read back from the string ──▲
//! ```
//! Boa's own function checks the text with serde_json, compiles it as a script and keeps every name for as long as the
//! context lives. This one follows ECMA-262 §25.5.1 and is some ten times faster; see ADR 0003.

mod document;
mod names;
mod parse;
mod reviver;
mod scan;
mod tape;
mod text;
mod whole;

pub(crate) use parse::{Json, install};
