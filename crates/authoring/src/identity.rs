//! Tells one folder from another that took its place under the same path.

use std::{fs, path::Path, time::SystemTime};

/// A folder, whatever its path is; a link stands for where it leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Device and inode, where the system has them.
    place: (u64, u64),
    /// A new folder may get the inode of one that was removed.
    created: Option<SystemTime>,
}

impl Identity {
    /// The folder that is at a path now, if there is one.
    pub fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_dir)?;
        Some(Self { place: place(&metadata), created: metadata.created().ok() })
    }
}

#[cfg(unix)]
fn place(metadata: &fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn place(_: &fs::Metadata) -> (u64, u64) {
    (0, 0)
}
