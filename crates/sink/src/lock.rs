//! One run at a time per pipeline and target.

use std::{
    fs::{self, File},
    io,
    path::{Component, Path, PathBuf},
};

use pipeline_config::fingerprint;
use serde::{Deserialize, Serialize};

use crate::error::SinkError;

/// A target that no other run on this machine writes to while this value lives.
///
/// The system frees the lock with the process, whatever ended it. Runs on other machines are told apart at the commit,
/// by the manifest's version.
#[derive(Debug)]
pub struct TargetLock {
    // Locked until it is closed.
    _file: File,
    holder: Option<PathBuf>,
}

/// Who holds a lock.
#[derive(Debug, Serialize, Deserialize)]
struct Holder {
    pipeline: String,
    target: String,
    pid: u32,
    host: String,
    since: String,
}

impl TargetLock {
    /// Takes the lock of `target` below the folder `state`.
    ///
    /// # Errors
    /// [`SinkError::Locked`] says who has it.
    pub fn acquire(state: &Path, pipeline: &str, target: &str) -> Result<Self, SinkError> {
        let folder = state.join("locks");
        pipeline_config::create_folder(&folder).map_err(SinkError::target(&folder))?;
        let name = fingerprint([absolute_target(target).as_str()]);
        // Two files, because on some systems nobody else can read a file that is locked.
        let (lock, holder) = (folder.join(format!("{name}.lock")), folder.join(format!("{name}.json")));
        let file = File::options().create(true).write(true).truncate(false).open(&lock);
        let file = file.map_err(SinkError::target(&lock))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Err(SinkError::Locked { target: target.to_owned(), holder: shown(&holder) });
            }
            // Without locks in this file system the manifest alone tells runs apart.
            Err(fs::TryLockError::Error(error)) => {
                tracing::warn!(%error, path = %lock.display(), "no lock could be taken");
            }
        }
        let own = Holder {
            pipeline: pipeline.to_owned(),
            target: target.to_owned(),
            pid: std::process::id(),
            host: host(),
            since: jiff::Timestamp::now().strftime("%F %T UTC").to_string(),
        };
        let json = serde_json::to_vec(&own).map_err(io::Error::from);
        if let Err(error) = json.and_then(|json| fs::write(&holder, json)) {
            // It is only talk; the lock is what counts.
            let _ = fs::remove_file(&holder);
            tracing::warn!(%error, path = %holder.display(), "other runs are not told which one holds the lock; the state folder may be full");
        }
        Ok(Self { _file: file, holder: Some(holder) })
    }

    /// Removes the file that says who holds the lock, which stays locked: what takes time is done then.
    pub fn forget_holder(&mut self) {
        if let Some(holder) = self.holder.take() {
            // It is only talk; the lock is what counts.
            let _ = fs::remove_file(holder);
        }
    }
}

impl Drop for TargetLock {
    fn drop(&mut self) {
        self.forget_holder();
    }
}

fn shown(holder: &Path) -> String {
    let read = fs::read(holder).ok().and_then(|json| serde_json::from_slice::<Holder>(&json).ok());
    match read {
        Some(Holder { pipeline, pid, host, since, .. }) => {
            format!("the pipeline `{pipeline}` runs as process {pid} on {host} since {since}")
        }
        None => "another run has just begun".into(),
    }
}

/// A target by its one name, from wherever the process was started, through whatever links it is reached, and whether it
/// exists or not.
pub fn absolute_target(target: &str) -> String {
    if target.contains("://") {
        return target.to_owned();
    }
    let path = std::path::absolute(target).unwrap_or_else(|_| target.into());
    let real = real_path(&path, 0);
    // Without a final separator, which the name of a folder may have.
    let real = real.unwrap_or(path);
    real.components().collect::<PathBuf>().to_string_lossy().into_owned()
}

/// More links one after another than systems follow.
const MAX_LINKS: usize = 40;

/// Where a path leads. Of a first run only some of the folders above are there, and a link may lead to none yet.
fn real_path(path: &Path, n_links: usize) -> Option<PathBuf> {
    let (mut real, rest) = path.ancestors().find_map(|above| {
        let rest = path.strip_prefix(above).ok()?;
        Some((fs::canonicalize(above).ok()?, rest))
    })?;
    let mut rest = rest.components();
    while let Some(component) = rest.next() {
        match component {
            // Of a folder that is still to be made.
            Component::ParentDir => _ = real.pop(),
            component => real.push(component),
        }
        if n_links < MAX_LINKS
            && let Ok(leads_to) = fs::read_link(&real)
        {
            real.pop();
            return real_path(&real.join(leads_to).join(rest.as_path()), n_links + 1);
        }
    }
    Some(real)
}

