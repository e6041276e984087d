//! Exchanges two folders in one step, where the system can.

use std::{io, path::Path};

/// Exchanges two folders; says whether the system can.
pub(super) type Swap<'a> = &'a dyn Fn(&Path, &Path) -> io::Result<bool>;

/// Exchanges two folders in one step; says whether the system can.
#[cfg(any(target_os = "linux", target_os = "macos"))]
pub(super) fn swap(a: &Path, b: &Path) -> io::Result<bool> {
    use rustix::{
        fs::{CWD, RenameFlags, renameat_with},
        io::Errno,
    };
    match renameat_with(CWD, a, CWD, b, RenameFlags::EXCHANGE) {
        Ok(()) => Ok(true),
        Err(Errno::NOSYS | Errno::INVAL | Errno::NOTSUP | Errno::BUSY | Errno::XDEV | Errno::PERM) => {
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether the file system cannot do what it was asked, which another way may do. A full or broken disk can do it no other way.
#[cfg(unix)]
pub(super) fn is_unsupported(error: &io::Error) -> bool {
    use rustix::io::Errno;
    matches!(
        Errno::from_io_error(error),
        Some(
            Errno::NOSYS
                | Errno::INVAL
                | Errno::NOTSUP
                | Errno::XDEV
                | Errno::PERM
                | Errno::ACCESS
                | Errno::MLINK
        )
    )
}

#[cfg(not(unix))]
pub(super) fn is_unsupported(error: &io::Error) -> bool {
    error.kind() != io::ErrorKind::StorageFull && error.kind() != io::ErrorKind::QuotaExceeded
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(super) fn swap(_: &Path, _: &Path) -> io::Result<bool> {
    Ok(false)
}
