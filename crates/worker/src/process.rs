//! A converter in a process of its own.

use std::{
    io,
    path::Path,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use pipeline_converter::{
    ConverterError,
    wire::{self, Answer, Frame, Lengths, LogLevel, WireError},
};
use pipeline_datasource::Page;
use pipeline_table::Batch;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use super::{ConverterSetup, WORKER_ARGUMENT, worker::allocator_options};

/// How long a process that has failed may take to end by itself, so that it can say why.
const GRACE: Duration = Duration::from_secs(2);

/// More of its last words is not read.
const MAX_LAST_WORDS: u64 = 8 << 10;

/// Room for most answers.
const ROOM: usize = 16 << 20;

/// A running process.
#[derive(Debug)]
pub(super) struct ProcessLane {
    setup: Arc<ConverterSetup>,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    /// What it is to run, until it has been told.
    start: Vec<u8>,
    /// Whether it was killed, and not by us.
    is_killed: bool,
}

impl ProcessLane {
    pub(super) fn start(setup: &Arc<ConverterSetup>, program: &Path) -> io::Result<Self> {
        let spec = &setup.spec;
        let start = wire::start(&spec.script, &setup.columns, &spec.limits, setup.deterministic);
        let mut command = Command::new(program);
        command
            .args([WORKER_ARGUMENT, &spec.limits.memory.to_string()])
            // No credentials, no paths: nothing that the script could find out.
            .env_clear()
            .envs(allocator_options(spec.limits.memory))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // Ctrl-C in a terminal is for the run, which ends the process when it is done with it.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn()?;
        widen(&child);
        let no_pipe = || io::Error::other("a process without pipes");
        Ok(Self {
            setup: Arc::clone(setup),
            input: child.stdin.take().ok_or_else(no_pipe)?,
            output: BufReader::new(child.stdout.take().ok_or_else(no_pipe)?),
            child,
            start: start.map_err(io::Error::other)?,
            is_killed: false,
        })
    }

    /// Whether somebody else has killed it, such as a system without memory; the page is not to blame then.
    pub(super) fn is_killed(&self) -> bool {
        self.is_killed
    }

    pub(super) async fn convert(&mut self, page: &Page) -> Result<Batch, ConverterError> {
        match self.ask(page).await {
            Ok(converted) => converted,
            Err(error) => Err(self.why_it_ended(page.index, &error).await),
        }
    }

    async fn ask(&mut self, page: &Page) -> Result<Result<Batch, ConverterError>, WireError> {
        let opening = wire::page(&super::input(page, &self.setup))?;
        self.input.write_all(&std::mem::take(&mut self.start)).await?;
        self.input.write_all(&opening).await?;
        self.input.write_all(&page.body).await?;
        self.input.flush().await?;
        loop {
            match Answer::read(self.receive().await?, &self.setup.spec.script)? {
                Answer::Log { level, page, text } => log(level, page, &text),
                Answer::Page(converted) => return Ok(*converted),
            }
        }
    }

    async fn receive(&mut self) -> Result<Frame, WireError> {
        frame(&mut self.output).await
    }

    /// The process is at its end, or is to be ended: what it said, and how it went.
    async fn why_it_ended(&mut self, page: usize, error: &WireError) -> ConverterError {
        let script = &self.setup.spec.script;
        let Ok(Ok(status)) = tokio::time::timeout(GRACE, self.child.wait()).await else {
            return ConverterError::worker_ended(page, &error.to_string());
        };
        let mut last_words = Vec::new();
        if let Some(stderr) = self.child.stderr.take() {
            // What cannot be read is no reason.
            let _ = stderr.take(MAX_LAST_WORDS).read_to_end(&mut last_words).await;
        }
        let last_words = String::from_utf8_lossy(&last_words);
        // The words of Rust's runtime, for both ends that a script can cause.
        if last_words.contains("memory allocation of") {
            return ConverterError::out_of_memory(script, page, Some(self.setup.spec.limits.memory));
        }
        if last_words.contains("overflowed its stack") {
            return ConverterError::out_of_stack(script, page);
        }
        if is_kill(status) {
            self.is_killed = true;
            return ConverterError::killed(script, page, &status.to_string());
        }
        let reason = last_words.lines().next().unwrap_or_default();
        ConverterError::worker_ended(page, format!("{status} {reason}").trim_end())
    }

    /// Kills it and waits until it is gone.
    pub(super) async fn end(mut self: Box<Self>) {
        // It fails only for a process that has ended.
        let _ = self.child.kill().await;
    }
}

/// The next frame of what a process sends.
async fn frame(output: &mut (impl AsyncRead + Unpin)) -> Result<Frame, WireError> {
    let mut lengths = [0; Lengths::SIZE];
    output.read_exact(&mut lengths).await?;
    let lengths = Lengths::read(lengths)?;
    let head = bytes(output, lengths.head).await?;
    Ok(Frame { head, body: bytes(output, lengths.body).await? })
}

/// So many bytes. A process may say any number: there is room for what has come, and not for what is said to come.
async fn bytes(output: &mut (impl AsyncRead + Unpin), length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length.min(ROOM));
    let n_read = output.take(length as u64).read_to_end(&mut bytes).await?;
    if n_read < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
}

