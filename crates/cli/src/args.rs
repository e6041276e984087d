//! The command line.

mod auth;
mod authoring;
mod cluster;
mod serve;

use std::{path::PathBuf, time::Duration};

use bytesize::ByteSize;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

pub(crate) use auth::{AuthCommand, AuthFile, LoginArgs};
pub(crate) use authoring::{ConvertArgs, DevArgs, NewArgs, RecordArgs, RowsFormat, TestArgs};
pub(crate) use cluster::{ClusterCommand, QueryArgs};
#[cfg(feature = "cluster")]
pub(crate) use cluster::{ExecutorArgs, SchedulerArgs, StartArgs};
pub(crate) use serve::ServeArgs;

/// Runs data pipelines written as YAML: fetch every page of an API, convert it with your JavaScript, write a
/// typed table.
#[derive(Debug, Parser)]
#[command(name = "pipeline", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: Global,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 run failed, 2 the file is wrong, 3 authorise again, 4 quota used up (run again later), 130 interrupted";

#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Say more: -v what is done, -vv every request, -vvv everything. `PIPELINE_LOG` takes a filter instead.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Only errors on stderr, and no rows on stdout after a run.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Colours and progress bar: on a terminal, always, or never.
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    pub(crate) color: ColorChoice,
    /// Where logins, locks, journals and the run history are kept [default: $XDG_STATE_HOME/pipeline].
    #[arg(long, global = true, env = "PIPELINE_STATE_DIR", value_name = "DIR")]
    pub(crate) state_dir: Option<PathBuf>,
    /// Run as if it were this time.
    #[arg(long, global = true, env = "PIPELINE_NOW", value_name = "TIME", hide = true)]
    pub(crate) now: Option<jiff::Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a pipeline, its converter and a test case, ready to run.
    New(NewArgs),
    /// Show the table of the first page again each time you save the pipeline or its converter; writes no rows.
    Dev(DevArgs),
    /// Run converters on the cases beside them, and compare the rows.
    Test(TestArgs),
    /// Run a converter on one file.
    Convert(ConvertArgs),
    /// Write test cases from real pages, without secrets.
    Record(RecordArgs),
    /// Say in words what a run would do: what is asked, how pages end, where rows go. Asks no server.
    Explain(PipelineArgs),
    /// Fetch every page, convert it, write the table.
    Run(RunArgs),
    /// Run the pipelines of a folder when their schedules say so, and show them in a browser.
    Serve(ServeArgs),
    /// Start and join clusters that `run --cluster` uses.
    #[command(subcommand)]
    Cluster(ClusterCommand),
    /// Ask in SQL: pipelines and files stand for tables.
    Query(QueryArgs),
    /// Check files without the network; prints everything that is wrong.
    Validate {
        /// Pipeline files, or folders of them.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        sandbox: SandboxChoice,
    },
    /// Try everything that a run needs: the file, the token and its scopes, the server, one page of each table and
    /// the converter on it. Writes nothing.
    Check {
        #[command(flatten)]
        pipeline: PipelineArgs,
        /// How to print it.
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Log in, and look after logins.
    #[command(subcommand)]
    Auth(AuthCommand),
    /// Show the rows of the first page and the types they would get; writes nothing.
    Preview {
        #[command(flatten)]
        pipeline: PipelineArgs,
        /// How many rows to show.
        #[arg(long, short = 'n', default_value_t = 10)]
        rows: usize,
    },
    /// Print the columns that rows have, or compare them with those of the output; writes nothing.
    #[command(subcommand)]
    Schema(SchemaCommand),
    /// Explain an error code such as `C005`: what it means, an example, and the correction.
    ExplainError {
        /// The code; without it, all codes are listed.
        code: Option<String>,
    },
    /// List what `kind:` may say in each section.
    Kinds {
        /// Show the keys of these kinds too.
        names: Vec<String>,
        /// How to print it.
        #[arg(long, value_enum, default_value = "text")]
        format: KindsFormat,
    },
    /// Show what earlier runs did.
    Runs(RunsArgs),
    /// Show or change where incremental runs go on.
    #[command(subcommand)]
    State(StateCommand),
    /// Serve a Jira Cloud look-alike on this machine, to try pipelines without an account.
    Sandbox(SandboxArgs),
    /// Print the completion script of a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Print the manual page, or write those of all commands into a folder.
    Man {
        /// Where to write them.
        folder: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum SchemaCommand {
    /// Print the `columns:` block for the types that the first pages show.
    Infer {
        #[command(flatten)]
        pipeline: PipelineArgs,
        /// How many pages to look at.
        #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "existing")]
        pages: usize,
        /// Take the types from the output of the last run instead.
        #[arg(long)]
        existing: bool,
    },
    /// Compare what the first pages show with the output of the last run; exit code 1 when they differ.
    Diff {
        #[command(flatten)]
        pipeline: PipelineArgs,
        /// How many pages to look at.
        #[arg(long, value_name = "N", default_value_t = 1)]
        pages: usize,
    },
}

#[derive(Debug, Clone, Args)]
pub(crate) struct PipelineArgs {
    /// The pipeline file.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// Set a parameter of the pipeline; may be repeated.
    #[arg(long = "param", short = 'p', value_name = "NAME=VALUE", value_parser = name_value)]
    pub(crate) params: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) sandbox: SandboxChoice,
}

/// Whether a command has a sandbox to talk to.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct SandboxChoice {
    /// Start the sandbox for this command and fill the JIRA_* variables; rows go to `DIR-sandbox/` in place of `DIR/`.
    #[arg(long)]
    sandbox: bool,
    /// How many issues the sandbox has.
    #[arg(long, value_name = "N", default_value_t = 5000)]
    sandbox_issues: usize,
}

