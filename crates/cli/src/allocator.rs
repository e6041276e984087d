//! Tells the allocator to give memory back soon (ADR 0044).

/// What mimalloc reads at its start: give freed memory back after so many milliseconds in place of a second, and take no
/// memory before it is needed.
#[cfg(unix)]
const OPTIONS: [(&str, &str); 2] = [("MIMALLOC_PURGE_DELAY", "10"), ("MIMALLOC_ARENA_EAGER_COMMIT", "0")];

/// Starts this program anew with the allocator's options, where nobody has given any; it stays the same process.
///
/// They are read from the environment before `main`, and changing them later takes unsafe code.
#[cfg(unix)]
pub(crate) fn begin_thrifty() {
    use std::{env, os::unix::process::CommandExt, process::Command};
    if OPTIONS.iter().any(|(name, _)| env::var_os(name).is_some()) {
        return;
    }
    let Ok(program) = env::current_exe() else { return };
    let mut arguments = env::args_os();
    let mut command = Command::new(program);
    command.arg0(arguments.next().unwrap_or_default()).args(arguments).envs(OPTIONS);
    // Comes back only when it did not work, and then everything does with more memory.
    drop(command.exec());
}

#[cfg(not(unix))]
pub(crate) fn begin_thrifty() {}
