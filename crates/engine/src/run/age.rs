//! How old an earlier run is, and what that means.

use jiff::{SignedDuration, Timestamp};

use crate::{journal::Header, plan::Plan, spec::DEFAULT_MAX_AGE};

/// Whoever tries a killed run again does so within this time of its end; what begins later is the next run.
pub const TRIED_AGAIN: SignedDuration = SignedDuration::from_mins(15);

/// Whether a run that ended then is not the one that is tried again now.
pub(super) fn is_past(plan: &Plan, ended_at: Option<Timestamp>) -> bool {
    ended_at.is_none_or(|at| plan.started_at.duration_since(at) > TRIED_AGAIN)
}

/// Why the pages of a run that began then are too old.
pub(super) fn too_old(plan: &Plan, header: &Header) -> Option<String> {
    let age = plan.started_at.duration_since(header.started_at);
    let max_age = plan.resume.unwrap_or(DEFAULT_MAX_AGE);
    // A clock that was set back a little makes no page older.
    (age.unsigned_abs() >= max_age).then(|| {
        let distance = if age.is_negative() { "ahead of the clock" } else { "ago" };
        format!(
            "it began at {}, more than {} {distance} (`resume.max_age`)",
            header.started_at,
            humantime::format_duration(max_age)
        )
    })
}
