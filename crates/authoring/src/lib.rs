//! Helps authors of pipelines: new files, recorded pages, test cases, comparisons, explanations, a watcher of files, JSON Schema.
//!
//! ```text
//! server ─first_pages─▶ Page ─clean─▶ StoredPage ─┬─ cache (`pipeline dev`)
//!                                                 └─ Case, in `NAME.cases/` beside the converter (`pipeline record`)
//! StoredPage ─ContainedConverter─▶ JsonRows ─compare─▶ differences (since the last save, from what a case expects)
//! ```
//! Nothing here prints; `pipeline dev`, `test`, `record`, `convert`, `new` and `explain` show what these modules find.

mod case;
mod clean;
mod compare;
mod explain;
mod explain_pages;
mod facts;
mod identity;
mod json;
mod json_schema;
mod page_cache;
mod rows;
mod scaffold;
mod stored_page;
mod subject;
mod text_map;
mod watch;

pub use case::{Case, CaseError, Expected, cases_below, cases_folder};
pub use clean::Sanitizer;
pub use compare::{Difference, compare};
pub use explain::{Explanation, TableExplanation, explain};
pub use facts::{ColumnFacts, Direction, RowOrder};
pub use identity::Identity;
pub use json::{Json, JsonObject};
pub use json_schema::json_schema;
pub use page_cache::PageCache;
pub use rows::JsonRows;
pub use scaffold::{NewFile, ScaffoldError, scaffold};
pub use stored_page::{StoredBody, StoredPage, doubt_of, first_clean_page, first_pages};
pub use subject::{Subject, SubjectError, convert_stored, table_converter};
pub use watch::{Watch, WatchError};
