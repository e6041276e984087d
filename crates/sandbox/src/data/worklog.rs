//! The worklogs of an issue.

use super::issue::{FIRST_ID, Source};
use super::people::write_user;
use super::random::Rng;
use super::text::write_note;
use super::time::write_timestamp;
use super::{Dataset, SELF_ORIGIN, put};

/// Streams 2000 and following belong to worklogs.
const COUNT_STREAM: usize = 2_000;

/// How many worklogs issue `number` has: none to four, one issue in twenty has thirty more.
pub(crate) fn worklog_count(dataset: &Dataset, number: u32) -> usize {
    let mut rng = Rng::of(dataset.seed, number, COUNT_STREAM);
    let many = if rng.chance(5) { 30 } else { 0 };
    rng.below(5) as usize + many
}

/// Appends worklog `index` (from 0) of issue `number`.
pub(crate) fn write_worklog(out: &mut String, number: u32, index: usize, source: Source<'_>) {
    let mut rng = Rng::of(source.dataset.seed, number, COUNT_STREAM + 1 + index);
    let (issue, api) = (FIRST_ID + number, source.version.as_str());
    let id = u64::from(issue) * 100 + index as u64;
    put(out, format_args!(r#"{{"self":"{SELF_ORIGIN}/rest/api/{api}/issue/{issue}/worklog/{id}","author":"#));
    write_user(out, &mut rng, source.version);
    out.push_str(r#","updateAuthor":"#);
    write_user(out, &mut rng, source.version);
    out.push_str(r#","comment":"#);
    write_note(out, &mut rng, source.version);
    let (created, updated) = (source.dataset.created(number), source.dataset.updated(number));
    let logged = created + rng.below((updated - created).unsigned_abs()) as i64;
    for name in ["created", "updated", "started"] {
        put(out, format_args!(r#","{name}":"#));
        write_timestamp(out, logged);
    }
    let minutes = 15 * (1 + rng.below(31));
    let spent = match (minutes / 60, minutes % 60) {
        (0, rest) => format!("{rest}m"),
        (hours, 0) => format!("{hours}h"),
        (hours, rest) => format!("{hours}h {rest}m"),
    };
    put(
        out,
        format_args!(
            r#","timeSpent":"{spent}","timeSpentSeconds":{seconds},"id":"{id}","issueId":"{issue}"}}"#,
            seconds = minutes * 60
        ),
    );
}
