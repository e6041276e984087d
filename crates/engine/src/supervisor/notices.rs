//! Tells those of `on_failure` that a run has failed for good, and that the next one went well again.

use std::{process::Stdio, sync::Arc, time::Duration};

use jiff::Timestamp;
use pipeline_config::{Secret, explain};
use pipeline_process::ProcessGroup;
use pipeline_transport::{Body, Client, Limits, Method, Redactor, Repeat, Request};
use serde::Serialize;
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
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Notice {
    /// `failed` or `recovered`.
    event: &'static str,
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
            event,
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
            ("PIPELINE_EVENT", self.event.to_owned()),
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

impl Shared {
    /// Tells everyone of `on_failure`, each in a task of its own; that somebody cannot be told is in the log.
    pub(super) fn notify(self: &Arc<Self>, entry: &Entry, notice: Notice) {
        let spec = entry.plan.as_ref().and_then(|plan| plan.schedule.as_ref());
        let notice = Arc::new(notice);
        for target in spec.map(|spec| spec.on_failure.clone()).unwrap_or_default() {
            let (notice, redactor) = (Arc::clone(&notice), self.options.redactor.clone());
            let ending = self.ending.clone();
            let folder = entry.file.parent().map(std::path::Path::to_owned).unwrap_or_default();
            self.tasks.spawn(async move {
                let telling = async {
                    match target.parse::<url::Url>() {
                        Ok(address) if matches!(address.scheme(), "http" | "https") => {
                            webhook(address, &notice, redactor).await
                        }
                        _ => command(&target, &notice, &folder).await,
                    }
                };
                let told = tokio::select! {
                    told = telling => told,
                    () = ending.cancelled() => Err("the server has ended before it was".to_owned()),
                };
                if let Err(problem) = told {
                    tracing::error!(
                        pipeline = notice.id,
                        event = notice.event,
                        problem,
                        "`on_failure` was not told"
                    );
                }
            });
        }
    }
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
async fn command(line: &str, notice: &Notice, folder: &std::path::Path) -> Result<(), String> {
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
