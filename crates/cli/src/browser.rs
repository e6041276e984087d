//! The user's browser.

/// Opens a page, where this user would see it; elsewhere its address must have been printed.
pub(crate) fn open(url: &str) {
    if !has_display() {
        return;
    }
    if let Err(error) = open::that_detached(url) {
        tracing::debug!(%error, "no browser could be opened");
    }
}

/// Whether a window can be opened where this user would see it.
fn has_display() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if cfg!(any(windows, target_os = "macos")) {
        return !is_set("SSH_CONNECTION");
    }
    is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") || is_set("WSL_DISTRO_NAME")
}
