//! How far a converter may go.

use std::time::Duration;

use pipeline_config::{Field, Section, Shape};
use serde::{Deserialize, Serialize};

/// The keys of `converter.limits`.
pub const LIMIT_FIELDS: &[Field] = &[
    Field::default("timeout", Shape::Duration, "30s", "How long one page may take to convert."),
    Field::default(
        "memory",
        Shape::ByteSize,
        "1GiB",
        "How much memory one converter may use; needs `isolation: process`, and Linux.",
    ),
    Field::default(
        "loop_iterations",
        Shape::Integer(1, u64::MAX),
        "100000000",
        "How often the loops of one call may run in all.",
    ),
    // The upper end is what fits into `Converter::THREAD_STACK`.
    Field::default("recursion", Shape::Integer(10, 1_000), "1000", "How deep calls may be nested."),
    Field::default("rows", Shape::Integer(1, u64::MAX), "1000000", "How many rows one page may give."),
    Field::default("bytes", Shape::ByteSize, "256MiB", "How many bytes the rows of one page may have."),
    Field::default("page", Shape::ByteSize, "64MiB", "How large a page may be."),
];

/// How far a converter may go; every limit is for one page.
///
/// A [`Converter`](crate::Converter) itself keeps all of them but `timeout` and `memory`: who runs it keeps those.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConverterLimits {
    /// How long a page may take.
    pub timeout: Duration,
    /// Bytes of memory that a process with a converter may use.
    pub memory: u64,
    /// Iterations of all loops of one call.
    pub max_loop_iterations: u64,
    /// Calls inside calls; a call through a built-in such as `map` counts twice. 1,000 fit into
    /// [`Converter::THREAD_STACK`](crate::Converter::THREAD_STACK).
    pub max_recursion: usize,
    /// Values on the engine's stack: locals of all active calls, and the items of `f(...items)`.
    pub max_stack_values: usize,
    /// Rows of a page.
    pub max_rows: u64,
    /// Bytes of the cells of a page's rows.
    pub max_bytes: u64,
    /// Bytes of a page's body.
    pub max_page: u64,
}

impl Default for ConverterLimits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            memory: 1 << 30,
            // Enough to look at every character of the largest page; an endless loop takes seconds to get there, and
            // then has an error that names its place, which a timeout has not.
            max_loop_iterations: 100_000_000,
            max_recursion: 1_000,
            // A million values are 8 MB; `Math.max(...items)` works in node up to about 120,000 items.
            max_stack_values: 1 << 20,
            max_rows: 1_000_000,
            max_bytes: 256 << 20,
            max_page: 64 << 20,
        }
    }
}

impl ConverterLimits {
    /// Reads `limits`, a section that was held against [`LIMIT_FIELDS`].
    pub(crate) fn read(section: &Section<'_>) -> Self {
        let usual = Self::default();
        Self {
            timeout: section.duration("timeout").unwrap_or(usual.timeout),
            memory: section.byte_size("memory").unwrap_or(usual.memory),
            max_loop_iterations: section.integer("loop_iterations").unwrap_or(usual.max_loop_iterations),
            max_recursion: section.integer("recursion").map_or(usual.max_recursion, |n| n as usize),
            max_stack_values: usual.max_stack_values,
            max_rows: section.integer("rows").unwrap_or(usual.max_rows),
            max_bytes: section.byte_size("bytes").unwrap_or(usual.max_bytes),
            max_page: section.byte_size("page").unwrap_or(usual.max_page),
        }
    }
}

#[cfg(test)]
mod tests {
    use pipeline_config::{Environment, Reader};

    use super::*;

    #[test]
    fn the_table_says_the_same_defaults() {
        let reader = Reader::new(Environment::empty());
        let node = reader.parse("limits.yaml", "{}").unwrap();
        assert_eq!(ConverterLimits::read(&Section::read(&reader, &node, LIMIT_FIELDS)), Default::default());
    }
}
