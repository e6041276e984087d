//! How a command ends when it does not end well.

use std::{path::Path, process::ExitCode};

use pipeline_auth::{AuthError, LoginError};
use pipeline_config::explain;
use pipeline_engine::{Reaction, RunError};

use crate::args::PipelineArgs;

/// What to tell the user, and the exit code that tells scripts.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    code: u8,
    /// Whether logging in again is what helps.
    wants_login: bool,
}

/// The exit codes of the design; scripts rely on them.
/// What a pipeline for Jira cannot do without, and the sandbox gives.
const SANDBOX_VARIABLES: [&str; 4] = ["JIRA_BASE_URL", "JIRA_CLIENT_ID", "JIRA_CLIENT_SECRET", "JIRA_SITE"];

const RUN_FAILED: u8 = 1;
pub(crate) const FILE_IS_WRONG: u8 = 2;
const AUTHORISE_AGAIN: u8 = 3;
const QUOTA: u8 = 4;
pub(crate) const INTERRUPTED: u8 = 130;

impl Failure {
    /// The command was called wrongly.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(format!("error: {}", message.into()), FILE_IS_WRONG)
    }

    /// What was compared differs.
    pub(crate) fn differs(message: impl Into<String>) -> Self {
        Self::new(message.into(), RUN_FAILED)
    }

    /// Files that were asked about are wrong.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(message.into(), FILE_IS_WRONG)
    }

    /// Nobody is logged in; logging in is what helps.
    pub(crate) fn logged_out(message: impl Into<String>) -> Self {
        Self { wants_login: true, ..Self::new(message.into(), AUTHORISE_AGAIN) }
    }

    /// Adds what to do about this pipeline file.
    #[must_use]
    pub(crate) fn about(mut self, file: &Path) -> Self {
        if std::mem::take(&mut self.wants_login) {
            let command = format!("pipeline auth login {}", quoted(&file.to_string_lossy()));
            self.message.push_str(&format!("\n  = help: log in: `{command}`"));
        }
        self
    }

    /// Says this in place of what was said already; the code and the help stay.
    #[must_use]
    pub(crate) fn summed_up(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    fn new(message: String, code: u8) -> Self {
        Self { message, code, wants_login: false }
    }

    /// What was asked for was done, and its result is bad.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(format!("error: {}", message.into()), RUN_FAILED)
    }

    /// What stderr should say; ends without a line break.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// The exit code as a number, for those who sum several up.
    pub(crate) fn code(&self) -> u8 {
        self.code
    }

    /// Several pipelines were run, and this is what came of them all.
    pub(crate) fn of_several(message: impl Into<String>, codes: &[u8]) -> Self {
        // What a person must look at comes first; a quota alone passes by itself.
        let order = [INTERRUPTED, FILE_IS_WRONG, AUTHORISE_AGAIN, RUN_FAILED, QUOTA];
        let code = order.into_iter().find(|code| codes.contains(code)).unwrap_or(RUN_FAILED);
        Self::new(format!("error: {}", message.into()), code)
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
        Self::new(message, FILE_IS_WRONG)
    }
}

impl Failure {
    /// What is wrong with a file; of one that lacks what the sandbox would give, that too: it is the first thing that a
    /// new user sees.
    pub(crate) fn of_file(invalid: pipeline_config::Invalid, args: &PipelineArgs) -> Self {
        let is_for_sandbox = args.sandbox.issues().is_none()
            && SANDBOX_VARIABLES.iter().any(|name| invalid.rendered.contains(&format!("variable `{name}`")));
        let mut failure = Self::from(invalid);
        if is_for_sandbox {
            failure
                .message
                .push_str("\nto try it without an account, add `--sandbox`, which sets the JIRA_* variables");
        }
        failure
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(format!("error: {error}"), RUN_FAILED)
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
        let wants_login = error.wants_login();
        let mut message = format!("error: {}", explain(&error));
        if error.reaction() == Reaction::Resume {
            message.push_str("\n  = help: run it again after that time, or raise `limits.max_wait`");
        }
        Self { wants_login, ..Self::new(message, code) }
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        RunError::from(error).into()
    }
}

