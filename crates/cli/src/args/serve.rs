//! `pipeline serve`.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use clap::Args;

use super::SandboxChoice;

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Where the pipelines are, folders below it included.
    #[arg(default_value = ".")]
    pub(crate) folder: PathBuf,
    /// The port to listen on; 0 takes a free one.
    #[arg(long, default_value_t = 7700)]
    pub(crate) port: u16,
    /// The address to listen on; one that others than this machine can reach needs a token of yours.
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDR")]
    pub(crate) listen: IpAddr,
    /// The file whose first line everybody must show to get in; or set `PIPELINE_SERVE_TOKEN` [default: a random token, in the
    /// address that is printed].
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Let every user and program of this machine in, without a token.
    #[arg(long, conflicts_with = "token_file")]
    pub(crate) no_token: bool,
    /// A name that the server may be called by, besides `localhost` and addresses; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub(crate) allow_host: Vec<String>,
    /// How many runs may be under way at once; others wait.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) max_runs: u16,
    /// Converter threads of each run [default: one per core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// How long runs may go on after SIGTERM or Ctrl-C; then they end, and the next start goes on with them.
    #[arg(long, default_value = "30s", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(crate) drain: Duration,
    #[command(flatten)]
    pub(crate) sandbox: SandboxChoice,
}
