//! Who may use what is written in the place of something earlier: as before.

use std::{
    fs::{self, Metadata},
    path::Path,
};

/// Gives a file or folder the owner and the group of what it takes the place of, as far as this process may: root gives both, others
/// their own groups. Before its permissions are set, because this takes some of them away.
pub(crate) fn keep(new: &Path, earlier: &Metadata) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, chown};
        let is_same = |now: Metadata| now.uid() == earlier.uid() && now.gid() == earlier.gid();
        if fs::symlink_metadata(new).is_ok_and(is_same) {
            return;
        }
        // Where neither is allowed, readers may have to be let in again; the rows are what counts.
        if chown(new, Some(earlier.uid()), Some(earlier.gid())).is_err() {
            let _ = chown(new, None, Some(earlier.gid()));
        }
    }
    #[cfg(not(unix))]
    let _ = (new, earlier);
}

/// The same for what is new in a folder that takes the place of an earlier one: folders are those of the same name, files belong to
/// those whom the folder belongs to. A file with two names is an earlier one.
pub(crate) fn keep_below(folder: &Path, earlier: &Path) {
    let Ok(own) = fs::metadata(earlier) else { return };
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        match entry.metadata() {
            Ok(found) if found.is_dir() => {
                let before = earlier.join(entry.file_name());
                match fs::metadata(&before) {
                    Ok(same) => {
                        keep(&path, &same);
                        // It may be that of another user; then it is as any new one.
                        let _ = fs::set_permissions(&path, same.permissions());
                        keep_below(&path, &before);
                    }
                    Err(_) => keep(&path, &own),
                }
            }
            Ok(found) if is_new(&found) => keep(&path, &own),
            _ => {}
        }
    }
}

#[cfg(unix)]
fn is_new(file: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::nlink(file) == 1
}

#[cfg(not(unix))]
fn is_new(_: &Metadata) -> bool {
    true
}
