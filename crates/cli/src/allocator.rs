//! Tells the allocator to give memory back soon (ADR 0044).

/// Starts this program anew with the allocator's options, where nobody has given any; it stays the same process.
///
/// They are read from the environment before `main`, and changing them later takes unsafe code.
#[cfg(unix)]
pub(crate) fn begin_thrifty() {
    use std::{env, os::unix::process::CommandExt, process::Command};

    use pipeline_process::ENDS_AT_ONCE;
    use pipeline_worker::ALLOCATOR_OPTIONS;

    if ALLOCATOR_OPTIONS.iter().any(|(name, _)| env::var_os(name).is_some()) {
        return;
    }
    let Ok(program) = env::current_exe() else { return };
    let mut arguments = env::args_os();
    let mut command = Command::new(program);
    command.arg0(arguments.next().unwrap_or_default()).args(arguments).envs(ALLOCATOR_OPTIONS);
    // What the allocator does otherwise takes a millisecond, in which a run has ended for us and not yet for whoever waits for its
    // exit code, and who would run it again if it were killed then.
    command.envs([ENDS_AT_ONCE]);
    // Comes back only when it did not work, and then everything does with more memory.
    drop(command.exec());
}

#[cfg(not(unix))]
pub(crate) fn begin_thrifty() {}