impl From<LoginError> for Failure {
    fn from(error: LoginError) -> Self {
        let (code, help) = match error {
            LoginError::Auth(error) => return error.into(),
            LoginError::NoAuthorizeUrl => {
                (FILE_IS_WRONG, "add `authorize_url:` to `auth`; the provider's documentation names it")
            }
            LoginError::Listen { .. } => {
                (RUN_FAILED, "end what else listens there, or log in with `--paste`, which needs no port")
            }
            LoginError::NotTokens { .. } => {
                (FILE_IS_WRONG, "pass the answer of the token endpoint as it came, on stdin")
            }
            LoginError::NoCode => (
                AUTHORISE_AGAIN,
                "copy the whole address that the browser ended up at, after you allowed access",
            ),
            LoginError::WrongState => (
                AUTHORISE_AGAIN,
                "open the address that this command shows, not an older one; each is good for one login",
            ),
            LoginError::CodeRefused { .. } => (
                AUTHORISE_AGAIN,
                "a code works once and for some minutes; also check that `redirect_url` is the registered callback",
            ),
            LoginError::Timeout(_) => (
                AUTHORISE_AGAIN,
                "where the browser runs on another machine, use `--paste`; `--timeout` waits longer",
            ),
            _ => (AUTHORISE_AGAIN, "the earlier login, if there was one, is as it was"),
        };
        Self::new(format!("error: {}\n  = help: {help}", explain(&error)), code)
    }
}

/// `text` as one word of a shell's command line.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:@%=,\\".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

impl From<pipeline_sandbox::SandboxError> for Failure {
    fn from(error: pipeline_sandbox::SandboxError) -> Self {
        Self::new(format!("error: the sandbox: {error}"), RUN_FAILED)
    }
}

impl From<pipeline_scheduler::SupervisorError> for Failure {
    fn from(error: pipeline_scheduler::SupervisorError) -> Self {
        Self::new(format!("error: {}", explain(&error)), RUN_FAILED)
    }
}

impl From<pipeline_server::ServerError> for Failure {
    fn from(error: pipeline_server::ServerError) -> Self {
        let help = match error {
            pipeline_server::ServerError::Listen { .. } => "choose another `--port`; 0 takes a free one",
            _ => {
                "put a long random token into `PIPELINE_SERVE_TOKEN`, or into a file for `--token-file`; `--no-token` is for this machine only"
            }
        };
        Self::new(format!("error: {}\n  = help: {help}", explain(&error)), FILE_IS_WRONG)
    }
}

impl From<pipeline_authoring::WatchError> for Failure {
    fn from(error: pipeline_authoring::WatchError) -> Self {
        let help =
            "on Linux, `fs.inotify.max_user_watches` and `max_user_instances` limit how much can be watched";
        Self::new(format!("error: {error}\n  = help: {help}"), RUN_FAILED)
    }
}

impl From<pipeline_authoring::CaseError> for Failure {
    fn from(error: pipeline_authoring::CaseError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<pipeline_authoring::SubjectError> for Failure {
    fn from(error: pipeline_authoring::SubjectError) -> Self {
        match error {
            // Diagnostics say themselves that they are errors.
            pipeline_authoring::SubjectError::Pipeline(invalid) => (*invalid).into(),
            error => Self::usage(error.to_string()),
        }
    }
}

impl From<pipeline_authoring::ScaffoldError> for Failure {
    fn from(error: pipeline_authoring::ScaffoldError) -> Self {
        Self::usage(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_one_word_of_the_command() {
        let check = |text: &str, expected: &str| assert_eq!(quoted(text), expected);
        check("pipelines/jira.yaml", "pipelines/jira.yaml");
        check("my pipelines/jira.yaml", "'my pipelines/jira.yaml'");
        check("it's.yaml", r"'it'\''s.yaml'");
        check("", "''");
    }
}
