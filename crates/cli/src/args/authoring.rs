//! The commands that help to write a pipeline.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::PipelineArgs;

#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// The pipeline's name, which becomes that of its files.
    pub(crate) name: String,
    /// What to begin with: `rest`, `jira`, `github`, `gitlab`, or `openapi:FILE` for a description of an API; after
    /// `#`, the path that is asked for, as in `openapi:api.yaml#/users`.
    #[arg(long, value_name = "TEMPLATE", default_value = "rest")]
    pub(crate) from: String,
    /// The folder to write into.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct DevArgs {
    #[command(flatten)]
    pub(crate) pipeline: PipelineArgs,
    /// Which table to show first.
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// How many rows to show [default: as many as fit].
    #[arg(long, short = 'n', value_name = "N")]
    pub(crate) rows: Option<usize>,
    /// Ask the server even if the page was kept.
    #[arg(long)]
    pub(crate) refetch: bool,
    /// Show page, code and table in the browser too.
    #[arg(long)]
    pub(crate) studio: bool,
    /// Let every user and program of this machine use the page, without the token in its address.
    #[arg(long)]
    pub(crate) no_token: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TestArgs {
    /// Cases, converters with cases, pipelines, or folders of these.
    #[arg(default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,
    /// Write what converters return now as what is expected; on a terminal, after asking for each case.
    #[arg(long)]
    pub(crate) update: bool,
    /// With `--update`: do not ask.
    #[arg(long, short = 'y', requires = "update")]
    pub(crate) yes: bool,
    /// Go on, and test again whatever is saved.
    #[arg(long, short = 'w', conflicts_with_all = ["update", "junit"])]
    pub(crate) watch: bool,
    /// Also write the results as JUnit XML.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// The script, or a pipeline whose converter and columns are used.
    pub(crate) converter: PathBuf,
    /// What the server would answer; `-` reads it from stdin.
    pub(crate) input: PathBuf,
    /// Which table of the pipeline.
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// How to print the rows.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: RowsFormat,
    /// How many rows the table shows; `jsonl` prints all.
    #[arg(long, short = 'n', default_value_t = 20)]
    pub(crate) rows: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RowsFormat {
    /// A table for people.
    Text,
    /// One JSON object per row.
    Jsonl,
}

#[derive(Debug, Args)]
pub(crate) struct RecordArgs {
    #[command(flatten)]
    pub(crate) pipeline: PipelineArgs,
    /// Which table; all of them without it.
    #[arg(long, value_name = "NAME")]
    pub(crate) table: Option<String>,
    /// How many pages.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(crate) pages: u16,
    /// How many records of each page.
    #[arg(long, value_name = "N")]
    pub(crate) records: Option<usize>,
    /// Remove the values of this field: `email` wherever it stands, or a path such as `issues.*.fields.reporter`; may
    /// be repeated.
    #[arg(long = "remove", value_name = "FIELD")]
    pub(crate) removed: Vec<String>,
    /// What the files are called: NAME-1.json and so on.
    #[arg(long, value_name = "NAME", default_value = "page")]
    pub(crate) name: String,
    /// Replace cases of the same name.
    #[arg(long)]
    pub(crate) force: bool,
}
