//! Ballista's scheduler and executors, as shipped, with our codec.

use std::{net::IpAddr, sync::Arc};

use ballista_core::{config::LogRotationPolicy, error::BallistaError};
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_scheduler::{
    cluster::BallistaCluster, config::SchedulerConfig, scheduler_process::start_server,
};
use pipeline_engine::Registry;
use pipeline_transport::Redactor;

use crate::{assignments::Assignments, codec::Codec};

/// Where schedulers listen, unless they are told otherwise; Ballista's own.
pub(crate) const SCHEDULER_PORT: u16 = 50050;

/// Bytes of a message between processes. The rows of one page are one message.
pub(crate) const MAX_MESSAGE: u32 = 1 << 30;

/// How to schedule.
#[derive(Debug, Clone)]
pub struct SchedulerOptions {
    /// Where to listen.
    pub listen: IpAddr,
    /// The port.
    pub port: u16,
    /// What executors call this machine.
    pub host: String,
    /// Seconds without a sign of life after which the parts of an executor are given to others.
    pub executor_timeout: u64,
}

/// How to execute.
#[derive(Debug, Clone)]
pub struct ExecutorOptions {
    /// The scheduler.
    pub scheduler: (String, u16),
    /// Where to listen.
    pub listen: IpAddr,
    /// For results; and for the scheduler's messages.
    pub ports: (u16, u16),
    /// What others call this machine; found out by the scheduler without it.
    pub host: Option<String>,
    /// Parts at a time.
    pub n_parts: usize,
    /// Seconds between signs of life.
    pub heartbeat: u64,
}

/// A scheduler or an executor cannot go on.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ProcessError(String);

/// Schedules until it is told to end.
///
/// # Errors
/// [`ProcessError`], such as when the port is taken.
pub async fn run_scheduler(options: &SchedulerOptions) -> Result<(), ProcessError> {
    let config = SchedulerConfig {
        bind_host: options.listen.to_string(),
        bind_port: options.port,
        external_host: options.host.clone(),
        override_physical_codec: Some(Arc::new(Codec::default())),
        grpc_server_max_decoding_message_size: MAX_MESSAGE,
        grpc_server_max_encoding_message_size: MAX_MESSAGE,
        grpc_client_max_message_size: MAX_MESSAGE,
        executor_timeout_seconds: options.executor_timeout,
        expire_dead_executor_interval_seconds: options.executor_timeout.div_ceil(4).max(1),
        no_executors_grace_period_seconds: options.executor_timeout,
        // Converters are what costs, so parts go where nothing is to be done yet.
        task_distribution: ballista_scheduler::config::TaskDistributionPolicy::RoundRobin,
        ..SchedulerConfig::default()
    };
    let cluster = BallistaCluster::new_from_config(&config).await.map_err(failed)?;
    let address = (options.listen, options.port).into();
    start_server(cluster, address, Arc::new(config)).await.map_err(failed)
}

/// Does parts until it is told to end.
///
/// # Errors
/// [`ProcessError`], such as when there is no scheduler.
pub async fn run_executor(
    options: &ExecutorOptions,
    (registry, redactor): (Registry, Redactor),
) -> Result<(), ProcessError> {
    let assignments = Arc::new(Assignments::new(registry, redactor));
    let config = ExecutorProcessConfig {
        bind_host: options.listen.to_string(),
        external_host: options.host.clone(),
        port: options.ports.0,
        grpc_port: options.ports.1,
        scheduler_host: options.scheduler.0.clone(),
        scheduler_port: options.scheduler.1,
        scheduler_connect_timeout_seconds: 30,
        vcores: options.n_parts.max(1),
        executor_heartbeat_interval_seconds: options.heartbeat.max(1),
        grpc_max_decoding_message_size: MAX_MESSAGE,
        grpc_max_encoding_message_size: MAX_MESSAGE,
        override_physical_codec: Some(Arc::new(Codec::of_executor(assignments))),
        log_rotation_policy: LogRotationPolicy::Never,
        // Results are read within minutes, or nobody reads them.
        job_data_ttl_seconds: 3600,
        job_data_clean_up_interval_seconds: 600,
        ..ExecutorProcessConfig::default()
    };
    start_executor_process(Arc::new(config)).await.map_err(failed)
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn failed(error: BallistaError) -> ProcessError {
    ProcessError(error.to_string())
}
