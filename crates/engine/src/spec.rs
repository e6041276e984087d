//! The keys of a pipeline file.

use pipeline_config::{Field, Shape};
use pipeline_query::QUERY_FIELDS;
use pipeline_schedule::SCHEDULE_FIELDS;
use pipeline_table::COLUMN_FIELDS;

use crate::params::PARAM_FIELDS;

const QUERY: Field = Field::optional("query", Shape::Section(QUERY_FIELDS), "What to ask.");
const CONVERTER: Field = Field::optional(
    "converter",
    Shape::Any,
    "What makes rows of a page: the path of a script, or a section with the script, how far it \
     may go and where it runs; without it the records at `select` of the query are the rows.",
);
const COLUMNS: Field = Field::optional(
    "columns",
    Shape::Map(&Shape::Section(COLUMN_FIELDS)),
    "Types that columns must have; those of other columns are inferred.",
);
const CHECKS: Field = Field::optional(
    "checks",
    Shape::List(&Shape::Kind("check")),
    "What must be true of the rows before anyone sees them.",
);
const SINK: Field = Field::optional("sink", Shape::Kind("sink"), "Where the rows go.");

/// How old a run may be that is gone on with, where nobody says.
pub(crate) const DEFAULT_MAX_AGE: std::time::Duration = std::time::Duration::from_secs(86_400);

/// Keys of `resume`.
pub const RESUME_FIELDS: &[Field] = &[
    Field::default("enabled", Shape::Boolean, "true", "Whether runs keep a journal to go on with."),
    Field::default(
        "max_age",
        Shape::Duration,
        "1day",
        "A run that began longer ago is begun anew: its first pages would be older than anyone expects, and cursors do \
         not live for ever (those of Jira for 7 days).",
    ),
];

/// The top level of a pipeline file.
pub const PIPELINE_FIELDS: &[Field] = &[
    Field::optional("name", Shape::Text, "Names the pipeline in messages and files; else the file does."),
    Field::required("datasource", Shape::Any, "How to reach the API, or the path of a file that says so."),
    QUERY,
    Field::optional("params", Shape::Map(&Shape::Section(PARAM_FIELDS)), "Values for `${param.name}`."),
    CONVERTER,
    COLUMNS,
    CHECKS,
    SINK,
    Field::optional(
        "tables",
        Shape::Map(&Shape::Section(TABLE_FIELDS)),
        "Several tables of one datasource, by name.",
    ),
    Field::optional(
        "resume",
        Shape::Section(RESUME_FIELDS),
        "How a run goes on where the one before has ended before its end.",
    ),
    Field::optional("schedule", Shape::Section(SCHEDULE_FIELDS), "When `pipeline serve` runs it."),
    Field::optional(
        "tags",
        Shape::List(&Shape::Text),
        "Words to choose it by, as `--select tag:nightly` does.",
    ),
];

/// One entry of `tables`.
pub const TABLE_FIELDS: &[Field] = &[QUERY, CONVERTER, COLUMNS, CHECKS, SINK];
