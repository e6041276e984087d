//! Says that a run goes on where another one ended, once that is known.

use std::sync::Arc;

use super::RunError;
use crate::progress::{Event, Observer};

/// What is to be said once a table goes on with pages of an earlier run.
pub(super) struct GoingOn {
    /// The run, and how many pages of it there are; nothing where that was said, or there is nothing to go on with.
    what: Option<(String, u64)>,
    observer: Arc<dyn Observer>,
    has_answer: bool,
}

impl GoingOn {
    pub(super) fn new(what: Option<(String, u64)>, observer: &Arc<dyn Observer>) -> Self {
        Self { what, observer: Arc::clone(observer), has_answer: false }
    }

    /// Hears of the first page that is fetched, which shows whether the server still knows the place.
    pub(super) fn hear(&mut self, error: Option<&RunError>, is_stale: impl FnOnce(&RunError) -> bool) {
        if !std::mem::replace(&mut self.has_answer, true) && !error.is_some_and(is_stale) {
            self.say();
        }
    }

    /// Where no page was left to be fetched, the table has gone on too. Whether that was said.
    pub(super) fn end(mut self) -> bool {
        if !self.has_answer {
            self.say();
        }
        self.what.is_none()
    }

    pub(super) fn say(&mut self) {
        self.has_answer = true;
        if let Some((run_id, pages)) = self.what.take() {
            self.observer.on(&Event::Resumed { run_id: &run_id, pages });
        }
    }
}
