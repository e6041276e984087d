//! Decides what to ask a server, page after page. Pure: nothing here sends or waits.
//!
//! ```text
//! query section ─▶ Query ─first(values)─▶ Ask ──────▶ (sent elsewhere) ──▶ body, headers
//!                    ▲                     ▲                                  │
//!                    │                     └─ apply(position) ◀─ next ◀─ Scan ┘
//! ```
//! A [`Query`] is one request with `${…}` placeholders; a [`Pagination`] turns what came back into the
//! [`Position`] of the next page, or ends. A query may be cut into [`Window`]s, or be asked once per row of another
//! table ([`ForEach`]); each of those has pages of its own.
//!
//! ```
//! use pipeline_config::{Environment, Reader, Section};
//! use pipeline_query::{Answer, Next, QUERY_FIELDS, Query, Values};
//!
//! let reader = Reader::new(Environment::empty());
//! let yaml = "{path: /search/jql, params: {jql: 'project = ${param.project}'}, \
//!              pagination: {kind: cursor, next: nextPageToken, param: nextPageToken}}";
//! let node = reader.parse("example.yaml", yaml).unwrap();
//! let values = Values::new([("param", "project", "ABC")]);
//! let query = Query::read(&Section::read(&reader, &node, QUERY_FIELDS), &values).unwrap();
//! let answer = Answer { body: br#"{"issues": [], "nextPageToken": "x"}"#, headers: &[] };
//! let Next::Page(position) = query.next(&query.first_position(), &answer).unwrap().next else { panic!() };
//! assert_eq!(query.ask(&position, &values).params[1], ("nextPageToken".into(), "x".into()));
//! ```

mod ask;
mod body;
mod for_each;
mod incremental;
mod pagination;
mod query;
mod scan;
mod selector;
mod split;
mod values;

pub use ask::{Ask, AskBody};
pub use body::json_number;
pub use for_each::ForEach;
pub use incremental::{Cursor, CursorKind, Incremental, Range};
pub use pagination::{
    Ahead, Answer, EmptyPage, Facts, KINDS, Next, Pagination, PaginationBuild, PaginationContext,
    PaginationError, Position, Step,
};
pub use query::{Decode, QUERY_FIELDS, Query};
pub use scan::{Found, Scan, ScanError};
pub use selector::Selector;
pub use split::{SplitError, Window};
pub use values::Values;
