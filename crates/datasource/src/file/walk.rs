//! Goes through folders for the files of a pattern.

use std::{
    collections::{HashMap, hash_map::Entry},
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use super::pattern::{Step, Steps};

/// A folder that cannot be listed, and why.
pub(super) type Unlisted = (PathBuf, io::Error);

#[derive(Debug)]
struct Found {
    /// Whether a link led there.
    is_linked: bool,
    path: PathBuf,
}

/// The files of a pattern below `folder`, each once, whatever links lead to it.
///
/// `**` follows no links to folders, which may lead in a circle; `*` and names do.
pub(super) fn files(folder: &Path, steps: &Steps) -> Result<Vec<PathBuf>, Unlisted> {
    let mut found = Vec::new();
    walk(Found { is_linked: false, path: folder.to_owned() }, &steps.0, &mut found)?;
    found.sort_by(|a, b| (a.is_linked, &a.path).cmp(&(b.is_linked, &b.path)));
    let (n_found, mut known) = (found.len(), HashMap::new());
    let mut files = Vec::new();
    for file in found {
        match known.entry(identity(&file.path)) {
            Entry::Vacant(first) => {
                first.insert(file.path.clone());
                files.push(file.path);
            }
            Entry::Occupied(first) => {
                tracing::debug!(file = %file.path.display(), is = %first.get().display(), "one file, read once");
            }
        }
    }
    if files.len() < n_found {
        let (n_files, n_more) = (files.len(), n_found - files.len());
        tracing::info!(folder = %folder.display(), n_files, n_more, "links lead to files that are read anyway");
    }
    Ok(files)
}

fn walk(at: Found, steps: &[Step], found: &mut Vec<Found>) -> Result<(), Unlisted> {
    let Some((step, rest)) = steps.split_first() else {
        if at.path.symlink_metadata().is_ok() && !at.path.is_dir() {
            found.push(at);
        }
        return Ok(());
    };
    match step {
        Step::Named(name) => {
            let path = at.path.join(name);
            let is_linked = at.is_linked || path.is_symlink();
            walk(Found { is_linked, path }, rest, found)
        }
        Step::Like(like) => {
            for (name, is_linked, path) in entries(&at.path)? {
                let is_meant = if rest.is_empty() { like.is_file(&name) } else { like.is(&name) };
                if is_meant && (rest.is_empty() || path.is_dir()) {
                    walk(Found { is_linked: at.is_linked || is_linked, path }, rest, found)?;
                }
            }
            Ok(())
        }
        Step::Anywhere => {
            for (name, is_linked, path) in entries(&at.path)? {
                if !is_linked && !name.starts_with('.') && path.is_dir() {
                    walk(Found { is_linked: at.is_linked, path }, steps, found)?;
                }
            }
            walk(at, rest, found)
        }
    }
}

/// What is in a folder: names, whether they are links, and paths. Nothing is in what is no folder.
fn entries(folder: &Path) -> Result<Vec<(String, bool, PathBuf)>, Unlisted> {
    let unlisted = |error| (folder.to_owned(), error);
    let shown = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let list = match fs::read_dir(shown) {
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        list => list.map_err(unlisted)?,
    };
    let mut entries = Vec::new();
    for entry in list {
        let entry = entry.map_err(unlisted)?;
        let is_link = entry.file_type().map_err(unlisted)?.is_symlink();
        let name = entry.file_name();
        entries.push((name.to_string_lossy().into_owned(), is_link, folder.join(&name)));
    }
    Ok(entries)
}

/// What two names of one file have in common, also where one is a hard link or below a folder that is mounted twice. The
/// numbers of some network file systems are not unique, hence size and time.
#[cfg(unix)]
fn identity(path: &Path) -> impl Eq + std::hash::Hash + use<> {
    use std::os::unix::fs::MetadataExt;
    let of = |file: fs::Metadata| (file.dev(), file.ino(), file.len(), file.mtime(), file.mtime_nsec());
    // One that cannot be read is itself.
    fs::metadata(path).map(of).map_err(|_| path.to_owned())
}

#[cfg(not(unix))]
fn identity(path: &Path) -> impl Eq + std::hash::Hash + use<> {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
