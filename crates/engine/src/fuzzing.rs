//! What the fuzzer in `tests/fuzz` holds the private readers of this crate to.

use std::path::Path;

use crate::journal::{self, Keep, Replay};

/// Reads the journal at `path` and goes on with it; the pages before are those after.
pub fn journal(path: &Path) {
    let Ok(found) = journal::peek(path) else { return };
    let Some(replay) = found.replay() else { return };
    let before = pages(&replay);
    replay.go_on("fuzz", Keep::Pages).expect("the file can be written");
    let again = journal::peek(path).expect("it is a journal").replay().expect("that is not over");
    assert_eq!((&again.header, &again.place), (&replay.header, &replay.place));
    assert_eq!(again.runs.split_last(), Some((&"fuzz".to_owned(), replay.runs.as_slice())));
    assert_eq!(pages(&again), before);
}

/// The file of a journal with these heads and rows, whose checksums are right.
pub fn journal_of<'a>(records: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Vec<u8> {
    journal::file_of(records)
}

/// How many pages there are up to the first that cannot be read, and how many rows they have.
fn pages(replay: &Replay) -> (usize, usize) {
    let pages = replay.pages().expect("the file can be read").take_while(Result::is_ok).flatten();
    let rows = pages.map(|page| page.batch.rows().num_rows());
    rows.fold((0, 0), |(n_pages, n_rows), rows| (n_pages + 1, n_rows + rows))
}
