//! A running tap.

use std::{
    collections::VecDeque,
    io,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use pipeline_config::{clipped, on_one_line};
use pipeline_process::ProcessGroup;
use pipeline_transport::Redactor;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{ChildStderr, ChildStdout, Command},
};
use tokio_util::task::AbortOnDropHandle;

use super::{Tap, files::Folder, message::Message};
use crate::DatasourceError;

/// A line longer than this is no record.
pub(super) const MAX_LINE: u64 = 64 << 20;

/// How many of a program's last words an error repeats.
const N_LAST_WORDS: usize = 3;

/// How many characters of each.
const MAX_LAST_WORDS: usize = 300;

/// So long may what a program has left running say nothing before it is ended.
const PATIENCE: Duration = Duration::from_secs(5);

/// The program; it ends when this is dropped.
pub(super) struct Process {
    name: String,
    child: ProcessGroup,
    output: BufReader<ChildStdout>,
    /// Hands over the last lines of stderr.
    talk: AbortOnDropHandle<VecDeque<String>>,
    line: Vec<u8>,
    redactor: Redactor,
    /// Must outlive the program.
    _files: Option<Folder>,
}

impl Process {
    /// Starts the program, which may read `files`.
    pub(super) fn start(tap: &Tap, arguments: &[String], files: &Folder) -> Result<Self, DatasourceError> {
        let refuse = |problem: String| DatasourceError::Command { command: tap.program.clone(), problem };
        let mut command = Command::new(&tap.program);
        command.args(&tap.arguments).args(arguments).envs(tap.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let started = ProcessGroup::spawn_with(&mut command, Some(files.path()));
        let mut child = started.map_err(|error| refuse(format!("cannot be started: {error}")))?;
        let (output, talk) = child.stdout().zip(child.stderr()).expect("both were asked for");
        Ok(Self {
            name: tap.program.clone(),
            child,
            output: BufReader::with_capacity(1 << 16, output),
            talk: AbortOnDropHandle::new(tokio::spawn(log(tap.program.clone(), talk))),
            line: Vec::new(),
            redactor: tap.redactor.clone(),
            _files: None,
        })
    }

    /// Keeps the files as long as the program runs.
    pub(super) fn with_files(self, files: Folder) -> Self {
        Self { _files: Some(files), ..self }
    }

    /// The next message; `None` when the program has said everything.
    pub(super) async fn message(&mut self) -> Result<Option<Message>, DatasourceError> {
        loop {
            self.line.clear();
            let mut output = (&mut self.output).take(MAX_LINE + 1);
            let read = output.read_until(b'\n', &mut self.line);
            let read = patiently(&self.name, &mut self.child, read).await;
            read.map_err(|error| self.refuse(&format!("cannot be heard: {error}")))?;
            let n_bytes = self.line.len();
            if n_bytes == 0 {
                return Ok(None);
            }
            if n_bytes as u64 > MAX_LINE {
                return Err(self.refuse(&format!("printed a line of more than {MAX_LINE} bytes")));
            }
            if self.line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            return Message::read(&self.line).map(Some).map_err(|problem| self.refuse(&problem));
        }
    }

    /// All that the program prints, once it has ended well.
    pub(super) async fn whole_output(&mut self) -> Result<Vec<u8>, DatasourceError> {
        let mut printed = Vec::new();
        let mut output = (&mut self.output).take(MAX_LINE);
        let read = patiently(&self.name, &mut self.child, output.read_to_end(&mut printed)).await;
        read.map_err(|error| self.refuse(&format!("cannot be heard: {error}")))?;
        self.end().await?;
        Ok(printed)
    }

    /// Waits for the end, which must be a good one.
    pub(super) async fn end(&mut self) -> Result<(), DatasourceError> {
        let status = self.child.wait().await.map_err(|error| self.refuse(&error.to_string()))?;
        if status.success() {
            return Ok(());
        }
        // Whoever has left the group may hold it open.
        let words = tokio::time::timeout(PATIENCE, &mut self.talk).await;
        let words = words.ok().and_then(Result::ok).unwrap_or_default();
        let said = last_words(&words, &self.redactor);
        Err(self.refuse(&format!("ended with {}{said}", ending(status))))
    }

    fn refuse(&self, problem: &str) -> DatasourceError {
        let problem = self.redactor.redact(problem).into_owned();
        DatasourceError::Command { command: self.name.clone(), problem }
    }
}

/// Reads on while the program runs. What it has started may hold its output open for ever: when the program has ended and
/// nothing comes for a while, all of it is ended, and what came is all there is.
async fn patiently(
    name: &str,
    child: &mut ProcessGroup,
    read: impl Future<Output = io::Result<usize>>,
) -> io::Result<()> {
    tokio::pin!(read);
    tokio::select! {
        biased;
        read = &mut read => return read.map(drop),
        _ = child.ended() => {}
    }
    if let Ok(read) = tokio::time::timeout(PATIENCE, &mut read).await {
        return read.map(drop);
    }
    tracing::warn!(
        command = name,
        "the program has ended; what it left running holds its output, and is ended too"
    );
    child.end_rest();
    match tokio::time::timeout(PATIENCE, read).await {
        Ok(read) => read.map(drop),
        Err(_) => Ok(()),
    }
}

/// What an error repeats of a program's last lines, on one line: masked before it is clipped.
fn last_words(lines: &VecDeque<String>, redactor: &Redactor) -> String {
    let shown = |line: &String| clipped(&on_one_line(&redactor.redact(line)), MAX_LAST_WORDS).into_owned();
    let words: Vec<String> = lines.iter().map(shown).collect();
    if words.is_empty() { String::new() } else { format!(": {}", words.join(" / ")) }
}

fn ending(status: ExitStatus) -> String {
    status.code().map_or_else(|| status.to_string(), |code| format!("exit code {code}"))
}

/// Passes on what the program says on stderr; gives its last lines.
async fn log(name: String, talk: ChildStderr) -> VecDeque<String> {
    let mut lines = BufReader::new(talk);
    let mut last = VecDeque::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        // A line without end comes in pieces.
        match (&mut lines).take(1 << 16).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return last,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        tracing::info!(command = name, "{text}");
        if !text.trim().is_empty() {
            last.push_back(text.trim().to_owned());
        }
        if last.len() > N_LAST_WORDS {
            last.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use pipeline_config::Secret;

    use super::*;

    #[test]
    fn last_words_are_short_and_have_no_credentials() {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("t0ken-9f3aB"));
        let lines =
            ["a\u{1b}[2J t0ken-9f3aB", &format!("{}t0ken-9f3aB", "x".repeat(60_000))].map(str::to_owned);
        let said = last_words(&lines.into(), &redactor);
        assert!(said.starts_with(": a [2J [REDACTED] / xxx") && said.ends_with("x[REDACTED]"), "{said}");
        assert!(said.len() < 400, "{said}");
        assert_eq!(last_words(&VecDeque::new(), &redactor), "");
    }
}
