//! A file under a temporary name that replaces another one when it is complete.

use std::{
    fs::{self, File},
    io::{self, BufWriter},
    path::{Path, PathBuf},
    time::Duration,
};

use tempfile::NamedTempFile;

use crate::{WrittenFile, error::SinkError, owner, place::parent};

/// Ends every temporary name, `.NAME.RANDOM.pipeline.tmp`; nobody else's files look like that.
pub(crate) const SUFFIX: &str = ".pipeline.tmp";

/// The file in a temporary folder that is locked while its process lives.
pub(crate) const LOCK: &str = ".pipeline.lock";

/// How often another run may take a new name for left behind before it is locked; more often it is no other run.
pub(crate) const MAX_TAKEN: usize = 100;

/// Between the folder and its lock there are microseconds.
const MAX_WITHOUT_LOCK: Duration = Duration::from_secs(60);

/// A file beside its target, removed on drop unless committed.
///
/// It is locked while its process lives, so that others can tell it from one that a killed run left behind.
#[derive(Debug)]
pub(crate) struct TempFile {
    named: NamedTempFile,
    /// As the user wrote it.
    target: PathBuf,
    /// Where it is; differs when the target is a symbolic link.
    real_target: PathBuf,
}

impl TempFile {
    pub(crate) fn create(target: &Path) -> Result<Self, SinkError> {
        let real_target = fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
        let named = create_locked(&real_target).map_err(SinkError::target(target))?;
        // A file that its owner made private stays private, and one of a group is the group's.
        if let Ok(old) = fs::metadata(&real_target) {
            owner::keep(named.path(), &old);
            named.as_file().set_permissions(old.permissions()).map_err(SinkError::target(target))?;
        }
        Ok(Self { named, target: target.to_owned(), real_target })
    }

    /// A handle to write with.
    pub(crate) fn writer(&self) -> Result<BufWriter<File>, SinkError> {
        self.named.as_file().try_clone().map(BufWriter::new).map_err(SinkError::write(&self.target))
    }

    /// A handle that reads from the start.
    pub(crate) fn reader(&self) -> Result<File, SinkError> {
        self.named.reopen().map_err(SinkError::write(&self.target))
    }

    /// The file it will replace.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Puts the complete file in the place of the target: at any moment, a power cut included, readers find the old
    /// file or the new one.
    pub(crate) fn commit(self, rows: u64) -> Result<WrittenFile, SinkError> {
        let persist = || {
            self.named.as_file().sync_all()?;
            let bytes = self.named.as_file().metadata()?.len();
            self.named.persist(&self.real_target).map_err(|error| error.error)?;
            sync_folder(&parent(&self.real_target))?;
            Ok::<u64, io::Error>(bytes)
        };
        match persist() {
            Ok(bytes) => Ok(WrittenFile { path: self.target, rows, bytes, sha256: None }),
            Err(error) => Err(SinkError::write(&self.target)(error)),
        }
    }
}

/// Makes the folder of a file and checks that the file can be written there.
pub(crate) fn prepare_file(path: &Path) -> Result<(), SinkError> {
    let refuse = SinkError::target(path);
    fs::create_dir_all(parent(path)).map_err(&refuse)?;
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => return Err(refuse(io::ErrorKind::IsADirectory.into())),
        // Renaming onto `/dev/null` would replace it.
        Ok(found) if !found.is_file() => {
            return Err(refuse(io::Error::other("it is not a regular file")));
        }
        _ => {}
    }
    remove_leftovers(path);
    TempFile::create(path).map(drop)
}

fn create_locked(target: &Path) -> io::Result<NamedTempFile> {
    let name = target.file_name().unwrap_or_default();
    let mut prefix = std::ffi::OsString::from(".");
    prefix.push(name);
    prefix.push(".");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix).suffix(SUFFIX).rand_bytes(12);
    #[cfg(unix)]
    {
        // As any new file; the umask takes away what it should.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    for _ in 0..MAX_TAKEN {
        let file = builder.tempfile_in(parent(target))?;
        // Without locks in this file system nothing is ever taken for left behind.
        let _ = file.as_file().try_lock();
        // Another run may have taken it for left behind just before it was locked.
        if file.path().try_exists()? {
            return Ok(file);
        }
    }
    Err(io::ErrorKind::NotFound.into())
}

/// Makes the new name last; a rename is on disk only when its folder is.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    // Windows cannot open a folder, and has no need to.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Removes temporary files of `target` whose processes are dead.
pub(crate) fn remove_leftovers(target: &Path) {
    let real_target = fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
    let prefix = format!(".{}.", real_target.file_name().unwrap_or_default().to_string_lossy());
    let Ok(entries) = fs::read_dir(parent(&real_target)) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with(&prefix) || !name.ends_with(SUFFIX) {
            continue;
        }
        let path = entry.path();
        let lock = if path.is_dir() { path.join(LOCK) } else { path.clone() };
        let is_dead = match File::open(&lock) {
            Ok(file) => file.try_lock().is_ok(),
            // Its process died before it made the lock or after it removed it, unless it is just about to.
            Err(_) => is_older(&path, MAX_WITHOUT_LOCK),
        };
        let remove = if path.is_dir() { fs::remove_dir_all } else { fs::remove_file };
        if is_dead && remove(&path).is_ok() {
            tracing::debug!(path = %path.display(), "removed what a killed run left behind");
        }
    }
}

fn is_older(path: &Path, age: Duration) -> bool {
    let modified = fs::symlink_metadata(path).and_then(|metadata| metadata.modified());
    modified.is_ok_and(|modified| modified.elapsed().is_ok_and(|elapsed| elapsed > age))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn readers_see_the_old_file_until_the_commit() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("Ä b.csv");
        fs::write(&target, "old").unwrap();
        let file = TempFile::create(&target).unwrap();
        file.writer().unwrap().write_all(b"new").unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "old");
        let written = file.commit(1).unwrap();
        assert_eq!(written, WrittenFile { path: target.clone(), rows: 1, bytes: 3, sha256: None });
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        assert_eq!(names(folder.path()), ["Ä b.csv"]);
    }

    #[test]
    fn only_files_of_dead_runs_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("rows.csv");
        let alive = TempFile::create(&target).unwrap();
        fs::write(folder.path().join(".rows.csv.dead.pipeline.tmp"), "half").unwrap();
        fs::write(folder.path().join(".other.csv.dead.pipeline.tmp"), "half").unwrap();
        fs::write(folder.path().join(".rows.csv.tmp"), "mine").unwrap();
        let (dead, unlocked) =
            (folder.path().join(".rows.csv.a.pipeline.tmp"), folder.path().join(".rows.csv.b.pipeline.tmp"));
        for folder in [&dead, &unlocked] {
            fs::create_dir(folder).unwrap();
        }
        fs::write(dead.join(LOCK), "").unwrap();
        File::open(&unlocked).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        remove_leftovers(&target);
        assert_eq!(names(folder.path()).len(), 3);
        assert!(alive.named.path().exists());
        assert!(!folder.path().join(".rows.csv.dead.pipeline.tmp").exists());
        drop(alive);
        assert_eq!(names(folder.path()), [".other.csv.dead.pipeline.tmp", ".rows.csv.tmp"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.csv"), folder.path().join("link.csv"));
        fs::write(&real, "old").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        TempFile::create(&link).unwrap().commit(0).unwrap();
        assert_eq!(fs::read_to_string(&real).unwrap(), "");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
