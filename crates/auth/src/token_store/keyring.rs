//! The keyring of the operating system, in place of a file: macOS Keychain, Windows Credential Manager, or the Secret
//! Service of a Linux desktop.

use std::io;

use keyring::{Entry, Error};

/// What the user sees in the keyring's own window.
const SERVICE: &str = "pipeline";

/// The text kept under `name`, if there is any.
pub(super) fn read(name: &str) -> io::Result<Option<String>> {
    apart(|| match Entry::new(SERVICE, name).and_then(|entry| entry.get_password()) {
        Ok(text) => Ok(Some(text)),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(unusable(&error)),
    })
}

/// Replaces the text kept under `name`.
pub(super) fn write(name: &str, text: &str) -> io::Result<()> {
    apart(|| {
        let written = Entry::new(SERVICE, name).and_then(|entry| entry.set_password(text));
        written.map_err(|error| unusable(&error))
    })
}

/// What stands between us and the keyring, and what to do.
fn unusable(error: &Error) -> io::Error {
    // Without a store the entry's own error only says that there is none.
    let reason = Entry::store_status().as_ref().err().unwrap_or(error);
    let help = "log in to a desktop, unlock its keyring, or write `token_store: file`";
    io::Error::other(format!("the keyring cannot be used: {reason}; {help}"))
}

/// On a thread of its own: the Secret Service is asked over D-Bus by a library that blocks on a runtime of its own,
/// which must not happen inside ours.
fn apart<T: Send>(work: impl FnOnce() -> io::Result<T> + Send) -> io::Result<T> {
    std::thread::scope(|scope| {
        scope.spawn(work).join().unwrap_or_else(|_| Err(io::Error::other("the keyring's library panicked")))
    })
}
