//! The commit protocol of a run as a model that a checker explores in all its orders of steps.
//!
//! ```text
//! claim ─▶ begin ─▶ inspect journal ─▶ read manifest ─▶ upload part ─▶ replace manifest ─▶ note ─▶ end in history
//!                        │  complete, and its run has not ended: go to the end             ─▶ drop journal ─▶ end claim
//! ```
//! Every arrow is a step after which the process may be killed; every replacement may lose its answer, before or after it
//! was applied, and may be applied late. Writers share a state folder (journal, history, claims, lock of the target) or
//! have one each; all write one table by appending to it, which is where committing twice shows.
//!
//! [`Rules`] switches single rules off, so that tests can show what each of them prevents.
//!
//! ```
//! use pipeline_protocol::{CommitProtocol, Rules};
//! use stateright::{Checker, Model};
//!
//! let protocol = CommitProtocol { n_writers: 1, ..CommitProtocol::default() };
//! protocol.checker().spawn_bfs().join().assert_properties();
//!
//! let forgetful = Rules { reads_back: false, ..Rules::default() };
//! let protocol = CommitProtocol { rules: forgetful, n_writers: 1, ..CommitProtocol::default() };
//! let trace = protocol.checker().spawn_bfs().join().discovery("a manifest names only parts that are there");
//! assert!(trace.is_some(), "a lost answer deletes the part that the manifest names");
//! ```

mod history;
mod properties;
mod state;
mod steps;

pub use history::{HistoryAction, HistoryFile, HistoryState, Thread};
pub use state::{Action, Attempt, Claim, Folder, Journal, Manifest, Put, State, Step, Work, Writer};

/// What is modelled, and how much of it.
#[derive(Debug, Clone)]
pub struct CommitProtocol {
    /// Which rules hold.
    pub rules: Rules,
    /// Whether the manifest is an object that a store replaces under a condition, or a folder that is exchanged.
    pub target: Target,
    /// Processes.
    pub n_writers: usize,
    /// State folders; writer `i` uses folder `i % n_folders`.
    pub n_folders: usize,
    /// Planned times of each state folder.
    pub n_planned: usize,
    /// How often a process may be killed.
    pub n_kills: u8,
    /// How often an answer may be lost.
    pub n_lost: u8,
}

/// Where the table is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Comparing the version and replacing the manifest are one step of the store.
    Objects,
    /// They are two steps of the writer; no answer is lost.
    Local,
}

/// The rules of the protocol; all of them hold by default.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// An answer that is no success is followed by reading the manifest before anything is deleted.
    pub reads_back: bool,
    /// A local folder is locked from comparing the version to the exchange.
    pub locks_folder: bool,
    /// The run ends in the history before its journal goes.
    pub ends_before_journal_goes: bool,
    /// A complete journal whose run has not ended is finished, not begun anew.
    pub finishes_complete_journal: bool,
    /// Whether a late replacement of the journal's runs has arrived is asked of the very manifest that will be replaced.
    pub asks_after_opening: bool,
    /// Whoever takes over a planned time asks the history whether its run has ended.
    pub asks_history_for_claim: bool,
    /// Where there is no manifest yet, parts of runs that nothing is known of keep nobody from writing the first one.
    pub begins_beside_parts: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            reads_back: true,
            locks_folder: true,
            ends_before_journal_goes: true,
            finishes_complete_journal: true,
            asks_after_opening: true,
            asks_history_for_claim: true,
            begins_beside_parts: true,
        }
    }
}

impl Default for CommitProtocol {
    fn default() -> Self {
        Self {
            rules: Rules::default(),
            target: Target::Objects,
            n_writers: 2,
            n_folders: 1,
            n_planned: 2,
            n_kills: 2,
            n_lost: 1,
        }
    }
}
