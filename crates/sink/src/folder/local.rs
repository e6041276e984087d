//! A table in a folder of this machine.
//!
//! A commit builds the whole folder anew beside the old one, files that stay as hard links, and exchanges the two in
//! one step. So readers that look for files by a pattern see all of a run or nothing of it, as those of the manifest
//! do. Where the system cannot do that, files are moved into the folder one by one before the manifest names them.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::{
    error::SinkError,
    folder::{
        folder_lock::FolderLock,
        manifest::{self, Manifest},
        storage::{Change, Staging, Version},
        swap::{Swap, is_unsupported, swap},
    },
    owner,
    place::parent,
    temp_file::{LOCK, MAX_TAKEN, SUFFIX, TempFile, remove_leftovers, sync_folder},
};

/// A folder.
#[derive(Debug, Clone)]
pub(crate) struct LocalFolder {
    /// As the user wrote it.
    pub(crate) path: PathBuf,
}

/// Whether a folder could be exchanged.
#[derive(Debug, PartialEq, Eq)]
enum Exchange {
    Done,
    Impossible,
    /// Another run was faster.
    Conflict,
    /// Another run was faster, and its folder, which is here now, could not be put back.
    Stuck(PathBuf),
}

impl LocalFolder {
    pub(crate) fn shown(&self) -> String {
        format!("{}{}", self.path.display(), std::path::MAIN_SEPARATOR)
    }

