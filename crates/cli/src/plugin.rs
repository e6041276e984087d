//! What a crate with a kind of its own needs; what is here stays as it is within a minor version.
//!
//! `examples/folder-inventory` is such a crate.
//!
//! ```no_run
//! use pipeline_cli::{Registry, plugin::{Datasource, DatasourceBuild, DatasourceContext, Field, Kind, Section, Shape}};
//! use std::sync::Arc;
//!
//! const KIND: Kind<DatasourceBuild> = Kind {
//!     name: "acme",
//!     summary: "Orders of ACME.",
//!     fields: &[Field::required("shop", Shape::Text, "Whose orders.")],
//!     build,
//! };
//!
//! fn build(section: &Section<'_>, _: &DatasourceContext) -> Option<Arc<dyn Datasource>> {
//!     let _shop = section.text("shop");
//!     None // an `Arc` of a type of yours that implements `Datasource`
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     pipeline_cli::main(Registry::builtin().with_datasource(KIND))
//! }
//! ```

pub use async_trait::async_trait;
pub use bytes::Bytes;
pub use pipeline_config::{Diagnostic, Field, Kind, Presence, Secret, Section, Shape};
pub use pipeline_datasource::{
    Ahead, Datasource, DatasourceBuild, DatasourceContext, DatasourceError, Page, PageColumn, PageStream,
    Tested, UnusedKey,
};
pub use pipeline_query::{Position, Query, Values};
pub use pipeline_transport::{Redactor, StatsSnapshot};

/// For kinds of sinks.
pub mod sink {
    pub use arrow::array::RecordBatch;
    pub use pipeline_sink::{
        Commit, Committed, Earlier, Evolution, Mode, Output, RejectPlace, Rows, Run, RunWriter, Sink,
        SinkBuild, SinkError, Writer, WrittenFile,
    };
    pub use pipeline_table::{Columns, JsonValues};
}
