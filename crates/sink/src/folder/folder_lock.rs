//! One commit at a time per folder, whoever makes it.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::Path,
    time::{Duration, Instant},
};

use crate::error::SinkError;

/// How long a commit waits for another one; each takes as long as its files need to reach the disk.
const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(10);

/// A lock on a folder itself, so that processes meet there that share nothing else: neither state folder nor container.
///
/// It goes with the process that holds it. A commit puts another folder in the place of the locked one, so whoever has
/// waited looks again which folder is there now.
#[derive(Debug)]
pub(super) struct FolderLock {
    /// None where there is nothing to lock yet, or where the file system has no locks for folders.
    _folder: Option<File>,
}

impl FolderLock {
    /// Waits for the lock of `folder`, called `shown` in messages.
    ///
    /// # Errors
    /// [`SinkError::Locked`] after two minutes.
    pub(super) fn acquire(folder: &Path, shown: &str) -> Result<Self, SinkError> {
        let began = Instant::now();
        loop {
            let Some(opened) = open(folder).map_err(SinkError::target(folder))? else {
                return Ok(Self { _folder: None });
            };
            match opened.try_lock() {
                Ok(()) if is_at(&opened, folder) => return Ok(Self { _folder: Some(opened) }),
                // Another folder is there now.
                Ok(()) if began.elapsed() < PATIENCE => {}
                Err(TryLockError::WouldBlock) if began.elapsed() < PATIENCE => std::thread::sleep(PAUSE),
                Ok(()) | Err(TryLockError::WouldBlock) => {
                    return Err(SinkError::Locked {
                        target: shown.to_owned(),
                        holder: "another run has been committing to it for two minutes".into(),
                    });
                }
                // The commit looks at the version once more, after it has been made.
                Err(TryLockError::Error(error)) => {
                    tracing::debug!(%error, folder = %folder.display(), "a folder without locks");
                    return Ok(Self { _folder: None });
                }
            }
        }
    }
}

/// The folder to lock, if there is one.
#[cfg(unix)]
fn open(folder: &Path) -> io::Result<Option<File>> {
    match File::open(folder) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Elsewhere folders cannot be opened.
#[cfg(not(unix))]
fn open(_: &Path) -> io::Result<Option<File>> {
    Ok(None)
}

/// Whether an open folder is the one that has this path now.
#[cfg(unix)]
fn is_at(opened: &File, folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (opened.metadata(), fs::metadata(folder)) {
        (Ok(opened), Ok(found)) => identity(opened) == identity(found),
        _ => false,
    }
}

#[cfg(not(unix))]
fn is_at(_: &File, folder: &Path) -> bool {
    fs::metadata(folder).is_ok()
}
