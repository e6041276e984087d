use std::fs;

use pipeline_query::Position;
use pipeline_table::{Batch, BatchBuilder, Cell, DeclaredColumns};

use super::*;

fn header() -> Header {
    Header {
        config: "c".into(),
        first_run: "r1".into(),
        started_at: jiff::Timestamp::UNIX_EPOCH,
        state: None,
    }
}

fn read(path: &std::path::Path) -> Option<Replay> {
    peek(path).unwrap().replay()
}

fn page(n: i64) -> Batch {
    let mut rows = BatchBuilder::new(DeclaredColumns::default().into());
    rows.push("n", Cell::Int(n)).unwrap();
    rows.end_row().unwrap();
    rows.finish().unwrap()
}

fn place(n_pages: u64) -> Resumption {
    let position = Some((Position::Cursor(format!("c{n_pages}")), n_pages));
    Resumption { n_pages, position, ..Resumption::default() }
}

fn written(n_pages: u64) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journals/a.journal");
    let mut journal = Journal::create(&path, &header(), Keep::Pages).unwrap();
    for n in 1..=n_pages {
        journal.page(&place(n), &page(n as i64)).unwrap();
    }
    (folder, path)
}

#[test]
fn pages_come_back_in_order_and_writing_goes_on() {
    let (_folder, path) = written(3);
    let replay = read(&path).unwrap();
    assert_eq!(
        (&replay.header, &replay.place, replay.runs.as_slice()),
        (&header(), &place(3), &["r1".into()][..])
    );
    let mut journal = replay.go_on("r2", Keep::Pages).unwrap();
    journal.page(&place(4), &page(4)).unwrap();
    let replay = read(&path).unwrap();
    assert_eq!((replay.place.n_pages, replay.runs.len()), (4, 2));
    let rows: Vec<Batch> = replay.pages().unwrap().map(|page| page.unwrap().batch).collect();
    assert_eq!(
        rows.iter().map(|batch| batch.rows().clone()).collect::<Vec<_>>(),
        [1, 2, 3, 4].map(|n| page(n).rows().clone())
    );
}

#[test]
fn a_page_that_is_refused_is_asked_for_again() {
    let n_pages = |path: &PathBuf| read(path).unwrap().place.n_pages;
    // The last page of a run, and one that a run finds in the journal of another one.
    let (_folder, path) = written(2);
    let mut journal = read(&path).unwrap().go_on("r2", Keep::Pages).unwrap();
    journal.page(&place(3), &page(3)).unwrap();
    journal.take_back().unwrap();
    assert_eq!(n_pages(&path), 2);
    journal.page(&place(3), &page(33)).unwrap();
    let replay = read(&path).unwrap();
    assert_eq!((replay.place.n_pages, replay.runs.len()), (3, 2));
    let second = replay.pages().unwrap().nth(1).unwrap().unwrap();
    replay.go_on("r3", Keep::Pages).unwrap().cut(second.at).unwrap();
    assert_eq!(n_pages(&path), 1);
}

#[test]
fn marks_are_those_of_the_pages_of_the_query_under_way() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.journal");
    let mut journal = Journal::create(&path, &header(), Keep::Pages).unwrap();
    let mark = |at: u64| serde_json::from_str(&format!("{{\"at\":{at}}}")).unwrap();
    let mut write = |n_pages, place: (u64, u64), next: Option<u64>| {
        let next = next.map(Position::Page);
        let place = Resumption { mark: Some(mark(n_pages)), ..Resumption::after(n_pages, place, next) };
        journal.page(&place, &page(1)).unwrap();
        read(&path).unwrap().place.marks
    };
    // Two pages of the first query, of which the second is its last one, then two of the next query.
    assert_eq!(write(1, (0, 0), Some(2)), [mark(1)]);
    assert_eq!(write(2, (0, 1), None), []);
    assert_eq!(write(3, (1, 0), Some(2)), [mark(3)]);
    assert_eq!(write(4, (1, 1), Some(3)), [mark(3), mark(4)]);
}

