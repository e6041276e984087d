//! The rules as they are, explored whole; and what goes wrong without each of them.

use pipeline_protocol::{CommitProtocol, HistoryFile, Rules, Target};
use stateright::{Checker, Model};

/// Explores every order of steps and prints how many states there are.
#[expect(clippy::print_stdout, reason = "what the model says is for people who run it")]
fn holds(name: &str, protocol: CommitProtocol) {
    let checker = protocol.checker().threads(2).spawn_bfs().join();
    println!("{name}: {} states, depth {}", checker.unique_state_count(), checker.max_depth());
    checker.assert_properties();
}

/// Finds the shortest way in which `property` breaks under these rules, and prints it.
#[expect(clippy::print_stdout, reason = "what the model says is for people who run it")]
fn breaks(property: &'static str, protocol: CommitProtocol) {
    let checker = protocol.checker().spawn_bfs().join();
    let path = checker.discovery(property).unwrap_or_else(|| panic!("{property}: nothing was found"));
    println!("{property}: does not hold after");
    for action in path.into_actions() {
        println!("  {action:?}");
    }
}

/// One planned time, and one process that may be killed once.
fn one_writer_that_is_killed(rules: Rules) -> CommitProtocol {
    CommitProtocol { rules, n_writers: 1, n_planned: 1, n_lost: 0, n_kills: 1, ..CommitProtocol::default() }
}

#[test]
fn an_object_store_loses_and_doubles_nothing() {
    let protocol = CommitProtocol { n_lost: 2, n_kills: 1, ..CommitProtocol::default() };
    holds("one state folder, two writers", protocol);
    let protocol = CommitProtocol { n_folders: 2, n_planned: 1, ..CommitProtocol::default() };
    holds("two state folders", protocol);
    let protocol = CommitProtocol { n_writers: 1, n_kills: 3, n_lost: 2, ..CommitProtocol::default() };
    holds("one writer that is killed three times", protocol);
}

#[test]
fn a_local_folder_loses_and_doubles_nothing() {
    let local = CommitProtocol { target: Target::Local, n_lost: 0, ..CommitProtocol::default() };
    holds("one state folder, two writers", local.clone());
    holds("two state folders", CommitProtocol { n_folders: 2, n_planned: 1, ..local });
    let three = CommitProtocol { n_writers: 3, n_folders: 3, n_planned: 1, n_kills: 0, ..local };
    holds("three state folders", three);
}

#[test]
fn without_reading_back_a_lost_answer_destroys_the_table() {
    let rules = Rules { reads_back: false, ..Rules::default() };
    let protocol =
        CommitProtocol { rules, n_writers: 1, n_planned: 1, n_kills: 0, ..CommitProtocol::default() };
    breaks("a manifest names only parts that are there", protocol);
}

#[test]
fn without_a_lock_of_the_folder_a_committed_run_is_lost() {
    let rules = Rules { locks_folder: false, ..Rules::default() };
    let protocol = CommitProtocol {
        rules,
        target: Target::Local,
        n_folders: 2,
        n_planned: 1,
        n_kills: 0,
        ..CommitProtocol::default()
    };
    breaks("a committed run is never lost", protocol);
}

#[test]
fn a_journal_that_goes_first_doubles_a_run() {
    let rules = Rules { ends_before_journal_goes: false, ..Rules::default() };
    breaks("no planned time is committed twice", one_writer_that_is_killed(rules));
}

#[test]
fn a_complete_journal_that_is_begun_anew_doubles_a_run() {
    let rules = Rules { finishes_complete_journal: false, ..Rules::default() };
    breaks("no planned time is committed twice", one_writer_that_is_killed(rules));
}

#[test]
fn a_replacement_that_arrives_late_doubles_a_run_where_nobody_asks_again() {
    let rules = Rules { asks_after_opening: false, ..Rules::default() };
    let protocol =
        CommitProtocol { rules, n_writers: 1, n_planned: 1, n_kills: 0, ..CommitProtocol::default() };
    breaks("no planned time is committed twice", protocol);
}

#[test]
fn a_claim_that_does_not_ask_the_history_doubles_a_run() {
    let rules = Rules { asks_history_for_claim: false, ..Rules::default() };
    breaks("no planned time is committed twice", one_writer_that_is_killed(rules));
}

#[test]
fn where_parts_without_a_manifest_are_refused_two_first_commits_that_were_killed_refuse_each_other_for_ever()
{
    let rules = Rules { begins_beside_parts: false, ..Rules::default() };
    let protocol =
        CommitProtocol { rules, n_folders: 2, n_planned: 1, n_lost: 0, ..CommitProtocol::default() };
    breaks("whoever can do nothing more has done everything", protocol);
}

#[test]
fn locks_of_the_history_hold_only_where_nothing_else_opens_the_file() {
    HistoryFile { opens_beside_sqlite: false }.checker().spawn_bfs().join().assert_properties();
    let checker = HistoryFile { opens_beside_sqlite: true }.checker().spawn_bfs().join();
    let path = checker.discovery("one process writes at a time").expect("two processes write at once");
    println!("one process writes at a time: does not hold after\n  {:?}", path.into_actions());
}
