//! The threads that everything runs on.

use std::{io, thread, time::Duration};

use tokio::runtime::{Builder, Handle, Runtime};

/// How late a limit in time may be noticed.
const BEAT: Duration = Duration::from_millis(100);

/// Starts them.
///
/// # Errors
/// There are no threads.
pub(crate) fn start() -> io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    if pipeline_engine::n_cores() < 2 {
        // One of them looks after the clock while the other one is at work.
        builder.worker_threads(2);
    }
    let runtime = builder.enable_all().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new().name("beat".into()).spawn(move || beat(&handle))?;
    Ok(runtime)
}

/// Wakes a thread now and then. One that was asked for the clock, and finds work for a long time instead, hands the clock to nobody:
/// a server that sends without end what a library passes over would outlast `timeout`.
fn beat(handle: &Handle) {
    loop {
        thread::sleep(BEAT);
        drop(handle.spawn(async {}));
    }
}
