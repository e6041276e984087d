//! What the model remembers.

use std::collections::BTreeSet;

/// One try to run one planned time; its number, from 0.
pub type Attempt = u8;

/// A planned time: the state folder it belongs to, and which of that folder's times.
pub type Work = (u8, u8);

/// Everything at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// What readers see.
    pub manifest: Manifest,
    /// Parts that are in the store, and the sequence of the manifest when each was uploaded.
    pub parts: BTreeSet<(Attempt, u8)>,
    /// Every attempt that was ever in a manifest.
    pub ever_committed: BTreeSet<Attempt>,
    /// What each attempt is for.
    pub attempts: Vec<Work>,
    /// State folders.
    pub folders: Vec<Folder>,
    /// Processes.
    pub writers: Vec<Writer>,
    /// Replacements whose answer was lost before they were applied.
    pub in_flight: BTreeSet<Put>,
    /// Who holds the lock of a local table.
    pub table_lock: Option<u8>,
    /// Kills that may still happen.
    pub kills_left: u8,
    /// Answers that may still be lost.
    pub lost_left: u8,
}

/// The one object that changes in place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Manifest {
    /// Goes up with each replacement.
    pub sequence: u8,
    /// The attempts whose parts are the table.
    pub runs: Vec<Attempt>,
}

/// A replacement of the manifest.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Put {
    /// The sequence that must be in place.
    pub expected: u8,
    /// The manifest afterwards.
    pub manifest: Manifest,
}

/// One state folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Folder {
    /// Who holds the lock of the target; the system frees it with the process.
    pub lock: Option<u8>,
    /// What a run has left behind, or is writing.
    pub journal: Option<Journal>,
    /// Attempts that have ended well in the history.
    pub ended: BTreeSet<Attempt>,
    /// The planned times.
    pub claims: Vec<Claim>,
}

/// The journal of the table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Journal {
    /// The attempts that wrote it, the last one last.
    pub attempts: Vec<Attempt>,
    /// All pages are there, and the commit follows.
    pub is_ready: bool,
    /// The commit was seen.
    pub is_committed: bool,
}

/// What is known of a planned time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Claim {
    /// Anybody may run it.
    #[default]
    Open,
    /// A writer runs it, with this attempt once that has begun.
    Running(u8, Option<Attempt>),
    /// It is over.
    Done,
}

/// A process.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Writer {
    /// What it does next.
    pub step: Step,
    /// Which planned time it runs.
    pub planned: u8,
    /// Its attempt.
    pub attempt: Attempt,
    /// The manifest that it began with.
    pub base: Manifest,
}

/// What a writer does next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Step {
    /// Looks for a planned time.
    #[default]
    Idle,
    /// Takes the lock of the target and begins an attempt.
    Begin,
    /// Looks what journal there is.
    Inspect,
    /// Reads the manifest, and removes parts that nobody names.
    Open,
    /// Writes its part, then that all pages are there.
    Upload,
    /// Asks for the replacement of the manifest; of a local folder: takes the lock and compares the version.
    Replace,
    /// A local folder only: exchanges it.
    Exchange,
    /// Was told that another version is in place.
    Refused,
    /// Got no answer.
    Unanswered,
    /// Notes the commit in the journal.
    Note,
    /// Writes the end of the run into the history.
    EndHistory,
    /// Removes the journal.
    DropJournal,
    /// Writes the end of the planned time.
    EndClaim,
}

/// What happens next.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Action {
    /// A writer takes this step, its next one.
    Go(u8, Step),
    /// A writer reaches for a planned time.
    Reach(u8, u8),
    /// The replacement is applied, and its answer is lost; a client that repeats it is told of another version.
    AnswerLost {
        /// Which writer.
        writer: u8,
        /// Whether the client repeats it.
        repeats: bool,
    },
    /// The replacement is on its way when the connection ends.
    StillInFlight(u8),
    /// A replacement arrives that nobody waits for.
    Arrives(Put),
    /// A process is killed.
    Kill(u8),
}

impl State {
    /// The part of a writer's folder.
    pub(crate) fn folder(&mut self, writer: usize, n_folders: usize) -> &mut Folder {
        &mut self.folders[writer % n_folders]
    }

    /// Puts a manifest in place if the expected one is there.
    pub(crate) fn replace(&mut self, put: &Put) -> bool {
        if self.manifest.sequence != put.expected {
            return false;
        }
        self.exchange(put.manifest.clone());
        true
    }

    /// Puts a manifest in place, whatever is there.
    pub(crate) fn exchange(&mut self, manifest: Manifest) {
        self.ever_committed.extend(manifest.runs.iter().copied());
        self.manifest = manifest;
    }

    pub(crate) fn has_part(&self, attempt: Attempt) -> bool {
        self.parts.iter().any(|(known, _)| *known == attempt)
    }
}
