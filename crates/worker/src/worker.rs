//! The process with the converter.

use std::{
    io::{self, BufReader},
    path::PathBuf,
    sync::mpsc,
};

use pipeline_converter::{
    Converter,
    wire::{self, Frame},
};

use super::confine::confine;

/// The first argument of a process that is to convert pages; the second is how many bytes it may use.
pub const WORKER_ARGUMENT: &str = "converter-worker";

/// What mimalloc reads at its start, as environment variables. It would keep what a page has freed for a second, by when
/// the next pages have taken as much again; and it would take a gigabyte of address space at once, all of which counts
/// against a converter's limit.
pub const ALLOCATOR_OPTIONS: [(&str, &str); 2] =
    [("MIMALLOC_PURGE_DELAY", "50"), ("MIMALLOC_ARENA_EAGER_COMMIT", "0")];

/// So much memory is enough for a converter that gives nothing back for a while, in bytes.
const PLENTY: u64 = 256 << 20;

/// The same for a process with a converter that may use so many bytes. What a page has freed the next one takes again, some
/// ten milliseconds later; but what is not given back counts against the limit.
pub(super) fn allocator_options(memory: u64) -> [(&'static str, &'static str); 2] {
    let delay = if memory < PLENTY { "10" } else { "100" };
    [("MIMALLOC_PURGE_DELAY", delay), ("MIMALLOC_ARENA_EAGER_COMMIT", "0")]
}

/// The program that runs now, to be started again.
pub fn this_program() -> Option<PathBuf> {
    // Still the same program after an update has replaced its file.
    let running = PathBuf::from("/proc/self/exe");
    if running.exists() { Some(running) } else { std::env::current_exe().ok() }
}

/// Converts pages from stdin to stdout until stdin ends, which it does when the parent does.
///
/// # Errors
/// When there is no thread to be had, or the limits cannot be set.
pub fn run_worker(memory: u64) -> io::Result<()> {
    let (frames, queue) = mpsc::sync_channel::<Frame>(2);
    let (spend, spent) = mpsc::channel::<Frame>();
    let thread = std::thread::Builder::new().name("converter".into()).stack_size(Converter::THREAD_STACK);
    let (ready, started) = mpsc::sync_channel::<()>(0);
    let work = move || {
        // Not before the limits are set.
        let spend = |frame| drop(spend.send(frame));
        if started.recv().is_ok() && wire::serve(queue, spend, io::stdout()).is_err() {
            // The parent does not understand us, or does not listen.
            std::process::exit(1);
        }
        std::process::exit(0);
    };
    thread.spawn(work)?;
    confine(memory)?;
    // Gone only with the process.
    let _ = ready.send(());
    let mut input = BufReader::with_capacity(1 << 16, io::stdin().lock());
    while let Ok(Some(frame)) = Frame::read(&mut input, spent.try_recv().unwrap_or_default()) {
        if frames.send(frame).is_err() {
            break;
        }
    }
    // Whatever the script is doing: nobody is waiting for it any more.
    std::process::exit(0);
}
