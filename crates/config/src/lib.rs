//! Reads the YAML files a user writes and tells them, all at once, what is wrong and where.
//!
//! A file becomes a tree of [`Node`]s that know their place in the text. Each section of a pipeline is
//! described once, by a table of [`Field`]s; [`Section`] reads a node against that table, replaces
//! `${VAR}` from the [`Environment`], and reports every mistake as a [`Diagnostic`] in the [`Reader`].
//! Sections that come in several kinds (`kind: rest`) list them in a slice of [`Kind`]s.
//!
//! ```
//! use pipeline_config::{Environment, Field, Reader, Section, Shape, Style};
//!
//! const FIELDS: &[Field] = &[
//!     Field::required("path", Shape::Text, "Where the rows go."),
//!     Field::default("timeout", Shape::Duration, "30s", "How long one request may take."),
//! ];
//! let reader = Reader::new(Environment::empty());
//! let node = reader.parse("example.yaml", "path: ${OUT:-rows}.csv\ntimeot: 5s\n").unwrap();
//! let section = Section::read(&reader, &node, FIELDS);
//! assert_eq!(section.text("path"), "rows.csv");
//! assert!(reader.render(Style::Plain).contains("did you mean `timeout`?"));
//! ```

mod compared;
mod connection;
mod core_number;
mod credential;
mod diagnostic;
mod environment;
mod explain;
mod field;
mod fingerprint;
mod folder;
mod kind;
mod nearest;
mod owner;
mod reader;
mod secret;
mod section;
mod source;
mod template;
pub mod utc;
mod visible;
mod yaml;

pub use connection::credentials_in;
pub use core_number::{CoreNumber, is_exact_double};
pub use credential::{
    deciding_name, is_credential_in_address, is_credential_in_data, is_credential_name,
    is_credential_of_data, is_credential_parameter, is_everyday, looks_like_credential,
    may_be_credential_name, name_words, shown_in_data, shown_parameter,
};
pub use diagnostic::{Diagnostic, Severity, Style};
pub use environment::Environment;
pub use explain::{clipped, explain};
pub use field::{Field, Presence, Shape};
pub use fingerprint::{digest, fingerprint};
pub use folder::{create_folder, of_temporary};
pub use kind::Kind;
pub use nearest::{is_slip, known_names, nearest};
pub use owner::is_owner_name;
pub use reader::{Invalid, Reader};
pub use secret::{MASK, Secret};
pub use section::Section;
pub use source::{Excerpt, Source, SourceId, Span, Spanned, without_byte_order_mark};
pub use template::{Part, Template, TemplateError};
pub use visible::{
    escaped, escaped_lines, first_invisible, is_invisible, on_one_line, quoted, with_json_escapes,
};
pub use yaml::{Node, Value};
