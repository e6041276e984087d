//! Tables of PostgreSQL as sinks.
//!
//! ```text
//! rows ──COPY──▶ temporary table ──finish: one transaction──▶ table, and a row in `_pipeline_runs`
//! ```
//! Rows of a run wait in a temporary table, which ends with the connection, however it ends. One transaction then adds
//! columns, deletes what is replaced, inserts, and notes the run with its state: readers see the table of before or
//! the table of after. Runs of several machines are kept apart by an advisory lock.
//!
//! Sinks block, and must not be called from asynchronous code.

mod build;
mod connection;
mod encode;
mod lost_answer;
mod names;
mod record;
mod sink;
mod sql_type;
mod writer;

pub use build::KIND;

#[cfg(test)]
mod tests;
