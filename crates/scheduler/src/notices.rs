//! Tells those of `on_failure` that a run has failed for good, and that the next one went well again.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use pipeline_config::{Secret, explain, fingerprint};
use pipeline_history::Undelivered;
use pipeline_process::ProcessGroup;
use pipeline_transport::{Body, Client, Limits, Method, Redactor, Repeat, Request};
use serde::{Deserialize, Serialize};
use tokio::process::Command;

use super::shared::{Entry, Shared};

/// How long a command may take.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a webhook is tried.
const WEBHOOK_PATIENCE: Duration = Duration::from_secs(300);
/// Chat services end long texts themselves; environments have limits too.
const MAX_ERROR: usize = 4_000;

/// What happened.
#[derive(Debug, Clone)]
pub(super) enum NoticeKind {
    /// A run has failed, so many times.
    Failed { attempts: u32 },
    /// The run after a failed one went well.
    Recovered { run: String },
}

/// What is told: the body of a webhook, and the environment of a command.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Notice {
    /// `failed` or `recovered`.
    event: String,
    pipeline: String,
    id: String,
    file: String,
    run: Option<String>,
    planned: String,
    attempts: u32,
    error: Option<String>,
    /// One line for people; chat services show a member of this name.
    text: String,
}

impl Notice {
    pub(super) fn new(entry: &Entry, kind: NoticeKind, planned: Timestamp) -> Self {
        let (event, run, error, attempts) = match kind {
            NoticeKind::Failed { attempts } => {
                let (run, error) = entry.last_error.clone().unzip();
                ("failed", run, error.map(shortened), attempts)
            }
            NoticeKind::Recovered { run } => ("recovered", Some(run), None, 1),
        };
        let name = entry.name();
        let text = match &error {
            Some(error) => format!("pipeline `{name}` has failed: {error}"),
            None if event == "failed" => format!("pipeline `{name}` has failed"),
            None => format!("pipeline `{name}` runs again"),
        };
        Self {
            event: event.to_owned(),
            pipeline: name,
            id: entry.id.clone(),
            file: entry.file.display().to_string(),
            run,
            planned: planned.to_string(),
            attempts,
            error,
            text,
        }
    }

    fn variables(&self) -> [(&'static str, String); 8] {
        [
            ("PIPELINE_EVENT", self.event.clone()),
            ("PIPELINE_NAME", self.pipeline.clone()),
            ("PIPELINE_ID", self.id.clone()),
            ("PIPELINE_FILE", self.file.clone()),
            ("PIPELINE_RUN", self.run.clone().unwrap_or_default()),
            ("PIPELINE_PLANNED", self.planned.clone()),
            ("PIPELINE_ATTEMPTS", self.attempts.to_string()),
            ("PIPELINE_ERROR", self.error.clone().unwrap_or_default()),
        ]
    }
}

/// One of `on_failure`, and what it is to be told.
#[derive(Debug)]
pub(super) struct Telling {
    /// Where that is kept until then.
    id: Option<i64>,
    /// Which of `on_failure`, from 0.
    position: usize,
    target: String,
    folder: PathBuf,
    notice: Arc<Notice>,
}

impl Shared {
    /// Tells everyone of `on_failure`.
    pub(super) fn notify(self: &Arc<Self>, entry: &Entry, notice: Notice) {
        let tellings = self.note(entry, notice);
        self.tell(tellings);
    }

    /// Writes down what everyone of `on_failure` is to be told, before anything says that the run is over.
    pub(super) fn note(&self, entry: &Entry, notice: Notice) -> Vec<Telling> {
        let json = serde_json::to_string(&notice).unwrap_or_default();
        let notice = Arc::new(notice);
        let telling = |(position, target): (usize, &String)| {
            let kept = self.leases.keep_undelivered(&entry.key, (&name_of(target), &json));
            let id = kept.inspect_err(|error| {
                tracing::warn!(pipeline = entry.id, %error, "a failure is not written down; it is told now");
            });
            telling_of(entry, (id.ok(), position), Arc::clone(&notice))
        };
        told(entry).iter().enumerate().filter_map(telling).collect()
    }

    /// Tells what servers that are gone have not told.
    pub(super) fn tell_untold(self: &Arc<Self>) {
        let left = self.leases.take_undelivered().unwrap_or_else(|error| {
            tracing::warn!(%error, "whether somebody is still to be told of a failure is not known");
            Vec::new()
        });
        let entries = self.entries();
        let telling = |untold: Undelivered| {
            let entry = entries.values().find(|entry| entry.key == untold.pipeline)?;
            let position = told(entry).iter().position(|target| name_of(target) == untold.target)?;
            let notice: Notice = serde_json::from_str(&untold.notice).ok()?;
            telling_of(entry, (Some(untold.id), position), Arc::new(notice))
        };
        let mut tellings = Vec::new();
        for untold in left {
            let (id, pipeline) = (untold.id, untold.pipeline.clone());
            match telling(untold) {
                Some(telling) => tellings.push(telling),
                None => {
                    tracing::warn!(
                        pipeline,
                        "nobody is told of a failure any more: its `on_failure` is another one"
                    );
                    self.forget(id);
                }
            }
        }
        drop(entries);
        self.tell(tellings);
    }

