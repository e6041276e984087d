//! Process groups, each with a guard.

use std::{
    io::Write,
    os::unix::process::CommandExt,
    path::Path,
    process::{self, Stdio},
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

use crate::strays;

/// Reads the number of the group, waits for the end of its input, which is that of this process, and then kills the group and removes its
/// folder `$1`, if it has one. On Linux it kills what has the mark `$2` in the session `$3` too: all of it, where this process ended before
/// it could say a number.
///
/// `PR_SET_PDEATHSIG` would have to be set between fork and exec, which takes unsafe code, and would reach the program but not
/// what that has started. dash takes no `--` before a group.
const GUARD: &str = r#"
is_here() { [ "$4" = "$session" ]; }
session=$3
read -r group
read -r _
[ -z "$group" ] || kill -KILL "-$group"
[ -z "$1" ] || rm -rf -- "$1"
for process in /proc/[0-9]*; do
    read -r stat < "$process/stat" && is_here ${stat##*) } && grep -qF -- "$2" "$process/environ" && kill -KILL "${process#/proc/}"
done"#;

/// A group, until it is killed.
#[derive(Debug)]
pub(super) struct Group(Option<Running>);

#[derive(Debug)]
struct Running {
    /// None before there is one.
    id: Option<Pid>,
    mark: String,
    guard: Option<process::Child>,
}

impl Group {
    /// Prepares a program that will lead a group, and has its guard already. Ctrl-C in a terminal does not reach it then: it ends when
    /// we do.
    pub(super) fn prepare(command: &mut Command, folder: Option<&Path>) -> Self {
        let mark = strays::mark();
        let outer = std::env::var(strays::VARIABLE).map(|outer| format!("{outer} ")).unwrap_or_default();
        command.process_group(0).env(strays::VARIABLE, format!("{outer}{mark}"));
        let guard = guard(&mark, folder.unwrap_or(Path::new("")));
        Self(Some(Running { id: None, mark, guard }))
    }

    /// The program runs.
    pub(super) fn begun(&mut self, leader: &Child) {
        let Some(running) = &mut self.0 else { return };
        running.id = leader.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let input = running.guard.as_mut().and_then(|guard| guard.stdin.as_mut());
        if let (Some(input), Some(id)) = (input, running.id)
            && let Err(error) = writeln!(input, "{}", id.as_raw_nonzero())
        {
            tracing::debug!(%error, "the shell that looks after a program has ended");
        }
    }

    /// Kills what is left of the group, and of what the program has started into other groups.
    pub(super) fn end(&mut self) {
        let Some(Running { id, mark, guard }) = self.0.take() else { return };
        if let Some(id) = id {
            // First, while it shows whose children all are.
            strays::kill(&mark);
            // It fails for a group that has ended.
            let _ = kill_process_group(id, Signal::KILL);
        }
        if let Some(mut guard) = guard {
            // Before `wait` closes its input: it has nothing to do any more.
            let _ = guard.kill();
            let _ = guard.wait();
        }
    }

    /// Does what the end of this process does.
    #[cfg(test)]
    pub(super) fn close_guard(&mut self) {
        let guard = self.0.as_mut().and_then(|running| running.guard.as_mut());
        drop(guard.and_then(|guard| guard.stdin.take()));
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

/// Without a shell there is no guard, and the group outlives only a kill of this process.
fn guard(mark: &str, folder: &Path) -> Option<process::Child> {
    let session = strays::session().map(|session| session.to_string()).unwrap_or_default();
    let mut command = process::Command::new("/bin/sh");
    command.args(["-c", GUARD, "sh"]).arg(folder).args([mark, &session]).env_clear();
    // In a group of its own, which no terminal and no `kill` of ours ends.
    command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let started = command.spawn();
    started.inspect_err(|error| tracing::debug!(%error, "no shell looks after a program")).ok()
}