    /// Where it is; differs when it is a symbolic link.
    fn real(&self) -> PathBuf {
        fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone())
    }

    pub(crate) fn prepare(&self, extension: &str, unfinished: &[String]) -> Result<(), SinkError> {
        let refuse = SinkError::target(&self.path);
        let real = self.real();
        fs::create_dir_all(parent(&real)).map_err(&refuse)?;
        if real.exists() && !real.is_dir() {
            return Err(refuse(io::ErrorKind::NotADirectory.into()));
        }
        remove_leftovers(&real);
        remove_leftovers(&real.join(real.file_name().unwrap_or_default()));
        remove_leftovers(&real.join(manifest::NAME));
        // A commit between reading the manifest and looking at the files would make its parts look left behind.
        let _lock = FolderLock::acquire(&real, &self.shown())?;
        let manifest = self.manifest()?.map(|(manifest, _)| manifest);
        let files = files_below(&real).map_err(&refuse)?;
        match &manifest {
            Some(manifest) => remove_unnamed(&real, (&files, manifest), unfinished).map_err(&refuse)?,
            None => {
                let names = files.iter().filter_map(|name| name.to_str());
                if let Some(problem) = manifest::refusal(names, (extension, unfinished)) {
                    return Err(SinkError::Refused { target: self.shown(), problem });
                }
            }
        }
        self.staging().map(drop)
    }

    /// Removes files that a commit has left behind which was killed when the manifest had its run: the run is done, and its end is
    /// all that is missing. What cannot be removed now goes with the next run.
    pub(crate) fn tidy(&self, manifest: &Manifest) {
        let real = self.real();
        let tidy = || {
            let _lock = FolderLock::acquire(&real, &self.shown())?;
            // Another commit in the meantime has done so.
            if self.version()? != version_of(manifest) {
                return Ok(());
            }
            let files = files_below(&real).map_err(SinkError::target(&self.path))?;
            remove_unnamed(&real, (&files, manifest), &[]).map_err(SinkError::target(&self.path))
        };
        if let Err(error) = tidy() {
            tracing::warn!(%error, "files that are no part of the table any more stay");
        }
    }

    pub(crate) fn manifest(&self) -> Result<Option<(Manifest, Version)>, SinkError> {
        let json = match fs::read(self.path.join(manifest::NAME)) {
            Ok(json) => json,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(SinkError::read(&self.shown())(error)),
        };
        let manifest =
            Manifest::parse(&json).map_err(|problem| SinkError::Refused { target: self.shown(), problem })?;
        let version = version_of(&manifest);
        Ok(Some((manifest, version)))
    }

    pub(crate) fn open(&self, name: &str) -> Result<File, SinkError> {
        File::open(self.path.join(name)).map_err(|error| {
            // A run that has committed in the meantime has removed it.
            let is_named = || match self.manifest() {
                Ok(Some((manifest, _))) => manifest.paths().contains(Path::new(name)),
                Ok(None) | Err(_) => true,
            };
            match error.kind() {
                io::ErrorKind::NotFound if !is_named() => SinkError::Conflict { target: self.shown() },
                _ => SinkError::read(&format!("{}{name}", self.shown()))(error),
            }
        })
    }

    pub(crate) fn scratch(&self) -> PathBuf {
        let real = self.real();
        if is_mount_point(&real) { real } else { parent(&real) }
    }

    pub(crate) fn staging(&self) -> Result<Staging, SinkError> {
        let real = self.real();
        let create = || {
            let name = real.file_name().unwrap_or_default().to_string_lossy();
            let prefix = format!(".{name}.");
            let mut builder = tempfile::Builder::new();
            builder.prefix(&prefix).suffix(SUFFIX).rand_bytes(12);
            #[cfg(unix)]
            {
                // As any new folder; the umask takes away what it should.
                use std::os::unix::fs::PermissionsExt;
                builder.permissions(fs::Permissions::from_mode(0o777));
            }
            // Another run may take it for left behind before it is locked, but not again and again.
            for _ in 0..MAX_TAKEN {
                let folder = builder.tempdir_in(self.scratch())?;
                let lock = match File::create_new(folder.path().join(LOCK)) {
                    Ok(lock) => lock,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(error) => return Err(error),
                };
                let _ = lock.try_lock();
                if folder.path().join(LOCK).try_exists()? {
                    if let Ok(earlier) = fs::metadata(&real) {
                        owner::keep(folder.path(), &earlier);
                        fs::set_permissions(folder.path(), earlier.permissions())?;
                    }
                    return Ok(Staging { folder, _lock: Some(lock) });
                }
            }
            Err(io::ErrorKind::NotFound.into())
        };
        create().map_err(SinkError::target(&self.path))
    }

    /// The size of a file of the table; none where there is no such file.
    pub(crate) fn size(&self, name: &str) -> Option<u64> {
        fs::metadata(self.path.join(name)).ok().filter(fs::Metadata::is_file).map(|metadata| metadata.len())
    }

    pub(crate) fn commit(&self, staging: Staging, change: &Change) -> Result<(), SinkError> {
        self.commit_by(&swap, staging, change)
    }

    fn commit_by(&self, swap: Swap<'_>, staging: Staging, change: &Change) -> Result<(), SinkError> {
        let failed = SinkError::write(&self.path);
        // Held until the end of the commit, so that the version which is read here is the one that is replaced.
        let _lock = FolderLock::acquire(&self.real(), &self.shown())?;
        if self.version()? != change.expected {
            return Err(SinkError::Conflict { target: self.shown() });
        }
        match self.exchange(swap, &staging, change).map_err(&failed)? {
            Exchange::Done => {
                // It holds the old folder now; a lock that stays is passed over by readers and by the next run.
                let _ = fs::remove_file(self.path.join(LOCK));
            }
            Exchange::Impossible => {
                owner::keep_below(staging.path(), &self.real());
                self.move_files(&staging, change)?;
            }
            Exchange::Conflict => return Err(SinkError::Conflict { target: self.shown() }),
            Exchange::Stuck(kept) => {
                // It has the other run's table, even where it could not be renamed.
                let _ = staging.folder.keep();
                return Err(SinkError::NotPutBack { target: self.shown(), kept });
            }
        }
        drop(staging);
        Ok(())
    }

    fn version(&self) -> Result<Version, SinkError> {
        Ok(self.manifest()?.map_or(Version::None, |(_, version)| version))
    }

    /// Builds the folder anew and puts it in the place of the old one.
    fn exchange(&self, swap: Swap<'_>, staging: &Staging, change: &Change) -> io::Result<Exchange> {
        let (real, new) = (self.real(), staging.path());
        if is_mount_point(&real) {
            return Ok(Exchange::Impossible);
        }
        let is_new = !real.exists();
        if !is_new && !link_what_stays(&real, new, change)? {
            return Ok(Exchange::Impossible);
        }
        let mut file = File::create(new.join(manifest::NAME))?;
        file.write_all(&change.manifest.to_json())?;
        file.sync_all()?;
        owner::keep_below(new, &real);
        if let Ok(earlier) = fs::metadata(real.join(manifest::NAME)) {
            owner::keep(&new.join(manifest::NAME), &earlier);
            file.set_permissions(earlier.permissions())?;
        }
        sync_folders(new)?;
        if is_new {
            // A folder that has come in the meantime and has files makes this fail.
            match fs::rename(new, &real) {
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                    return Ok(Exchange::Conflict);
                }
                renamed => renamed?,
            }
        } else {
            if !swap(new, &real)? {
                return Ok(Exchange::Impossible);
            }
            // Where the file system has no locks, another run may have committed since the version was read.
            let replaced = Self { path: new.to_owned() }.version();
            if replaced.as_ref().ok() != Some(&change.expected) {
                if !matches!(swap(new, &real), Ok(true)) {
                    return Ok(Exchange::Stuck(keep_replaced(new)));
                }
                return replaced.map(|_| Exchange::Conflict).map_err(io::Error::other);
            }
        }
        sync_folder(&parent(&real))?;
        Ok(Exchange::Done)
    }

    /// Moves files into the folder, names them in the manifest, then removes those that went.
    fn move_files(&self, staging: &Staging, change: &Change) -> Result<(), SinkError> {
        let real = self.real();
        if let Err(error) = self.move_and_name(staging, change) {
            // Once the manifest names them they are the table, whatever has failed after that.
            if self.manifest().is_ok_and(|found| !found.is_some_and(|(found, _)| change.is_in(&found))) {
                take_back(&real, change);
            }
            return Err(error);
        }
        for name in &change.removed {
            // The next run tries again.
            if let Err(error) = fs::remove_file(real.join(name)) {
                tracing::warn!(name, %error, "a file that is no part of the table any more stays");
            }
            // Only an empty folder goes.
            let _ = fs::remove_dir(parent(&real.join(name)));
        }
        // Those that a run was moving in when it was killed are older than the manifest only now.
        let files = files_below(&real).unwrap_or_default();
        if let Err(error) = remove_unnamed(&real, (&files, &change.manifest), &[]) {
            tracing::warn!(%error, "files of a run that was killed stay");
        }
        Ok(())
    }

    fn move_and_name(&self, staging: &Staging, change: &Change) -> Result<(), SinkError> {
        let (real, failed) = (self.real(), SinkError::write(&self.path));
        for name in &change.added {
            let target = real.join(name);
            let moved = fs::create_dir_all(parent(&target))
                .and_then(|()| fs::rename(staging.path().join(name), &target))
                .and_then(|()| sync_folder(&parent(&target)));
            moved.map_err(&failed)?;
        }
        let manifest = TempFile::create(&real.join(manifest::NAME))?;
        let mut writer = manifest.writer()?;
        writer.write_all(&change.manifest.to_json()).and_then(|()| writer.flush()).map_err(&failed)?;
        manifest.commit(0).map(drop)
    }
}

