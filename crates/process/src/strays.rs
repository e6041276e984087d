//! What a program has started into process groups of its own, as `timeout` does: it is known by a variable of its environment.

use std::{
    fs,
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use rustix::process::{Pid, Signal, kill_process};

/// What tells the processes of one program from all others; those of programs that these start have more than one.
pub(super) const VARIABLE: &str = "PIPELINE_STARTED";

/// A process may start another one while we look.
const MAX_LOOKS: usize = 5;

/// A mark that no other program has.
pub(super) fn mark() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos());
    format!("{}-{}-{time}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Kills whatever has the mark, and what that has started, in the session of this process: daemons have one of their own.
/// Systems without `/proc` show nothing of the kind.
pub(super) fn kill(mark: &str) {
    let Some(session) = session() else { return };
    for _ in 0..MAX_LOOKS {
        let found = find(mark, session);
        if found.is_empty() {
            return;
        }
        for id in found.into_iter().filter_map(Pid::from_raw) {
            // It may have ended by itself.
            let _ = kill_process(id, Signal::KILL);
        }
    }
}

/// The session of this process as `/proc` numbers it: 0 in a container that was entered from outside, where `getsid` of rustix, whose
/// numbers are never 0, would panic.
pub(super) fn session() -> Option<i32> {
    Seen::of(i32::try_from(std::process::id()).ok()?).map(|own| own.session)
}

/// The processes with a mark, and those below them, which may have emptied their environment.
fn find(mark: &str, session: i32) -> Vec<i32> {
    let own = i32::try_from(std::process::id()).unwrap_or_default();
    let all: Vec<Seen> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| Seen::of(entry.ok()?.file_name().to_str()?.parse().ok()?))
        .filter(|seen| seen.session == session && seen.id != own)
        .collect();
    let mut found: Vec<i32> = all.iter().filter(|seen| seen.has(mark)).map(|seen| seen.id).collect();
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        next += 1;
        let children = all.iter().filter(|seen| seen.parent == parent).map(|seen| seen.id);
        let new: Vec<i32> = children.filter(|id| !found.contains(id)).collect();
        found.extend(new);
    }
    found
}

/// A process that has not ended.
struct Seen {
    id: i32,
    parent: i32,
    session: i32,
}

impl Seen {
    fn of(id: i32) -> Option<Self> {
        Self::parse(id, &fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
    }

    fn parse(id: i32, stat: &str) -> Option<Self> {
        // The name before that may have any character: state, parent, group, session.
        let mut fields = stat.rsplit_once(") ")?.1.split(' ');
        let is_zombie = fields.next()? == "Z";
        let (parent, session) = (fields.next()?.parse().ok()?, fields.nth(1)?.parse().ok()?);
        (!is_zombie).then_some(Self { id, parent, session })
    }

    fn has(&self, mark: &str) -> bool {
        let environment = fs::read(format!("/proc/{}/environ", self.id)).unwrap_or_default();
        let mut variables = environment.split(|byte| *byte == 0);
        variables.any(|variable| {
            std::str::from_utf8(variable).is_ok_and(|text| {
                text.strip_prefix(VARIABLE)
                    .is_some_and(|rest| rest.split(['=', ' ']).any(|part| part == mark))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_session_of_a_process_whatever_its_name_and_number() {
        let session = |stat| Seen::parse(7, stat).map(|seen| (seen.parent, seen.session));
        assert_eq!(session("7 (sh) S 3 7 5 0 -1"), Some((3, 5)));
        assert_eq!(session("7 (a) S 1 (b) R 3 7 5 0 -1"), Some((3, 5)), "a name with brackets");
        assert_eq!(
            session("7 (sh) S 0 0 0 0 -1"),
            Some((0, 0)),
            "parent and session are outside of the container"
        );
        assert_eq!(session("7 (sh) Z 3 7 5 0 -1"), None, "it has ended");
        assert_eq!(session("7 (sh"), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn knows_its_own_session() {
        assert!(super::session().is_some());
    }
}
