//! Errors in bodies of lines, each of which is a record of its own. Pure.

use super::{Looked, PaginationError, Way, find, plain, vocabulary as words};
use crate::{
    pagination::{Answer, Envelope},
    raw,
};

/// The error that the last of `lines` is, where it is nothing but one, and is the only line or follows records.
///
/// A server that fails while it sends lines can say so in no other place. Where lines are such objects from the first one
/// on, they are the records, as those of a log are.
pub(crate) fn find_in_lines(lines: &[&[u8]], ignored: &[String]) -> Option<PaginationError> {
    let (last, before) = lines.split_last()?;
    if !is_of_errors(last) || before.iter().any(|line| is_of_errors(line)) {
        return None;
    }
    let envelope = Envelope::read(&Answer { body: Some(last), headers: &[] }, ignored, None);
    find(&envelope, Way::Single, Looked { body: last, select: None, is_xml: false })
}

fn is_of_errors(line: &[u8]) -> bool {
    raw::keys(line)
        .is_some_and(|keys| !keys.is_empty() && keys.iter().all(|key| words::is_of_errors(&plain(key))))
}
