//! Folders of our own.

use std::{fs, io, path::Path};

/// Creates a folder with those above it. Others may not write into it, whatever the umask says: locks and the history are in
/// such folders.
///
/// # Errors
/// Those of [`fs::create_dir_all`].
pub fn create_folder(path: &Path) -> io::Result<()> {
    let mut folder = fs::DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o755);
    folder.create(path)
}

/// An error of a temporary file, which says where that was to be and what names another place.
pub fn of_temporary(error: &io::Error) -> io::Error {
    let folder = std::env::temp_dir();
    let text = format!(
        "in `{}`, the folder for temporary files; `TMPDIR` names another one: {error}",
        folder.display()
    );
    io::Error::new(error.kind(), text)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn others_do_not_write_into_it() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("a/b");
        super::create_folder(&folder).unwrap();
        super::create_folder(&folder).unwrap();
        for folder in [folder.as_path(), folder.parent().unwrap()] {
            assert_eq!(folder.metadata().unwrap().permissions().mode() & 0o022, 0);
        }
    }
}
