//! Journals that somebody has removed or damaged, and runs that end without the history's knowledge: what was committed is not
//! committed again.

use std::{
    fs,
    sync::atomic::Ordering,
};

use crate::{
    partly_committed::{Site, assert_times, site, tables},
    support::Home,
};

/// The first table is committed, and the second one is not.
fn stop(site: &Site) {
    site.is_refused.store(true, Ordering::SeqCst);
    let stopped = site.home.run(&["run", "p.yaml"]);
    assert_eq!(stopped.code, Some(4), "{}", stopped.stderr);
    assert_times(&site.home, "out/first", 1, &stopped.stderr);
    site.is_refused.store(false, Ordering::SeqCst);
}

fn damage(home: &Home, how: &str) {
    for entry in fs::read_dir(home.path("state/journals")).expect("journals").flatten() {
        match how {
            "removed" => fs::remove_file(entry.path()),
            "emptied" => fs::write(entry.path(), ""),
            _ => fs::write(entry.path(), "something else, longer than a name"),
        }
        .expect("damaged");
    }
}

fn stopped_at_second() -> Site {
    let site = site();
    site.home.write("p.yaml", &tables());
    stop(&site);
    site
}

#[test]
fn a_committed_table_without_its_journal_is_not_committed_again() {
    for (how, n_stops) in [("removed", 1), ("emptied", 1), ("changed", 1), ("removed", 2)] {
        let site = stopped_at_second();
        // The second run has gone on with the first, which has committed the table.
        (1..n_stops).for_each(|_| stop(&site));
        damage(&site.home, how);
        let next = site.home.run(&["run", "p.yaml"]);
        let about = format!("{how}: {}", next.stderr);
        assert_eq!(next.code, Some(0), "{about}");
        assert_eq!(next.stderr.contains("is damaged"), how != "removed", "{about}");
        assert!(next.stderr.contains("it is not committed again"), "{about}");
        assert_times(&site.home, "out/first", 1, &about);
        assert_times(&site.home, "out/second", 1, &about);
        let after = site.home.run(&["run", "p.yaml"]);
        assert!(after.code == Some(0) && !after.stderr.contains("warning"), "{how}: {}", after.stderr);
        assert_times(&site.home, "out/first", 2, how);
    }
}

#[test]
fn it_is_known_however_often_the_run_is_stopped_after_that() {
    let site = stopped_at_second();
    damage(&site.home, "removed");
    stop(&site);
    // Of this run the second table has a journal, and the first one has none.
    stop(&site);
    damage(&site.home, "removed");
    site.home.summary(&["p.yaml"]);
    assert_times(&site.home, "out/first", 1, "three stops");
    assert_times(&site.home, "out/second", 1, "three stops");
}

#[test]
fn rows_that_are_added_once_more_are_told() {
    let edit = |site: &Site| site.home.write("p.yaml", &format!("# as it is now\n{}", tables()));
    let site = stopped_at_second();
    damage(&site.home, "removed");
    edit(&site);
    let next = site.home.run(&["run", "p.yaml"]);
    assert!(next.stderr.contains("the pipeline has changed since"), "{}", next.stderr);
    assert_times(&site.home, "out/first", 2, "another file");
    let site = stopped_at_second();
    damage(&site.home, "removed");
    let anew = site.home.run(&["run", "p.yaml", "--restart"]);
    assert!(anew.code == Some(0) && !anew.stderr.contains("did not end"), "{}", anew.stderr);
    assert_times(&site.home, "out/first", 2, "asked for");
}

#[test]
fn a_run_that_has_ended_without_the_history_is_over() {
    let site = stopped_at_second();
    let (history, aside) = (site.home.path("state/history.sqlite"), site.home.path("history"));
    fs::rename(&history, &aside).expect("moved away");
    fs::create_dir(&history).expect("nothing can be written there");
    let next = site.home.run(&["run", "p.yaml"]);
    assert!(next.code == Some(0) && next.stderr.contains("not in the history"), "{}", next.stderr);
    assert_times(&site.home, "out/second", 1, &next.stderr);
    fs::remove_dir(&history).expect("removed");
    fs::rename(&aside, &history).expect("back");
    let after = site.home.run(&["run", "p.yaml"]);
    assert!(after.code == Some(0) && !after.stderr.contains("warning"), "{}", after.stderr);
    assert_times(&site.home, "out/first", 2, "another run");
    assert_times(&site.home, "out/second", 2, "another run");
}