    /// Each in a task of its own; that somebody cannot be told is in the log.
    pub(super) fn tell(self: &Arc<Self>, tellings: Vec<Telling>) {
        for telling in tellings {
            let shared = Arc::clone(self);
            self.tasks.spawn(async move {
                let Telling { id, position, target, folder, notice } = telling;
                let redactor = shared.options.redactor.clone();
                let sending = async {
                    match address(&target) {
                        Some(address) => webhook(address, &notice, redactor.clone()).await,
                        None => command(&target, &notice, &folder).await,
                    }
                };
                let problem = tokio::select! {
                    told = sending => told.err(),
                    () = shared.ending.cancelled() => {
                        let left = id.and_then(|id| shared.leases.leave_undelivered(id).ok());
                        let next = if left.is_some() { "; the next start tells it" } else { "" };
                        tracing::warn!(pipeline = notice.id, "the server ends before `on_failure` was told{next}");
                        return;
                    }
                };
                if let Some(problem) = problem {
                    let which = redactor.redact(&which(position, &target)).into_owned();
                    let (pipeline, event) = (&notice.id, &notice.event);
                    tracing::error!(pipeline, event, which, problem, "`on_failure` was not told");
                }
                id.into_iter().for_each(|id| shared.forget(id));
            });
        }
    }

    fn forget(&self, id: i64) {
        if let Err(error) = self.leases.forget_undelivered(id) {
            tracing::warn!(%error, "the next start may tell a failure once more");
        }
    }
}

fn told(entry: &Entry) -> &[String] {
    let spec = entry.plan.as_ref().and_then(|plan| plan.schedule.as_ref());
    spec.map(|spec| spec.on_failure.as_slice()).unwrap_or_default()
}

fn telling_of(entry: &Entry, (id, position): (Option<i64>, usize), notice: Arc<Notice>) -> Option<Telling> {
    let target = told(entry).get(position)?.clone();
    let folder = entry.file.parent().map(Path::to_owned).unwrap_or_default();
    Some(Telling { id, position, target, folder, notice })
}

/// A name of one of `on_failure`, which may have credentials and stands in a file.
fn name_of(target: &str) -> String {
    fingerprint([target])
}

fn address(target: &str) -> Option<url::Url> {
    target.parse::<url::Url>().ok().filter(|address| matches!(address.scheme(), "http" | "https"))
}

/// Which of several it is: its place, and the host of an address or the program of a command.
fn which(position: usize, target: &str) -> String {
    let shown = match address(target) {
        Some(address) => address.host_str().unwrap_or_default().to_owned(),
        None => target.split_whitespace().next().unwrap_or_default().to_owned(),
    };
    format!("no. {}, `{shown}`", position + 1)
}

/// Posts the notice as JSON.
async fn webhook(address: url::Url, notice: &Notice, redactor: Redactor) -> Result<(), String> {
    // Addresses of chat services are credentials: who knows one can post.
    redactor.add(&Secret::new(address.as_str()));
    redactor.add(&Secret::new(address.path()));
    let limits = Limits { max_wait: WEBHOOK_PATIENCE, ..Limits::default() };
    let client = Client::new(limits, redactor.clone()).map_err(|error| explain(&error))?;
    let mut request = Request::new(Method::Post, address);
    request.body = Some(Body::json(serde_json::to_vec(notice).map_err(|error| error.to_string())?));
    // Better told twice than not at all.
    request.repeat = Repeat::Always;
    let response =
        client.send(&request).await.map_err(|error| redactor.redact(&explain(&error)).into_owned())?;
    if response.is_success() { Ok(()) } else { Err(format!("the webhook answers {}", response.status)) }
}

/// Runs a shell command in the folder of the pipeline file; what it prints goes nowhere, and what it has started ends with it.
async fn command(line: &str, notice: &Notice, folder: &Path) -> Result<(), String> {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut command = Command::new(shell);
    command.arg(flag).arg(line).envs(notice.variables());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if !folder.as_os_str().is_empty() {
        command.current_dir(folder);
    }
    let mut command = ProcessGroup::spawn(&mut command).map_err(|error| error.to_string())?;
    let ended = tokio::time::timeout(COMMAND_TIMEOUT, command.wait()).await;
    let status = ended.map_err(|_| format!("it took longer than {COMMAND_TIMEOUT:?}"))?;
    match status {
        Ok(status) if status.success() => Ok(()),
        // What shells say for a program that is not there.
        Ok(status) if status.code() == Some(127) => Err(format!("{status}: there is no such program")),
        Ok(status) => Err(status.to_string()),
        Err(error) => Err(error.to_string()),
    }
}

fn shortened(mut error: String) -> String {
    if error.len() > MAX_ERROR {
        error.truncate(error.floor_char_boundary(MAX_ERROR));
        error.push('…');
    }
    error
}
