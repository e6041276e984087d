//! Process groups, each with a guard.

use std::{
    os::unix::process::CommandExt,
    path::Path,
    process::{self, Stdio},
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

/// Waits for the end of its input, which is that of this process, and then kills the group and removes its folder, if it has one.
///
/// `PR_SET_PDEATHSIG` would have to be set between fork and exec, which takes unsafe code, and would reach the program but not
/// what that has started. dash takes no `--` before a group.
const GUARD: &str = r#"read -r _; kill -KILL "-$1"; [ -z "$2" ] || rm -rf -- "$2""#;

/// A group, until it is killed.
#[derive(Debug)]
pub(super) struct Group(Option<(Pid, Option<process::Child>)>);

/// The program will lead a group. Ctrl-C in a terminal does not reach it then: it ends when we do.
pub(super) fn lead(command: &mut Command) {
    command.process_group(0);
}

impl Group {
    pub(super) fn of(leader: &Child, folder: Option<&Path>) -> Self {
        let id = leader.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        Self(id.map(|id| (id, guard(id, folder.unwrap_or(Path::new(""))))))
    }

    /// Kills what is left of the group.
    pub(super) fn end(&mut self) {
        let Some((id, guard)) = self.0.take() else { return };
        // It fails for a group that has ended.
        let _ = kill_process_group(id, Signal::KILL);
        if let Some(mut guard) = guard {
            // Before `wait` closes its input: it has nothing to do any more.
            let _ = guard.kill();
            let _ = guard.wait();
        }
    }

    /// Does what the end of this process does.
    #[cfg(test)]
    pub(super) fn close_guard(&mut self) {
        let guard = self.0.as_mut().and_then(|(_, guard)| guard.as_mut());
        drop(guard.and_then(|guard| guard.stdin.take()));
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

/// Without a shell there is no guard, and the group outlives only a kill of this process.
fn guard(group: Pid, folder: &Path) -> Option<process::Child> {
    let mut command = process::Command::new("/bin/sh");
    command.args(["-c", GUARD, "sh", &group.as_raw_nonzero().to_string()]).arg(folder).env_clear();
    // In a group of its own, which no terminal and no `kill` of ours ends.
    command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let started = command.spawn();
    started.inspect_err(|error| tracing::debug!(%error, "no shell looks after a program")).ok()
}
