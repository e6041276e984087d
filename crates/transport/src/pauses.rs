//! Hosts that want no request for a while.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use jiff::Timestamp;

use crate::clock::until;

/// Until when each host is left alone.
#[derive(Debug, Default)]
pub struct Pauses(Mutex<HashMap<String, Timestamp>>);

impl Pauses {
    /// No request to `host` before `time`.
    pub fn pause(&self, host: &str, time: Timestamp) {
        let mut hosts = self.0.lock().expect("no one panics while holding the pauses");
        let known = hosts.entry(host.to_owned()).or_insert(time);
        *known = time.max(*known);
    }

    /// When `host` may be asked again, and how long that is from now; `None` when now.
    pub fn remaining(&self, host: &str, now: Timestamp) -> Option<(Timestamp, Duration)> {
        let mut hosts = self.0.lock().expect("no one panics while holding the pauses");
        let time = *hosts.get(host)?;
        if time <= now {
            hosts.remove(host);
            return None;
        }
        Some((time, until(now, time)))
    }
}