/// Removes what was moved into the folder by a commit that has failed.
fn take_back(folder: &Path, change: &Change) {
    for name in &change.added {
        let moved = folder.join(name);
        match fs::remove_file(&moved) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(name, %error, "a file of a run that was not committed stays until the next run");
            }
            // Only an empty folder goes, and never that of the table.
            _ if name.contains('/') => _ = fs::remove_dir(parent(&moved)),
            _ => {}
        }
    }
}

/// Removes files of runs that are not in the manifest, where they are older than that or the run is known to be dead: a run was
/// replaced, or killed while its files were moved in.
fn remove_unnamed(
    folder: &Path,
    (files, manifest): (&[PathBuf], &Manifest),
    unfinished: &[String],
) -> io::Result<()> {
    let named = manifest.paths();
    let age = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    let committed = age(&folder.join(manifest::NAME));
    let is_unfinished = |name: &Path| {
        let run_id = name.to_str().and_then(manifest::run_of);
        run_id.is_some_and(|run_id| unfinished.iter().any(|known| known == run_id))
    };
    let is_dead = |name: &&PathBuf| {
        is_part(name)
            && !named.contains(name.as_path())
            && (is_unfinished(name) || age(&folder.join(name)) < committed)
    };
    files.iter().filter(is_dead).try_for_each(|name| match fs::remove_file(folder.join(name)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    })
}

/// Renames a folder so that no run takes it for left behind; gives its name.
fn keep_replaced(folder: &Path) -> PathBuf {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let kept =
        parent(folder).join(format!("{}.replaced", name.trim_start_matches('.').trim_end_matches(SUFFIX)));
    if fs::rename(folder, &kept).is_ok() {
        let _ = fs::remove_file(kept.join(LOCK));
        return kept;
    }
    folder.to_owned()
}

/// What tells a manifest from the ones before it, and from one of another folder that has come in its place.
fn version_of(manifest: &Manifest) -> Version {
    Version::Local(manifest.sequence, manifest.runs.last().map(|run| run.run_id.clone()))
}

