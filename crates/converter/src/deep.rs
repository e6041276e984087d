//! A thread for work on syntax trees.
//!
//! Parsers, and all that goes through a tree, call themselves for each level of it. How many levels a script may have is
//! limited ([`crate::syntax`]); this is the stack on which so many fit, whatever stack the caller has.

use std::{cell::Cell, io, panic, thread};

use crate::converter::Converter;

thread_local! {
    static HAS_ROOM: Cell<bool> = const { Cell::new(false) };
}

/// Says that this thread has [`Converter::THREAD_STACK`] itself.
pub(crate) fn has_room() {
    HAS_ROOM.set(true);
}

/// Does the work on a thread with [`Converter::THREAD_STACK`], and waits for it.
///
/// # Errors
/// There is no room for another thread.
pub(crate) fn with_room<T: Send>(work: impl FnOnce() -> T + Send) -> io::Result<T> {
    if HAS_ROOM.get() {
        return Ok(work());
    }
    thread::scope(|scope| {
        let builder = thread::Builder::new().name("script".into()).stack_size(Converter::THREAD_STACK);
        let thread = builder.spawn_scoped(scope, || {
            has_room();
            work()
        })?;
        Ok(thread.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked)))
    })
}
