//! How a command ends when it does not end well.

use std::process::ExitCode;

use pipeline_engine::{Reaction, RunError};

/// What to tell the user, and the exit code that tells scripts.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    code: u8,
}

/// The exit codes of the design; scripts rely on them.
const RUN_FAILED: u8 = 1;
const FILE_IS_WRONG: u8 = 2;
const AUTHORISE_AGAIN: u8 = 3;
const QUOTA: u8 = 4;
const INTERRUPTED: u8 = 130;

impl Failure {
    /// The command was called wrongly.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { message: format!("error: {}", message.into()), code: FILE_IS_WRONG }
    }

    /// Files that were asked about are wrong.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: FILE_IS_WRONG }
    }

    /// What was asked for was done, and its result is bad.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self { message: format!("error: {}", message.into()), code: RUN_FAILED }
    }

    /// What stderr should say; ends without a line break.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.code)
    }
}

impl From<pipeline_config::Invalid> for Failure {
    fn from(invalid: pipeline_config::Invalid) -> Self {
        let n = invalid.n_errors as u64;
        let message =
            format!("{}{} found; nothing was run", invalid.rendered, crate::numbers::counted(n, "error"));
        Self { message, code: FILE_IS_WRONG }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self { message: format!("error: {error}"), code: RUN_FAILED }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        let code = match error.reaction() {
            Reaction::Failed => RUN_FAILED,
            Reaction::Reauthorize => AUTHORISE_AGAIN,
            Reaction::Resume => QUOTA,
            Reaction::Interrupted => INTERRUPTED,
        };
        // A message and its help stay in one piece; the causes come between.
        let text = error.to_string();
        let (message, help) =
            text.split_once('\n').map_or((text.as_str(), ""), |(first, rest)| (first, rest));
        let mut message = format!("error: {message}");
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            message.push_str(&format!(": {inner}"));
            cause = inner.source();
        }
        if !help.is_empty() {
            message.push_str(&format!("\n{help}"));
        }
        if error.reaction() == Reaction::Reauthorize {
            message.push_str(
                "\n  = help: get a new refresh token and put it into the pipeline's `refresh_token` (docs/oauth-for-jira.md)",
            );
        }
        Self { message, code }
    }
}

impl From<pipeline_sandbox::SandboxError> for Failure {
    fn from(error: pipeline_sandbox::SandboxError) -> Self {
        Self { message: format!("error: the sandbox: {error}"), code: RUN_FAILED }
    }
}

impl From<pipeline_engine::authoring::WatchError> for Failure {
    fn from(error: pipeline_engine::authoring::WatchError) -> Self {
        let help =
            "on Linux, `fs.inotify.max_user_watches` and `max_user_instances` limit how much can be watched";
        Self { message: format!("error: {error}\n  = help: {help}"), code: RUN_FAILED }
    }
}

impl From<pipeline_engine::authoring::CaseError> for Failure {
    fn from(error: pipeline_engine::authoring::CaseError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<pipeline_engine::authoring::SubjectError> for Failure {
    fn from(error: pipeline_engine::authoring::SubjectError) -> Self {
        match error {
            // Diagnostics say themselves that they are errors.
            pipeline_engine::authoring::SubjectError::Pipeline(invalid) => (*invalid).into(),
            error => Self::usage(error.to_string()),
        }
    }
}

impl From<pipeline_engine::authoring::ScaffoldError> for Failure {
    fn from(error: pipeline_engine::authoring::ScaffoldError) -> Self {
        Self::usage(error.to_string())
    }
}
