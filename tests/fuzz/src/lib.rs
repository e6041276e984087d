//! The readers of what other people and machines write, each with inputs of any bytes.
//!
//! A target panics where a reader does, where it breaks a promise (what is written is read again, two readers agree), and where
//! [`check`] finds it too slow or too large. Inputs that once led somewhere new are in `corpus/`, a line each, as Rust
//! escapes bytes. `cargo test -p pipeline-fuzz` reads them all, and variations of them for a moment. `just fuzz` lets
//! libFuzzer find more, whose counters the stable compiler puts in (ADR 0063); what it finds there goes into the corpus. An
//! input that fails is in `tests/fuzz/found`; once its cause is gone, it belongs into the corpus, too.

mod bounds;
pub mod corpus;
mod targets;

pub use bounds::check;
pub use targets::{TARGETS, Target, target};
