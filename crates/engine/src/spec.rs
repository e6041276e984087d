//! The keys of a pipeline file.

use pipeline_config::{Field, Shape};
use pipeline_query::QUERY_FIELDS;
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
const SINK: Field = Field::optional("sink", Shape::Kind("sink"), "Where the rows go.");

/// The top level of a pipeline file.
pub const PIPELINE_FIELDS: &[Field] = &[
    Field::optional("name", Shape::Text, "Names the pipeline in messages and files; else the file does."),
    Field::required("datasource", Shape::Any, "How to reach the API, or the path of a file that says so."),
    QUERY,
    Field::optional("params", Shape::Map(&Shape::Section(PARAM_FIELDS)), "Values for `${param.name}`."),
    CONVERTER,
    COLUMNS,
    SINK,
    Field::optional(
        "tables",
        Shape::Map(&Shape::Section(TABLE_FIELDS)),
        "Several tables of one datasource, by name.",
    ),
];

/// One entry of `tables`.
pub const TABLE_FIELDS: &[Field] = &[QUERY, CONVERTER, COLUMNS, SINK];