#[test]
fn the_last_page_with_records_is_known_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.journal");
    let mut journal = Journal::create(&path, &header(), Keep::Pages).unwrap();
    let mut write = |n_records: u64, place: (u64, u64), next: Option<u64>| {
        let mark = serde_json::from_str(&format!("{{\"at\":1,\"n_records\":{n_records}}}")).unwrap();
        let place = Resumption { mark: Some(mark), ..Resumption::after(1, place, next.map(Position::Page)) };
        journal.page(&place, &page(1)).unwrap();
        let last = read(&path).unwrap().last_page.unwrap();
        (last.part, last.start)
    };
    let at = |page: u64, n_pages: u64| Some((Position::Page(page), n_pages));
    assert_eq!(write(3, (0, 0), Some(2)), (0, None));
    assert_eq!(write(3, (0, 1), Some(3)), (0, at(2, 1)));
    // An empty page is the same whatever has gone before it.
    assert_eq!(write(0, (0, 2), None), (0, at(2, 1)));
    assert_eq!(write(0, (1, 0), None), (0, at(2, 1)));
    assert_eq!(write(3, (2, 0), Some(2)), (2, None));
    assert_eq!(write(3, (2, 1), None), (2, at(2, 1)));
}

#[test]
fn a_journal_that_was_cut_anywhere_has_the_pages_before_the_cut() {
    let (_folder, path) = written(3);
    let whole = fs::read(&path).unwrap();
    let mut last = 0;
    let step = if std::env::var("PIPELINE_TESTS").is_ok_and(|which| which == "all") { 1 } else { 3 };
    for length in (0..whole.len()).step_by(step) {
        fs::write(&path, &whole[..length]).unwrap();
        let Some(replay) = read(&path) else {
            assert_eq!(last, 0, "cut at {length}");
            continue;
        };
        let n_pages = replay.place.n_pages;
        assert!(n_pages >= last, "cut at {length}");
        last = n_pages;
        assert_eq!(replay.pages().unwrap().filter(|page| page.is_ok()).count() as u64, n_pages);
        replay.go_on("r2", Keep::Pages).unwrap().page(&place(n_pages + 1), &page(9)).unwrap();
        assert_eq!(read(&path).unwrap().place.n_pages, n_pages + 1);
    }
    assert_eq!(last, 2);
}

#[test]
fn a_changed_byte_ends_the_journal_there() {
    let (_folder, path) = written(2);
    let whole = fs::read(&path).unwrap();
    for at in (0..whole.len()).step_by(7) {
        let mut changed = whole.clone();
        changed[at] ^= 0x40;
        fs::write(&path, &changed).unwrap();
        // The version is in the last byte of the magic.
        if let Ok(Found::Replay(replay)) = peek(&path) {
            assert!(replay.place.n_pages < 2 || replay.header != header(), "changed at {at}");
            assert!(replay.pages().unwrap().all(|page| page.is_ok()));
        }
    }
}

#[cfg(unix)]
#[test]
fn nobody_else_can_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path) = written(1);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    discard(&path).unwrap();
    discard(&path).unwrap();
    assert!(read(&path).is_none());
}

#[test]
fn the_journal_of_another_version_is_not_taken_for_none() {
    let (_folder, path) = written(1);
    let mut bytes = fs::read(&path).unwrap();
    bytes[15] = b'2';
    fs::write(&path, &bytes).unwrap();
    let error = pipeline_config::explain(&peek(&path).unwrap_err());
    assert!(error.contains("another version of pipeline has written it"), "{error}");
    fs::write(&path, b"notes of somebody else").unwrap();
    assert!(read(&path).is_none());
}

#[test]
fn a_journal_that_is_over_is_told_from_none_and_from_a_damaged_one() {
    let (_folder, path) = written(2);
    end(&path).unwrap();
    assert!(matches!(peek(&path).unwrap(), Found::Over));
    // It may be over twice, and another run begins a new one in its place.
    end(&path).unwrap();
    assert!(matches!(peek(&path).unwrap(), Found::Over));
    Journal::create(&path, &header(), Keep::Pages).unwrap();
    assert_eq!(read(&path).unwrap().place.n_pages, 0);
    fs::write(&path, "").unwrap();
    assert!(matches!(peek(&path).unwrap(), Found::Nothing));
    discard(&path).unwrap();
    // One that is not there stays away.
    end(&path).unwrap();
    assert!(!path.exists());
}
