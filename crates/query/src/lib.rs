//! Decides what to ask a server, page after page. Pure: nothing here sends or waits.
//!
//! ```text
//! query section ─▶ Query ─first(values)─▶ Ask ──────▶ (sent elsewhere) ──▶ body, headers
//!                                          ▲                                  │
//!                                          │                   PageReport ◀─report(answer)
//!                                          │                       │
//!                                          └─ position ◀─ judge ◀─ Sequence (the pages before)
//! ```
//! A [`Query`] is one request with `${…}` placeholders. A [`Pagination`] says what a page tells of the next one, a
//! [`Sequence`] compares that with the pages before, and [`judge`] decides whether there is another page. A query may be cut into [`Window`]s, or be asked once per row of another
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
//! let body = br#"{"issues": [{}], "nextPageToken": "x"}"#;
//! let first = query.first_position();
//! let report = query.report(&first, &Answer { body: Some(body), headers: &[] }).unwrap();
//! let Next::Page(second) = query.sequence().step((&first, None), &report).unwrap().next else { panic!() };
//! assert_eq!(query.ask(&second, &values).params[1], ("nextPageToken".into(), "x".into()));
//! ```

mod ask;
mod body;
mod charset;
mod cut_lists;
mod for_each;
#[doc(hidden)]
pub mod fuzzing;
mod identity;
mod incremental;
mod known;
mod noted;
mod pagination;
mod query;
mod raw;
mod records;
mod scan;
mod selector;
mod split;
mod values;

pub use ask::{Ask, AskBody};
pub use body::json_number;
pub use charset::Charset;
pub use cut_lists::{CutLists, Wanted};
pub use for_each::ForEach;
pub use identity::{Identity, is_page_size_name};
pub use incremental::{Cursor, CursorKind, Incremental, Range};
pub use known::KnownColumns;
pub use pagination::{
    Ahead, Answer, Content, Contradiction, Doubt, Doubted, End, Facts, FlagSignal, KINDS, More, Names, Next,
    NextSignal, OtherSignal, PageMark, PagePolicy, PageReport, PageSignals, Pagination, PaginationBuild,
    PaginationContext, PaginationError, Position, Progress, Records, Sequence, Step, TotalSignal, Verdict,
    Way, judge,
};
pub use query::{Decode, Delimiter, QUERY_FIELDS, Query, written_params};
pub use scan::{Found, Scan, ScanError};
pub use selector::Selector;
pub use split::{SplitError, Window};
pub use values::Values;
