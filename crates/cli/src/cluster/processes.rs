//! `pipeline cluster`.

use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use pipeline_cluster::{ExecutorOptions, SchedulerOptions, run_executor, run_scheduler};
use pipeline_worker::n_cores;

use crate::{
    Failure, Session,
    args::{ClusterCommand, ExecutorArgs, SchedulerArgs, StartArgs},
    numbers,
    signals::StopSignals,
};

/// How long a scheduler may take to listen.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) async fn command(session: &Session, command: ClusterCommand) -> Result<(), Failure> {
    match command {
        ClusterCommand::Start(args) => start(session, &args).await,
        ClusterCommand::Scheduler(args) => scheduler(args).await,
        ClusterCommand::Executor(args) => executor(session, &args).await,
    }
}

async fn scheduler(args: SchedulerArgs) -> Result<(), Failure> {
    let SchedulerArgs { listen, port, host, executor_timeout } = args;
    let options = SchedulerOptions { listen, port, host, executor_timeout };
    run_scheduler(&options).await.map_err(|error| Failure::failed(error.to_string()))
}

async fn executor(session: &Session, args: &ExecutorArgs) -> Result<(), Failure> {
    let scheduler = args.scheduler.rsplit_once(':');
    let scheduler = scheduler.and_then(|(host, port)| Some((host.to_owned(), port.parse().ok()?)));
    let scheduler = scheduler
        .ok_or_else(|| Failure::usage(format!("`--scheduler {}`: write HOST:PORT", args.scheduler)))?;
    let options = ExecutorOptions {
        scheduler,
        listen: args.listen,
        ports: (args.port, args.grpc_port),
        host: args.host.clone(),
        n_parts: args.parts.map_or_else(n_cores, usize::from),
        heartbeat: args.heartbeat,
    };
    let ran = run_executor(&options, (session.registry.clone(), session.redactor.clone())).await;
    ran.map_err(|error| Failure::failed(error.to_string()))
}

/// Processes that end with the command.
struct Children(Vec<(String, Child)>);

impl Drop for Children {
    fn drop(&mut self) {
        for (_, child) in &mut self.0 {
            // It may have ended.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A scheduler and executors as processes of this machine.
async fn start(session: &Session, args: &StartArgs) -> Result<(), Failure> {
    let port = if args.port == 0 { free_port()? } else { args.port };
    let mut children = Children(Vec::new());
    let timeout = args.executor_timeout.to_string();
    let listen = Ipv4Addr::LOCALHOST.to_string();
    let scheduler = [
        "cluster",
        "scheduler",
        "--listen",
        &listen,
        "--port",
        &port.to_string(),
        "--executor-timeout",
        &timeout,
    ];
    children.0.push(("the scheduler".into(), spawn(&scheduler)?));
    wait_for_scheduler(&mut children, port).await?;
    for number in 1..=args.executors {
        children.0.push((format!("executor {number}"), spawn_executor(args, port)?));
    }
    session.terminal.print(format!("http://127.0.0.1:{port}"))?;
    for (name, child) in &children.0 {
        session.terminal.say(format!("{name} is process {}", child.id()));
    }
    let counted = numbers::counted(args.executors.into(), "executor");
    session.terminal.say(format!(
        "{counted}; `pipeline run FILE --cluster http://127.0.0.1:{port}` uses them; Ctrl-C ends them"
    ));
    watch(session, &mut children).await
}

/// An executor of the scheduler at `port`.
fn spawn_executor(args: &StartArgs, port: u16) -> Result<Child, Failure> {
    let listen = Ipv4Addr::LOCALHOST.to_string();
    let (results, messages) = (free_port()?.to_string(), free_port()?.to_string());
    let (scheduler, parts) = (format!("{listen}:{port}"), args.parts.to_string());
    let heartbeat = (args.executor_timeout / 4).clamp(1, 5).to_string();
    let options = [
        ("--listen", &listen),
        ("--host", &listen),
        ("--scheduler", &scheduler),
        ("--port", &results),
        ("--grpc-port", &messages),
        ("--parts", &parts),
        ("--heartbeat", &heartbeat),
    ];
    let options = options.iter().flat_map(|(name, value)| [*name, value.as_str()]);
    spawn(&["cluster", "executor"].into_iter().chain(options).collect::<Vec<_>>())
}

/// Tells of processes that end; an executor may, and the rest goes on.
async fn watch(session: &Session, children: &mut Children) -> Result<(), Failure> {
    let mut interval = tokio::time::interval(Duration::from_millis(200));
    let mut signals = StopSignals::listen()?;
    loop {
        tokio::select! {
            _ = interval.tick() => {}
            () = signals.next() => return Ok(()),
        }
        let mut rest = Vec::new();
        for (name, mut child) in std::mem::take(&mut children.0) {
            match child.try_wait()? {
                Some(status) if name == "the scheduler" => {
                    return Err(Failure::failed(format!("{name} has ended: {status}")));
                }
                Some(status) => session.terminal.complain(format!("{name} has ended: {status}")),
                None => rest.push((name, child)),
            }
        }
        children.0 = rest;
    }
}

fn spawn(args: &[&str]) -> Result<Child, Failure> {
    let program = std::env::current_exe()?;
    let mut command = Command::new(program);
    // What it says goes where ours does.
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null());
    Ok(command.spawn()?)
}

async fn wait_for_scheduler(children: &mut Children, port: u16) -> Result<(), Failure> {
    let begin = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        if let Some(status) = children.0[0].1.try_wait()? {
            return Err(Failure::failed(format!("the scheduler has ended: {status}; is port {port} taken?")));
        }
        if begin.elapsed() > PATIENCE {
            return Err(Failure::failed("the scheduler does not listen"));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// One that is free now; whoever takes it before us makes the start fail, and says so.
fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
