//! A user's folder, the program run in it, and a sandbox to talk to.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use pipeline_process::ENDS_AT_ONCE;
use pipeline_worker::ALLOCATOR_OPTIONS;

use pipeline_sandbox::{Sandbox, SandboxOptions, SandboxStats};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The top of the checkout.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the checkout is there")
}

/// Every so-many-th of what takes long and says little more than a part of it; all of it where `PIPELINE_TESTS` is `all`, as CI
/// has it.
pub(crate) fn every<T>(step: usize, cases: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
    cases.into_iter().step_by(all_or(step, 1))
}

/// `all` where `PIPELINE_TESTS` is `all`, as CI has it; elsewhere `part`.
pub(crate) fn all_or<T>(part: T, all: T) -> T {
    if std::env::var("PIPELINE_TESTS").is_ok_and(|which| which == "all") { all } else { part }
}

/// Gives `command` the options of the allocator for which the program would start itself anew, a fifth of a short run; CI does without.
pub(crate) fn spare_a_start(command: &mut Command) {
    if all_or(true, false) {
        command.envs(ALLOCATOR_OPTIONS).envs([ENDS_AT_ONCE]);
    }
}

/// The datasource of pipelines at a sandbox; further keys of it may follow.
pub(crate) const JIRA: &str = "datasource:
  kind: rest
  base_url: ${JIRA_BASE_URL}
  auth:
    kind: oauth2
    authentication_url: ${JIRA_AUTH_URL}
    client_id: ${JIRA_CLIENT_ID}
    client_secret: ${JIRA_CLIENT_SECRET}
    refresh_token: ${JIRA_REFRESH_TOKEN}
";

/// An empty folder in which `pipeline` runs as in the home of a new user.
#[derive(Debug)]
pub(crate) struct Home {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder"), variables: Vec::new() }
    }

    /// With variables that every command sees.
    pub(crate) fn with(
        mut self,
        variables: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        self.variables.extend(variables.into_iter().map(|(name, value)| (name.into(), value.into())));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, and the folders it stands in.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it stands in the home")).expect("a folder");
        fs::write(&path, text).expect("written");
        path
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The command, which sees none of this process's variables but `PATH`.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pipeline"));
        command.args(args).current_dir(self.folder.path()).env_clear();
        command.env("HOME", self.folder.path()).env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("PIPELINE_STATE_DIR", self.path("state"));
        spare_a_start(&mut command);
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null());
        command
    }

    /// Runs the command to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Done {
        Done::of(&self.command(args).output().expect("the binary was built for this test"))
    }

    /// Runs `run ARGS --format json` and gives the summary; anything but success fails the test.
    pub(crate) fn summary(&self, args: &[&str]) -> serde_json::Value {
        let args = [&["run"], args, &["--format", "json"]].concat();
        let done = self.run(&args);
        assert_eq!(done.code, Some(0), "{args:?}\n{}", done.stderr);
        serde_json::from_str(&done.stdout).expect("a summary on stdout")
    }
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Done {
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    /// Waits for a command that runs in the background; its streams are read to their ends.
    pub(crate) fn wait(mut child: Child) -> Self {
        let mut stderr = String::new();
        if let Some(stream) = &mut child.stderr {
            stream.read_to_string(&mut stderr).expect("text on stderr");
        }
        let output = child.wait_with_output().expect("it ends");
        Self { stderr, ..Self::of(&output) }
    }
}

/// A sandbox in this process, for tests that look into it or steer it.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) sandbox: Sandbox,
    // Dropped last: the server runs on it.
    _runtime: Runtime,
}

impl Site {
    pub(crate) fn start(options: SandboxOptions) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let sandbox = runtime.block_on(Sandbox::start(options)).expect("a free port");
        Self { sandbox, _runtime: runtime }
    }

    pub(crate) fn with_issues(issues: usize) -> Self {
        Self::start(SandboxOptions { issues, ..SandboxOptions::default() })
    }

    /// A home whose variables lead here.
    pub(crate) fn home(&self) -> Home {
        Home::new().with(self.sandbox.variables())
    }

    pub(crate) fn stats(&self) -> SandboxStats {
        self.sandbox.stats()
    }
}

/// A command in the background that ends with its test.
#[derive(Debug)]
pub(crate) struct Killed(pub(crate) Child);

impl Drop for Killed {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
