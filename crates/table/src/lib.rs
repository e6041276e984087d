//! Turns rows into Arrow record batches, inferring types that only ever widen.
//!
//! A [`BatchBuilder`] takes the rows of one page and gives a [`Batch`] with the types of that page. The types of a
//! run are the [`Columns`] of all its pages, [unified](Columns::unify); [`cast`] brings an earlier batch into the
//! wider types without losing a value, and where pages end makes no difference to the result. Columns that the user
//! declared are checked instead of inferred.
//!
//! ```
//! use pipeline_table::{BatchBuilder, Cell, Columns, DeclaredColumns, cast};
//!
//! let mut pages = Vec::new();
//! for points in [Cell::Int(3), Cell::Float(0.5)] {
//!     let mut rows = BatchBuilder::new(DeclaredColumns::default().into());
//!     rows.push("Story Points", points)?;
//!     rows.end_row()?;
//!     pages.push(rows.finish()?);
//! }
//! let run = pages.iter().fold(Columns::default(), |run, page| run.unify(page.columns()));
//! assert_eq!(run.get("Story Points").unwrap().name(), "float");
//! assert_eq!(cast(&pages[0], &run)?.num_rows(), 1);
//! # Ok::<(), pipeline_table::TableError>(())
//! ```

mod accept;
mod advice;
mod batch;
mod cast;
mod cell;
mod checks;
mod column;
mod column_text;
mod column_type;
mod columns;
mod declaration;
mod declared;
mod doubts;
mod error;
mod exactness;
mod ipc;
mod loss;
mod members;
mod nested;
mod nesting;
mod number;
mod parse;
mod pattern;
mod rejected;
mod schema;
mod spelled;
mod text;
mod times;
mod type_name;
mod typed;
mod written;

pub use advice::Advice;
pub use batch::{Batch, BatchBuilder, ColumnTypes, MAX_COLUMNS, Outcome, undefined_warnings};
pub use cast::{cast, cast_record_batch};
pub use cell::{Cell, MAX_SAFE_INTEGER};
pub use checks::{
    CHECK_KINDS, Check, CheckBuild, CheckedPage, Checks, Example, Finding, Probe, Probes, Problem, RunFacts,
    Severity,
};
pub use column::MAX_DEPTH;
pub use column_text::ColumnText;
pub use column_type::{ColumnType, MAX_MEMBERS, MAX_PRECISION};
pub use columns::{ColumnSpec, Columns, JsonValues};
pub use declaration::COLUMN_FIELDS;
pub use declared::{DeclaredColumn, DeclaredColumns, Extras, OnError};
pub use doubts::KEEP_DIGITS;
pub use error::TableError;
pub use exactness::Fraction;
pub use loss::{Loss, Rounded};
pub use rejected::RejectedRow;
pub use spelled::Spelled;

#[cfg(test)]
mod contract_tests;
#[cfg(test)]
mod digits_tests;
#[cfg(test)]
mod tests;
