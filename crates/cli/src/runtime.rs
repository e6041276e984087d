//! The threads that everything runs on.

use std::{
    io,
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

use tokio::runtime::{Builder, Handle, Runtime};

/// How late a limit in time may be noticed.
const BEAT: Duration = Duration::from_millis(100);

/// They are woken now and then until this is dropped.
pub(crate) struct Beat {
    _owner: Sender<()>,
}

/// Starts them.
///
/// # Errors
/// There are no threads.
pub(crate) fn start() -> io::Result<(Runtime, Beat)> {
    let mut builder = Builder::new_multi_thread();
    if pipeline_engine::n_cores() < 2 {
        // One of them looks after the clock while the other one is at work.
        builder.worker_threads(2);
    }
    let runtime = builder.enable_all().build()?;
    let (sender, receiver) = mpsc::channel();
    let handle = runtime.handle().clone();
    thread::Builder::new().name("beat".into()).spawn(move || beat(&handle, &receiver))?;
    Ok((runtime, Beat { _owner: sender }))
}

/// Wakes a thread now and then. One that was asked for the clock, and finds work for a long time instead, hands the clock to nobody:
/// a server that sends without end what a library passes over would outlast `timeout`.
fn beat(handle: &Handle, owner: &Receiver<()>) {
    while owner.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
        drop(handle.spawn(async {}));
    }
}
