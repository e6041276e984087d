//! The `pipeline` command; the only crate that prints.
//!
//! A program of your own may add kinds of datasources and sinks and be `pipeline` otherwise:
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     pipeline_cli::main(pipeline_cli::Registry::builtin())
//! }
//! ```

mod allocator;
mod args;
mod browser;
#[cfg_attr(feature = "cluster", path = "cluster/with.rs")]
#[cfg_attr(not(feature = "cluster"), path = "cluster/without.rs")]
mod cluster;
mod commands;
mod differences;
mod failure;
mod first_rows;
mod logging;
mod numbers;
pub mod plugin;
mod progress;
mod reference;
mod session;
mod signals;
mod table_view;
mod terminal;
#[cfg_attr(feature = "otel", path = "traces/otel.rs")]
#[cfg_attr(not(feature = "otel"), path = "traces/none.rs")]
mod traces;

use std::{process::ExitCode, sync::Arc};

use clap::Parser;
use pipeline_transport::Redactor;
use pipeline_worker::WORKER_ARGUMENT;

pub use pipeline_engine::Registry;

use args::{Cli, Command};
use failure::Failure;
use session::Session;
use terminal::Terminal;

/// Runs the command line of this process with these kinds.
pub fn main(registry: Registry) -> ExitCode {
    if let Some(ended) = worker() {
        return ended;
    }
    allocator::begin_thrifty();
    no_core_dumps();
    let registry = registry.with_worker(pipeline_worker::this_program());
    let cli = Cli::parse();
    let terminal = Terminal::new(&cli.global);
    let redactor = Redactor::default();
    let traces = logging::start(&cli.global, terminal, &redactor);
    let now = cli.global.now.unwrap_or_else(jiff::Timestamp::now);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            terminal.complain(format!("error: no threads to run on: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let session = Session {
        registry,
        terminal,
        redactor,
        state_dir: cli.global.state_dir.clone(),
        now,
        ended: Arc::default(),
    };
    let result = runtime.block_on(async {
        signals::survive_full_files();
        let result = command(&session, cli.command).await;
        signals::settle().await;
        result
    });
    // A converter in an endless loop must not keep the process alive.
    runtime.shutdown_timeout(std::time::Duration::from_millis(100));
    traces.finish();
    let code = match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal.complain(session.redactor.redact(failure.message()));
            failure.exit_code()
        }
    };
    session.close();
    code
}

/// What is in memory has credentials; a dump of it would be a file with them.
fn no_core_dumps() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let maximum = getrlimit(Resource::Core).maximum;
        if let Err(error) = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum }) {
            tracing::debug!(%error, "a crash may leave a dump of the memory");
        }
    }
}

/// Converts pages, where a run has started this process for that; it is no command for people.
fn worker() -> Option<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    if arguments.next()? != WORKER_ARGUMENT {
        return None;
    }
    let memory = arguments.next().and_then(|memory| memory.parse().ok())?;
    let ran = pipeline_worker::run_worker(memory);
    Some(if ran.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether a command does something of its own at a signal.
fn handles_signals(command: &Command) -> bool {
    matches!(
        command,
        Command::Run(_)
            | Command::Serve(_)
            | Command::Dev(_)
            | Command::Test(_)
            | Command::Sandbox(_)
            | Command::Cluster(_)
    )
}

async fn command(session: &Session, command: Command) -> Result<(), Failure> {
    if !handles_signals(&command) {
        signals::end_at_signal()?;
    }
    match command {
        Command::Run(args) => {
            let result = commands::run::run(session, &args).await;
            result.map_err(|failure| failure.about(&args.pipeline.file))
        }
        Command::Auth(command) => {
            let result = commands::auth::auth(session, &command).await;
            result.map_err(|failure| failure.about(&command.file().file))
        }
        Command::Test(args) => commands::test::test(session, &args).await,
        Command::Convert(args) => commands::convert::convert(session, &args).await,
        Command::Record(args) => {
            let result = commands::record::record(session, &args).await;
            result.map_err(|failure| failure.about(&args.pipeline.file))
        }
        Command::New(args) => commands::new::new(session, &args).await,
        Command::Explain(args) => commands::explain::show(session, &args).await,
        Command::Man { folder } => commands::man::man(session.terminal, folder.as_deref()),
        Command::Dev(args) => commands::dev::dev(session, &args).await,
        Command::Serve(args) => commands::serve::serve(session, &args).await,
        Command::Cluster(command) => cluster::command(session, command).await,
        Command::Query(args) => cluster::query(session, &args).await,
        Command::Validate { files, sandbox } => commands::validate::validate(session, &files, sandbox).await,
        Command::Check { pipeline, format } => {
            let result = commands::check::check(session, &pipeline, format).await;
            result.map_err(|failure| failure.about(&pipeline.file))
        }
        Command::Preview { pipeline, rows } => {
            let result = commands::preview::preview(session, &pipeline, rows).await;
            result.map_err(|failure| failure.about(&pipeline.file))
        }
        Command::ExplainError { code } => {
            commands::explain_error::explain_error(session.terminal, code.as_deref())
        }
        Command::Kinds { names, format } => {
            commands::kinds::kinds(session.terminal, &session.registry, &names, format)
        }
        Command::Runs(args) => commands::runs::runs(session, &args),
        Command::State(command) => commands::state::state(session, &command).await,
        Command::Schema(command) => commands::schema::schema(session, &command).await,
        Command::Sandbox(args) => commands::sandbox::sandbox(session.terminal, &args).await,
        Command::Completions { shell } => commands::man::completions(session.terminal, shell),
    }
}
