//! `pipeline cluster` and `pipeline query`.

use std::net::IpAddr;

use clap::{Args, Subcommand};

use super::{Format, SandboxChoice};

#[derive(Debug, Subcommand)]
pub(crate) enum ClusterCommand {
    /// Start a scheduler and executors on this machine, to try.
    Start(StartArgs),
    /// Be the scheduler of a cluster.
    Scheduler(SchedulerArgs),
    /// Be one of the executors of a cluster.
    Executor(ExecutorArgs),
}

#[derive(Debug, Args)]
pub(crate) struct StartArgs {
    /// How many executors.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) executors: u16,
    /// How many parts each of them does at a time.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) parts: u16,
    /// The port of the scheduler; 0 takes one that is free.
    #[arg(long, value_name = "PORT", default_value_t = 50050)]
    pub(crate) port: u16,
    /// Seconds without a sign of life after which the parts of an executor are given to others.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(crate) executor_timeout: u64,
}

#[derive(Debug, Args)]
pub(crate) struct SchedulerArgs {
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0")]
    pub(crate) listen: IpAddr,
    /// The port.
    #[arg(long, value_name = "PORT", default_value_t = 50050)]
    pub(crate) port: u16,
    /// What executors call this machine.
    #[arg(long, value_name = "HOST", default_value = "localhost")]
    pub(crate) host: String,
    /// Seconds without a sign of life after which the parts of an executor are given to others.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(crate) executor_timeout: u64,
}

#[derive(Debug, Args)]
pub(crate) struct ExecutorArgs {
    /// The scheduler, as HOST:PORT.
    #[arg(long, value_name = "HOST:PORT", default_value = "localhost:50050")]
    pub(crate) scheduler: String,
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS", default_value = "0.0.0.0")]
    pub(crate) listen: IpAddr,
    /// The port for results.
    #[arg(long, value_name = "PORT", default_value_t = 50051)]
    pub(crate) port: u16,
    /// The port for the scheduler.
    #[arg(long, value_name = "PORT", default_value_t = 50052)]
    pub(crate) grpc_port: u16,
    /// What others call this machine [default: the address that the scheduler sees].
    #[arg(long, value_name = "HOST")]
    pub(crate) host: Option<String>,
    /// How many parts it does at a time [default: one per core].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) parts: Option<u16>,
    /// Seconds between signs of life.
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    pub(crate) heartbeat: u64,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct QueryArgs {
    /// The query; 'FILE.yaml' stands for the rows of a pipeline, 'FILE.yaml#TABLE' for one of its tables, other paths for
    /// files of Parquet.
    pub(crate) sql: String,
    /// How to print the rows.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: Format,
    /// Set a parameter of the pipelines; may be repeated.
    #[arg(long = "param", short = 'p', value_name = "NAME=VALUE", value_parser = super::name_value)]
    pub(crate) params: Vec<(String, String)>,
    #[command(flatten)]
    pub(crate) sandbox: SandboxChoice,
    /// Show the plan in place of rows.
    #[arg(long)]
    pub(crate) explain: bool,
}
