//! The user's browser.

use std::{
    io::{self, Write},
    path::Path,
};

use tempfile::NamedTempFile;

/// Opens a page, where this user would see it; elsewhere its address must have been printed.
pub(crate) fn open(url: &str) {
    if !has_display() {
        return;
    }
    if let Err(error) = open::that_detached(url) {
        tracing::debug!(%error, "no browser could be opened");
    }
}

/// A page for this user alone that leads to `url`, to be opened in its place: what a browser is started with can be seen by
/// everybody who lists processes.
///
/// # Errors
/// The folder cannot be written.
pub(crate) fn private_page(url: &str, folder: &Path) -> io::Result<NamedTempFile> {
    std::fs::create_dir_all(folder)?;
    let mut page = tempfile::Builder::new().prefix("studio-").suffix(".html").tempfile_in(folder)?;
    write!(page, "<!doctype html><meta http-equiv=\"refresh\" content=\"0;url={url}\">")?;
    page.flush()?;
    Ok(page)
}

/// Whether a window can be opened where this user would see it.
fn has_display() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if cfg!(any(windows, target_os = "macos")) {
        return !is_set("SSH_CONNECTION");
    }
    is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") || is_set("WSL_DISTRO_NAME")
}
