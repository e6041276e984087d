//! What a run tells its caller while it goes on.

use std::fmt::Debug;

/// Watches a run; the engine itself never prints.
pub trait Observer: Debug + Send + Sync {
    /// Called from any thread, often; must return at once.
    fn on(&self, event: &Event<'_>);
}

/// Something that happened.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event<'e> {
    /// A table begins.
    TableStarted {
        /// Its name.
        table: &'e str,
    },
    /// A page has arrived.
    PageFetched {
        /// Bytes of its body.
        bytes: u64,
        /// How many records the server says there are in all.
        total: Option<u64>,
    },
    /// A request waits before its next attempt.
    Waiting {
        /// The server.
        host: &'e str,
        /// When it goes on.
        until: jiff::Timestamp,
        /// How long that is.
        wait: std::time::Duration,
        /// Why, in words.
        reason: &'e str,
    },
    /// The run goes on where another one has ended.
    Resumed {
        /// That run.
        run_id: &'e str,
        /// Pages that need not be fetched again.
        pages: u64,
    },
    /// An earlier run committed everything and was killed before its process ended; this run ends it, and fetches nothing.
    Finished {
        /// That run.
        run_id: &'e str,
    },
    /// The run begins anew although another one has left pages.
    Restarted {
        /// Why.
        reason: &'e str,
        /// How many pages are fetched again.
        pages: u64,
    },
    /// The run begins anew because its datasource leaves nothing to go on with.
    Reread {
        /// The run that ended before its end.
        run_id: &'e str,
        /// Why nothing of it is of use.
        reason: &'e str,
    },
    /// A page's rows were handed to the sink.
    PageWritten {
        /// How many rows.
        rows: u64,
    },
}

/// An observer that looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn on(&self, _: &Event<'_>) {}
}

/// Passes on what HTTP clients tell.
#[derive(Debug)]
pub(crate) struct Waits(pub(crate) std::sync::Arc<dyn Observer>);

impl pipeline_transport::Observer for Waits {
    fn observe(&self, event: &pipeline_transport::Event) {
        if let pipeline_transport::Event::Waiting { host, until, wait, reason } = event {
            self.0.on(&Event::Waiting { host, until: *until, wait: *wait, reason: &reason.to_string() });
        }
    }
}