/// Links everything that stays into the new folder; says whether all of it could be.
fn link_what_stays(old: &Path, new: &Path, change: &Change) -> io::Result<bool> {
    let named = change.manifest.paths();
    let removed: HashSet<&Path> = change.removed.iter().map(Path::new).collect();
    for name in files_below(old)? {
        let is_named = named.contains(name.as_path());
        let goes = is_part(&name) || removed.contains(name.as_path());
        if name == Path::new(manifest::NAME) || name == Path::new(LOCK) || (goes && !is_named) {
            continue;
        }
        let target = new.join(&name);
        match fs::symlink_metadata(old.join(&name)) {
            Ok(metadata) if metadata.is_file() => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound && !is_named => continue,
            other => return other.map(|_| false),
        }
        fs::create_dir_all(parent(&target))?;
        match fs::hard_link(old.join(&name), &target) {
            Ok(()) => {}
            // Not every file system has links, and none has any number of them. A full disk is another matter.
            Err(error) if is_unsupported(&error) => return Ok(false),
            // A file of another program went in the meantime.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !is_named => {}
            Err(error) => return Err(error),
        }
    }
    // After the exchange it tells others that the old folder is not to be removed while this process does it.
    let _ = fs::hard_link(new.join(LOCK), old.join(LOCK));
    Ok(true)
}

/// Whether the folder begins another file system, so that nothing beside it can be moved into it.
fn is_mount_point(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let device = |path: &Path| fs::metadata(path).map(|metadata| metadata.dev()).ok();
        match (device(path), device(&parent(path))) {
            (Some(own), Some(outer)) => own != outer,
            _ => false,
        }
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// All that is below a folder and no folder, by its name from there; nothing when there is no folder.
fn files_below(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fn walk(folder: &Path, name: &Path, names: &mut Vec<PathBuf>) -> io::Result<()> {
        for entry in fs::read_dir(folder.join(name))? {
            let entry = entry?;
            let name = name.join(entry.file_name());
            let is_ours = entry.file_name().to_string_lossy().ends_with(SUFFIX);
            match entry.file_type()?.is_dir() {
                // Another run's staging, where it cannot be beside the folder.
                true if is_ours => {}
                true => walk(folder, &name, names)?,
                false => names.push(name),
            }
        }
        Ok(())
    }
    let mut names = Vec::new();
    if folder.is_dir() {
        walk(folder, Path::new(""), &mut names)?;
    }
    Ok(names)
}

fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    sync_folder(folder)
}

/// Whether a run of this program has written the file.
fn is_part(name: &Path) -> bool {
    name.to_str().is_some_and(|name| manifest::run_of(name).is_some())
}

