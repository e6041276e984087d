//! Programs that users name (taps, programs that know a token, commands of `on_failure`), and their ends.
//!
//! A program may start others: `sh -c` does, and so does every wrapper. Killing the one process that we know leaves the
//! others running, with a login or a lock in their hands. So each program leads a process group of its own, and the group is
//! killed when the program has ended, when its [`ProcessGroup`] is dropped, and by a guard when this process is killed
//! (ADR 0058). On Linux what it has started into other groups of the same session ends with it, as `timeout` does. Windows has no process groups; there the program alone is ended.
//!
//! ```
//! # #[cfg(unix)]
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let mut command = tokio::process::Command::new("sh");
//! command.args(["-c", "sleep 1000 & exit 3"]);
//! let status = pipeline_process::ProcessGroup::spawn(&mut command)?.wait().await?;
//! assert_eq!(status.code(), Some(3)); // and `sleep` has ended too
//! # std::io::Result::Ok(())
//! # }).unwrap();
//! ```

#[cfg_attr(unix, path = "group_unix.rs")]
#[cfg_attr(not(unix), path = "group_other.rs")]
mod group;
#[cfg(unix)]
mod strays;
#[cfg(test)]
#[cfg(unix)]
mod tests;

use std::{io, path::Path, process::ExitStatus};

use tokio::process::{Child, ChildStderr, ChildStdout, Command};

/// Variables with keys of this program itself, which no other has a use for: whoever has the token of `pipeline serve` can do what
/// the server can. Everything else of the environment is inherited, for nobody but the program knows what it needs.
pub const OWN_SECRETS: [&str; 1] = ["PIPELINE_SERVE_TOKEN"];

/// An option of our allocator, and its value: at its end a process leaves its memory to the system at once. It is for our own
/// processes alone, since allocators of other programs may take it otherwise.
pub const ENDS_AT_ONCE: (&str, &str) = ("MIMALLOC_DESTROY_ON_EXIT", "2");

/// A program that runs, with everything that it starts; all of it ends when this is dropped.
#[derive(Debug)]
pub struct ProcessGroup {
    // Dropped first: the number of the group is its program's, and belongs to nobody else until that is reaped.
    group: group::Group,
    child: Child,
}

impl ProcessGroup {
    /// Starts the program.
    ///
    /// # Errors
    /// Those of [`Command::spawn`].
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        Self::spawn_with(command, None)
    }

    /// Starts a program that reads a folder of its own, such as one with a password: where this process is killed, the guard
    /// removes that folder. Otherwise the caller does.
    ///
    /// # Errors
    /// Those of [`Command::spawn`].
    pub fn spawn_with(command: &mut Command, folder: Option<&Path>) -> io::Result<Self> {
        command.kill_on_drop(true);
        for name in OWN_SECRETS {
            command.env_remove(name);
        }
        let (name, value) = ENDS_AT_ONCE;
        if std::env::var(name).is_ok_and(|found| found == value) {
            command.env_remove(name);
        }
        let mut group = group::Group::prepare(command, folder);
        let child = command.spawn()?;
        group.begun(&child);
        Ok(Self { group, child })
    }

    /// What the program prints, once.
    pub fn stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// What the program says, once.
    pub fn stderr(&mut self) -> Option<ChildStderr> {
        self.child.stderr.take()
    }

    /// Waits for the end of the program; what it has left running goes on, and may still print.
    ///
    /// # Errors
    /// Those of [`Child::wait`].
    pub async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Ends what the program has left running.
    pub fn end_rest(&mut self) {
        self.group.end();
    }

    /// Waits for the end of the program, and ends what it has left running.
    ///
    /// # Errors
    /// Those of [`Child::wait`].
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait().await;
        self.group.end();
        status
    }
}
