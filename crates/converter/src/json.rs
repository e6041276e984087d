//! The page's way into the engine, and its `JSON.parse`.
//!
//! ```text
//! body ──page_text()──▶ JavaScript string ──JSON.parse──▶ Tape ──▶ JavaScript values
//!   └───────── the page's own bytes, not read back from the string ──▲
//! ```
//! Boa's own function checks the text with serde_json, compiles it as a script and keeps every name for as long as the
//! context lives. This one follows ECMA-262 §25.5.1 and is some ten times faster; see ADR 0003. `JSON.stringify` has a quick way for
//! data.

mod document;
mod guard;
mod learned;
mod names;
mod parse;
mod partial;
mod reviver;
mod scan;
mod stringify;
mod tape;
mod text;
mod v8;
mod whole;

pub(crate) use document::{BigIntegers, Document};
pub(crate) use learned::{Learned, Place};
pub(crate) use parse::{Json, Objects, install, place_of, utf8};
pub(crate) use partial::{Partial, complete};
pub(crate) use tape::{Children, Kind, Malformed, Tape};
pub(crate) use text::Surrogates;
