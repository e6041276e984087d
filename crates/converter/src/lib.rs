//! Turns pages into rows by calling the user's JavaScript function `convert(json, metadata)`.
//!
//! ```text
//! Script ──check()──▶ syntax, for `pipeline validate`
//!    └──Converter::new──▶ top level runs ──convert(page)──▶ convert(json, metadata) ──▶ rows ──▶ Batch
//! ```
//! A script is a sloppy script, not a module. `convert` may return an array of row objects, one object, nothing
//! (null or undefined), a promise of these, or anything that can be iterated; own enumerable properties with string
//! names are columns. There is no network, file, timer or environment; `console` goes to the log, and the local time
//! zone is UTC, so that a page gives the same rows everywhere.
//!
//! **State.** Each page gets a fresh global scope in which the top level has run once: nothing a page leaves behind is
//! seen by another, so rows never depend on the order of pages or the number of threads. A fresh scope costs about
//! half a millisecond and gives back what the engine's interner kept of the page.
//!
//! A [`Converter`] lives on one thread; its calls may need [`Converter::THREAD_STACK`] bytes of that thread's stack.
//! Pages and rows count from 0 in values and from 1 in messages.
//!
//! ```
//! use pipeline_converter::{Converter, ConverterLimits, Metadata, Origin, PageInput, Script};
//!
//! let text = "function convert(json) { return JSON.parse(json).issues.map(i => ({ 'Issue Key': i.key })) }";
//! let script = Script::inline(text, Origin { path: "jira.yaml".into(), line: 9, column: 5 });
//! let mut converter = Converter::new(&script, Default::default(), ConverterLimits::default())?;
//! let page = PageInput { index: 0, body: br#"{"issues": [{"key": "ABC-1"}]}"#, metadata: Metadata::default() };
//! let batch = converter.convert(&page)?;
//! assert_eq!((batch.n_rows(), batch.columns().len()), (1, 1));
//! # Ok::<(), pipeline_converter::ConverterError>(())
//! ```

// The tests in `tests/node` and the program of `just fuzz-js` name this crate alike.
#[cfg(test)]
extern crate self as pipeline_converter;

mod absent;
mod analysis;
mod budget;
mod builtins;
mod cells;
mod code;
mod console;
mod converter;
mod deep;
mod deterministic;
mod direct;
mod engine;
mod error;
mod explain;
mod exports;
mod failure;
#[doc(hidden)]
pub mod fuzzing;
mod hints;
mod hooks;
mod imports;
mod json;
mod limits;
mod metadata;
mod outline;
mod page_path;
mod page_records;
mod page_shape;
mod refused;
mod rewrite;
mod rounded;
mod rows;
mod script;
mod selected;
mod spec;
mod suspects;
mod syntax;
mod thrown;
mod undefined;
mod values;
mod ways;
pub mod wire;

pub use converter::{Converter, PageInput};
pub use deterministic::DeterministicEnv;
pub use direct::OBJECT_MEMBERS;
pub use error::{ConverterError, Limit, Report, Where};
pub use imports::{imported, read_script};
pub use limits::{ConverterLimits, LIMIT_FIELDS};
pub use metadata::Metadata;
pub use script::{Origin, Script};
pub use spec::{CONVERTER_FIELDS, ConverterSpec, Isolation};

#[cfg(test)]
mod tests;