/// Whether a process was ended from outside; what a fault of its own sends (SIGSEGV, SIGABRT, …) is none of that.
#[cfg(unix)]
fn is_kill(status: ExitStatus) -> bool {
    use rustix::process::Signal;
    let ends = [Signal::KILL, Signal::TERM, Signal::INT, Signal::HUP, Signal::QUIT];
    let ended_by = std::os::unix::process::ExitStatusExt::signal(&status);
    ends.iter().any(|signal| ended_by == Some(signal.as_raw()))
}

#[cfg(not(unix))]
fn is_kill(_: ExitStatus) -> bool {
    false
}

/// Makes room for most pages in the pipes, which saves both sides waking each other up for every 64 KiB.
#[cfg(target_os = "linux")]
fn widen(child: &Child) {
    /// What Linux lets any user have (`/proc/sys/fs/pipe-max-size`).
    const PIPE_SIZE: usize = 1 << 20;
    // Less room is only slower.
    let _ = child.stdin.as_ref().map(|pipe| rustix::pipe::fcntl_setpipe_size(pipe, PIPE_SIZE));
    let _ = child.stdout.as_ref().map(|pipe| rustix::pipe::fcntl_setpipe_size(pipe, PIPE_SIZE));
}

#[cfg(not(target_os = "linux"))]
fn widen(_: &Child) {}

fn log(level: LogLevel, page: Option<usize>, text: &str) {
    let page = page.map(|page| page + 1);
    match level {
        LogLevel::Error => tracing::error!(target: "converter", page, "{text}"),
        LogLevel::Warn => tracing::warn!(target: "converter", page, "{text}"),
        LogLevel::Info => tracing::info!(target: "converter", page, "{text}"),
        LogLevel::Debug => tracing::debug!(target: "converter", page, "{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_are_read_whole_and_room_is_not_made_for_what_does_not_come() {
        let opening = |head: u32, body: u64| [&head.to_le_bytes()[..], &body.to_le_bytes()].concat();
        let read = async |bytes: Vec<u8>| frame(&mut bytes.as_slice()).await;
        let body = vec![7; ROOM + 1];
        let whole =
            read([opening(2, body.len() as u64), b"hi".to_vec(), body.clone()].concat()).await.unwrap();
        assert_eq!(whole, Frame { head: b"hi".to_vec(), body });
        for (head, body) in [(2, 8 << 30), (64 << 20, 0), (0, 1)] {
            let cut_off = read([opening(head, body), Vec::new()].concat()).await.unwrap_err();
            assert!(matches!(cut_off, WireError::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof));
        }
        assert!(matches!(read(opening(2, u64::MAX)).await, Err(WireError::TooLong(_))));
    }
}
