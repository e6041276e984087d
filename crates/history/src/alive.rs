//! Whether the process of a run still lives.

use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

/// Held by a run as long as its process lives; the system lets go of it whatever ends the process.
#[derive(Debug)]
pub struct AliveLock {
    _file: File,
    path: PathBuf,
}

impl AliveLock {
    /// Holds the lock of a run.
    ///
    /// # Errors
    /// The folder or the file cannot be written.
    pub fn hold(folder: &Path, run_id: &str) -> std::io::Result<Self> {
        let folder = folder.join("running");
        pipeline_config::create_folder(&folder)?;
        let path = folder.join(run_id);
        let file = File::options().create(true).write(true).truncate(true).open(&path)?;
        // Without locks in this file system every unfinished run counts as alive.
        let _ = file.try_lock();
        Ok(Self { _file: file, path })
    }
}

impl Drop for AliveLock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Whether nobody holds the lock of a run; it is removed then.
pub fn is_gone(folder: &Path, run_id: &str) -> bool {
    let path = folder.join("running").join(run_id);
    let Ok(file) = File::options().write(true).open(&path) else { return true };
    match file.try_lock() {
        Ok(()) => {
            let _ = fs::remove_file(&path);
            true
        }
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
    }
}
