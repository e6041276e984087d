//! Signals that ask a command to end.

use std::time::{Duration, Instant};

/// How long a renewal of a login may hold up the end of a process: more than a token endpoint takes.
const MAX_SETTLING: Duration = Duration::from_secs(30);

/// Signals that come within this time are one: `timeout` and service managers send theirs to the process and to its group.
const ONE_SIGNAL: Duration = Duration::from_secs(1);

/// Ends the process at a signal, once no login is being renewed; at the second one in any case.
///
/// For commands that have nothing else to do then. In a task, so that it works while a command blocks.
///
/// # Errors
/// The system allows no handler.
pub(crate) fn end_at_signal() -> std::io::Result<()> {
    let mut signals = StopSignals::listen()?;
    tokio::spawn(async move {
        signals.next().await;
        settle().await;
        std::process::exit(130);
    });
    Ok(())
}

/// Waits until no login is being renewed, which could not be used any more; a signal ends that.
pub(crate) async fn settle() {
    let settled = tokio::time::timeout(MAX_SETTLING, pipeline_auth::renewals_settled());
    let Ok(mut signals) = StopSignals::listen() else { return };
    // It is a signal that has led here, or there was none and a second does not matter.
    signals.received_at = Some(Instant::now());
    tokio::select! {
        _ = settled => {}
        () = signals.next() => {}
    }
}

/// Ctrl-C, and what service managers, containers and closed connections send.
#[derive(Debug)]
pub(crate) struct StopSignals {
    #[cfg(unix)]
    received: Vec<tokio::signal::unix::Signal>,
    /// When the last one came.
    received_at: Option<Instant>,
}

#[cfg(unix)]
impl StopSignals {
    /// Signals are kept from here on; before, they end the process.
    ///
    /// # Errors
    /// The system allows no handler.
    pub(crate) fn listen() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut kinds = vec![SignalKind::interrupt(), SignalKind::terminate()];
        // `nohup` has it ignored, and a handler would end that.
        if !is_ignored(SignalKind::hangup().as_raw_value()) {
            kinds.push(SignalKind::hangup());
        }
        let received = kinds.into_iter().map(signal).collect::<Result<_, _>>()?;
        Ok(Self { received, received_at: None })
    }

    /// Waits for the next one; those that come [at once](ONE_SIGNAL) after the last one are that one.
    pub(crate) async fn next(&mut self) {
        loop {
            futures::future::select_all(self.received.iter_mut().map(|signal| Box::pin(signal.recv()))).await;
            let is_same = self.received_at.is_some_and(|last| last.elapsed() < ONE_SIGNAL);
            if !is_same {
                self.received_at = Some(Instant::now());
                return;
            }
        }
    }
}

/// Lets a file that may not grow (`ulimit -f`, quotas of containers) be an error of the write, which names it, instead of
/// the end of the process without a word. To be called within a runtime.
#[cfg(unix)]
pub(crate) fn survive_full_files() {
    use tokio::signal::unix::{SignalKind, signal};
    // The handler stays when the stream goes. Without it there is only no message.
    let _ = signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw()));
}

#[cfg(not(unix))]
pub(crate) fn survive_full_files() {}

/// Whether the process was started with a signal ignored. Only Linux tells; elsewhere the answer is no.
#[cfg(unix)]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    mask & (1 << (signal - 1)) != 0
}

#[cfg(not(unix))]
impl StopSignals {
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self { received_at: None })
    }

    pub(crate) async fn next(&mut self) {
        // Without a handler the system ends the process itself.
        let _ = tokio::signal::ctrl_c().await;
        self.received_at = Some(Instant::now());
    }
}