#[cfg(test)]
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A folder whose manifest has this number.
    fn set_sequence(folder: &Path, sequence: u64) {
        let (mut manifest, _) = LocalFolder { path: folder.to_owned() }.manifest().unwrap().unwrap();
        manifest.sequence = sequence;
        fs::write(folder.join(manifest::NAME), manifest.to_json()).unwrap();
    }

    fn sequence(folder: &Path) -> u64 {
        LocalFolder { path: folder.to_owned() }.manifest().unwrap().unwrap().0.sequence
    }

    /// A commit into whose exchange another run's commit falls; `put_back` is what comes of the second exchange.
    fn commit(put_back: fn(&Path, &Path) -> io::Result<bool>) -> (tempfile::TempDir, SinkError) {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("t");
        let sink =
            crate::conformance::sink(&format!("{{kind: parquet, path: '{}/'}}", path.display())).unwrap();
        let mut writer = crate::RunWriter::new(sink, Default::default(), crate::Run::default()).unwrap();
        let mut page = pipeline_table::BatchBuilder::new(Default::default());
        page.push("id", pipeline_table::Cell::Int(1)).unwrap();
        page.end_row().unwrap();
        writer.write(page.finish().unwrap()).unwrap();
        writer.commit(crate::Commit::default()).unwrap();
        let folder = LocalFolder { path };
        let (mut manifest, expected) = folder.manifest().unwrap().unwrap();
        manifest.sequence = 70;
        let change = Change { added: Vec::new(), removed: Vec::new(), manifest, run_id: None, expected };
        let is_second = Cell::new(false);
        let swap = |new: &Path, real: &Path| {
            if is_second.replace(true) {
                return put_back(new, real);
            }
            set_sequence(real, 60);
            swap(new, real)
        };
        let error = folder.commit_by(&swap, folder.staging().unwrap(), &change).unwrap_err();
        (home, error)
    }

    #[test]
    fn what_another_run_has_committed_is_put_back() {
        let (home, error) = commit(swap);
        assert!(matches!(error, SinkError::Conflict { .. }), "{error}");
        assert_eq!(sequence(&home.path().join("t")), 60);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }

    /// A commit whose files are moved in one by one, of which the second is not there.
    #[test]
    fn what_was_moved_in_by_a_commit_that_fails_is_taken_back() {
        let home = tempfile::tempdir().unwrap();
        let folder = LocalFolder { path: home.path().join("t") };
        for is_first in [true, false] {
            let staging = folder.staging().unwrap();
            let mut manifest = Manifest::new();
            let mut added = vec!["part-1.jsonl".to_owned(), "day=1/part-2.jsonl".to_owned()];
            for name in &added {
                fs::create_dir_all(parent(&staging.path().join(name))).unwrap();
                fs::write(staging.path().join(name), "{}").unwrap();
            }
            if is_first {
                added.push("part-3.jsonl".to_owned());
            }
            manifest.sequence = 1;
            let expected = Version::None;
            let change = Change { added, removed: Vec::new(), manifest, run_id: None, expected };
            let moved = folder.move_files(&staging, &change);
            assert_eq!(moved.is_err(), is_first);
            let found = if is_first { vec![] } else { files_below(&folder.path).unwrap() };
            assert_eq!(found.len(), if is_first { 0 } else { 3 }, "{found:?}");
            assert_eq!(folder.path.join("day=1").exists(), !is_first);
            assert!(folder.path.exists());
        }
    }

    /// As on a mount point, where files are moved in one by one.
    #[test]
    fn what_a_killed_commit_has_left_in_the_folder_goes_with_the_next_run() {
        const DEAD: &str = "part-20241129T104451.887000Z-3f1c-0.jsonl";
        let home = tempfile::tempdir().unwrap();
        let folder = LocalFolder { path: home.path().join("t") };
        fs::create_dir_all(&folder.path).unwrap();
        let (manifest, dead) = (folder.path.join(manifest::NAME), folder.path.join(DEAD));
        let write = |path: &Path, bytes: &[u8]| {
            fs::write(path, bytes).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(20));
        };
        // Before the manifest: the file is newer than that.
        write(&manifest, &Manifest::new().to_json());
        write(&dead, b"{}");
        folder.prepare("jsonl", &[]).unwrap();
        assert!(dead.exists(), "another run may be at work");
        folder.prepare("jsonl", &["20241129T104451.887000Z-3f1c".to_owned()]).unwrap();
        assert!(!dead.exists(), "its run is known to have ended");
        write(&dead, b"{}");
        let change = Change {
            added: Vec::new(),
            removed: Vec::new(),
            manifest: Manifest::new(),
            run_id: None,
            expected: folder.version().unwrap(),
        };
        folder.move_files(&folder.staging().unwrap(), &change).unwrap();
        assert!(!dead.exists(), "the manifest of the next commit is newer");
        // After the manifest.
        write(&dead, b"{}");
        write(&manifest, &Manifest::new().to_json());
        folder.tidy(&folder.manifest().unwrap().unwrap().0);
        assert!(!dead.exists() && manifest.exists());
    }

    #[test]
    fn only_what_a_file_system_cannot_do_is_tried_in_another_way() {
        use rustix::io::Errno;
        for errno in [Errno::XDEV, Errno::OPNOTSUPP, Errno::PERM, Errno::NOSYS, Errno::INVAL, Errno::MLINK] {
            assert!(is_unsupported(&errno.into()), "{errno:?}");
        }
        for errno in [Errno::NOSPC, Errno::DQUOT, Errno::IO, Errno::ROFS, Errno::NOENT, Errno::MFILE] {
            assert!(!is_unsupported(&errno.into()), "{errno:?}");
        }
        assert!(!is_unsupported(&io::Error::other("no number")));
    }

    #[test]
    fn what_cannot_be_put_back_is_kept_and_named() {
        for put_back in
            [|_: &Path, _: &Path| Ok(false), |_: &Path, _: &Path| Err(io::ErrorKind::StorageFull.into())]
        {
            let (home, error) = commit(put_back);
            let SinkError::NotPutBack { kept, .. } = &error else { panic!("{error}") };
            assert!(error.to_string().contains(&kept.display().to_string()), "{error}");
            assert_eq!((sequence(&home.path().join("t")), sequence(kept)), (70, 60));
            // The next run does not take it for left behind.
            LocalFolder { path: home.path().join("t") }.prepare("parquet", &[]).unwrap();
            assert_eq!(sequence(kept), 60);
        }
    }
}
