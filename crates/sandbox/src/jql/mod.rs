//! The part of JQL that exports need; everything else is refused in Jira's words.
//!
//! ```text
//! query  = [ terms ] [ "order by" field [ "asc" | "desc" ] { "," … } ]
//! terms  = term { "and" term }           term = "(" terms ")" | clause
//! clause = project = ABC | project in (ABC) | project is not empty
//!        | created | updated  (= > >= < <=)  "yyyy-MM-dd [HH:mm]" | milliseconds
//!        | id | key           (= > >= < <=)  10005 | ABC-5
//! ```

mod lexer;
mod parser;
mod values;

use std::ops::RangeInclusive;

/// Everything that a query narrows down, as closed ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Jql {
    /// Ids of issues.
    pub(crate) ids: RangeInclusive<i64>,
    /// Milliseconds since 1970.
    pub(crate) created: RangeInclusive<i64>,
    /// Milliseconds since 1970.
    pub(crate) updated: RangeInclusive<i64>,
    /// False for a query without any clause, which `/search/jql` refuses.
    pub(crate) bounded: bool,
    /// The first field of ORDER BY. Keys and creation times never tie, and ties in `updated` follow its
    /// direction, so that the further fields decide nothing.
    pub(crate) order: Option<(Sort, Direction)>,
}

/// What issues are ordered by; keys, ids and creation times grow together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Number,
    Updated,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Ascending,
    Descending,
}

/// The message for `errorMessages`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct JqlError(String);

impl Jql {
    /// Reads a query; the empty one selects everything.
    pub(crate) fn parse(text: &str) -> Result<Jql, JqlError> {
        parser::Parser::new(lexer::tokens(text)?).query()
    }

    /// Reads a query for the endpoints that refuse to return everything.
    pub(crate) fn parse_bounded(text: &str) -> Result<Jql, JqlError> {
        let jql = Jql::parse(text)?;
        if jql.bounded { Ok(jql) } else { Err(JqlError(UNBOUNDED.to_owned())) }
    }
}

/// Verbatim from Jira Cloud (raycast/extensions#21425).
const UNBOUNDED: &str =
    "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.";

#[cfg(test)]
mod tests;