impl SandboxChoice {
    /// How many issues the sandbox is to have, where there is to be one.
    pub(crate) fn issues(self) -> Option<usize> {
        self.sandbox.then_some(self.sandbox_issues)
    }
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) pipeline: PipelineArgs,
    /// More pipeline files; folders stand for all pipelines in them.
    #[arg(value_name = "MORE")]
    pub(crate) more: Vec<PathBuf>,
    /// Only pipelines of this name or path (`*` and `?` are wild), or with this `tag:`; may be repeated.
    #[arg(long, value_name = "NAME|tag:TAG")]
    pub(crate) select: Vec<String>,
    /// Only pipelines whose files have changed since then: a time, a length of time such as `1day`, or a git revision.
    #[arg(long, value_name = "WHEN")]
    pub(crate) changed_since: Option<String>,
    /// Converter threads [default: one per core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// How to print the summary on stdout.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
    /// Read everything again, in the place of all rows that are there.
    #[arg(long, conflicts_with = "from")]
    pub(crate) full_refresh: bool,
    /// Read what changed from this time on, whatever was read before (incremental queries).
    #[arg(long, value_name = "TIME")]
    pub(crate) from: Option<String>,
    /// With `--from`: up to this time, not included [default: now].
    #[arg(long, value_name = "TIME", requires = "from")]
    pub(crate) to: Option<String>,
    /// With `--from`: ask in windows of this length, such as `30days`, side by side.
    #[arg(long, value_name = "LENGTH", requires = "from", value_parser = humantime::parse_duration)]
    pub(crate) window: Option<Duration>,
    /// Have windows, `for_each` requests and pipelines done by a Ballista cluster, found at the address of its scheduler.
    #[arg(long, value_name = "URL", env = "PIPELINE_CLUSTER")]
    pub(crate) cluster: Option<String>,
    /// Begin at the first page, although a run that ended before its end has left pages.
    #[arg(long)]
    pub(crate) restart: bool,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct RunsArgs {
    #[command(subcommand)]
    pub(crate) command: Option<RunsCommand>,
    /// Only those of this pipeline: its file, or its name.
    pub(crate) pipeline: Option<String>,
    /// How many, the last ones.
    #[arg(long, short = 'n', default_value_t = 20)]
    pub(crate) limit: usize,
    /// How to print them.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RunsCommand {
    /// Show all that is known of one run.
    Show {
        /// Its id; the beginning of it is enough [default: the last run].
        run: Option<String>,
        /// How to print it; JSON has the rows of each page too.
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum StateCommand {
    /// Show where the next run begins.
    Show {
        #[command(flatten)]
        pipeline: PipelineArgs,
        /// How to print it.
        #[arg(long, value_enum, default_value = "text")]
        format: Format,
    },
    /// Let the next run begin after this cursor.
    Set {
        #[command(flatten)]
        pipeline: PipelineArgs,
        /// A date, a time or a number, as `incremental.type` says.
        #[arg(long)]
        cursor: String,
        /// Only this table.
        #[arg(long)]
        table: Option<String>,
    },
    /// Let the next run read everything again; rows that are there stay.
    Reset {
        #[command(flatten)]
        pipeline: PipelineArgs,
        /// Only this table.
        #[arg(long)]
        table: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For machines.
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KindsFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
    /// The whole reference of pipeline files.
    Markdown,
    /// The JSON Schema of pipeline files, for editors.
    JsonSchema,
}

#[derive(Debug, Args)]
pub(crate) struct SandboxArgs {
    /// How many issues it has.
    #[arg(long, default_value_t = 5000)]
    pub(crate) issues: usize,
    /// The port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Other seeds, other issues.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// How long every answer takes, such as `100ms`.
    #[arg(long, default_value = "0s", value_parser = humantime::parse_duration)]
    pub(crate) latency: Duration,
    /// How long access tokens live.
    #[arg(long, default_value = "1h", value_parser = humantime::parse_duration)]
    pub(crate) token_lifetime: Duration,
    /// Points that an app may use in each `--points-window`; a request costs 1, and 1 per issue. Without it there is no quota.
    #[arg(long, value_name = "N")]
    pub(crate) points: Option<u64>,
    /// How long it takes until all points are back.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = humantime::parse_duration)]
    pub(crate) points_window: Duration,
    /// Keep so many bytes of issues, such as `256MiB`, to answer at the speed of copying when they are asked for again.
    #[arg(long, value_name = "SIZE", default_value = "0B")]
    pub(crate) cache: ByteSize,
}

pub(crate) fn name_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(format!("`{text}` is not NAME=VALUE")),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Cli::command().debug_assert();
    }
}