/// Where a target is, to be compared with others; the file system is asked once.
#[derive(Debug, Clone)]
pub struct TargetPlace {
    /// Without a final separator.
    name: String,
    is_folder: bool,
}

impl TargetPlace {
    /// That of a target as [`Sink::target`](crate::Sink::target) gives it.
    pub fn of(target: &str) -> Self {
        let name = absolute_target(target).trim_end_matches('/').to_owned();
        Self { name, is_folder: target.ends_with('/') }
    }

    /// Whether both are one target.
    pub fn is(&self, other: &Self) -> bool {
        self.name == other.name
    }

    /// Whether both are one target, or one lies in the folder of the other, whose commits exchange all that is in it.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.is(other) || self.holds(other) || other.holds(self)
    }

    fn holds(&self, other: &Self) -> bool {
        self.is_folder && other.name.strip_prefix(&self.name).is_some_and(|rest| rest.starts_with('/'))
    }
}

fn host() -> String {
    let named = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let named =
        named.or_else(|| std::env::var("COMPUTERNAME").ok()).or_else(|| std::env::var("HOSTNAME").ok());
    named.map_or_else(|| "this machine".into(), |name| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_target_has_one_name_before_and_after_it_is_made() {
        let home = tempfile::tempdir().unwrap();
        let (real, link) = (home.path().join("real"), home.path().join("link"));
        fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let name = |folder: &Path, rest: &str| absolute_target(&format!("{}/{rest}", folder.display()));
        let before = name(&real, "a/b/");
        assert_eq!([name(&real, "a/b"), name(&link, "a/b/")], [before.clone(), before.clone()]);
        fs::create_dir_all(real.join("a/b")).unwrap();
        assert_eq!([name(&real, "a/b/"), name(&link, "a/b")], [before.clone(), before.clone()]);
        assert_eq!(name(&real, "new/../a/b"), before);
        // A link to a folder that is not there yet.
        std::os::unix::fs::symlink("later", real.join("dangling")).unwrap();
        let linked = name(&real, "dangling/t/");
        assert_eq!(linked, name(&real, "later/t"));
        fs::create_dir_all(real.join("later/t")).unwrap();
        assert_eq!(name(&real, "dangling/t"), linked);
        assert_eq!(absolute_target("s3://bucket/a/"), "s3://bucket/a/");
    }

    #[test]
    fn targets_overlap_where_one_holds_the_other() {
        let check = |one: &str, other: &str, expected| {
            let (one_place, other_place) = (TargetPlace::of(one), TargetPlace::of(other));
            assert_eq!(one_place.overlaps(&other_place), expected, "{one} {other}");
            assert_eq!(other_place.overlaps(&one_place), expected, "{other} {one}");
        };
        check("out/t/", "out/x/../t/", true);
        check("out/t.csv", "./out/t.csv", true);
        check("out/t/", "out/t/sub/", true);
        check("out/t/", "out/t/rows.csv", true);
        check("s3://b/t/", "s3://b/t/sub/", true);
        check("out/t/", "out/t2/", false);
        check("out/t.csv", "out/t/", false);
        check("s3://b/t/", "s3://c/t/", false);
    }

    #[test]
    fn the_second_run_is_told_who_holds_the_target() {
        let state = tempfile::tempdir().unwrap();
        let first = TargetLock::acquire(state.path(), "jira", "out/jira/").unwrap();
        let refused = TargetLock::acquire(state.path(), "other", "out/jira/").unwrap_err().to_string();
        let pid = std::process::id();
        assert!(refused.contains("`out/jira/` is in use: the pipeline `jira` runs as process"), "{refused}");
        assert!(refused.contains(&pid.to_string()) && refused.contains(" since 2"), "{refused}");
        TargetLock::acquire(state.path(), "jira", "out/other/").unwrap();
        drop(first);
        TargetLock::acquire(state.path(), "other", "out/jira/").unwrap();
    }
}
