//! The locks of the history's SQLite file: they belong to the process, and closing any descriptor drops them all.

use stateright::{Model, Property};

/// Two processes with two threads each that write into one file. Every thread opens the history, writes, closes it.
#[derive(Debug, Clone)]
pub struct HistoryFile {
    /// Whether opening the history opens and closes a descriptor beside SQLite's own, as a check of permissions would.
    pub opens_beside_sqlite: bool,
}

const N_PROCESSES: usize = 2;
const N_THREADS: usize = 2;

/// What a thread does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Thread {
    /// Opens the history.
    Opening,
    /// Waits for the lock of the file.
    Waiting,
    /// Writes.
    Writing,
    /// Has written.
    Done,
}

/// The threads of each process, and which process has the lock of the file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HistoryState {
    threads: [[Thread; N_THREADS]; N_PROCESSES],
    lock: Option<usize>,
}

/// A thread of a process takes its next step.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HistoryAction {
    /// Which process.
    pub process: usize,
    /// Which thread of it.
    pub thread: usize,
}

impl Model for HistoryFile {
    type State = HistoryState;
    type Action = HistoryAction;

    fn init_states(&self) -> Vec<HistoryState> {
        vec![HistoryState { threads: [[Thread::Opening; N_THREADS]; N_PROCESSES], lock: None }]
    }

    fn actions(&self, state: &HistoryState, actions: &mut Vec<HistoryAction>) {
        for (process, threads) in state.threads.iter().enumerate() {
            for (thread, step) in threads.iter().enumerate() {
                // SQLite lets threads of one process wait for each other by itself; the file's lock is for processes.
                let is_taken = state.lock.is_some() || threads.contains(&Thread::Writing);
                match step {
                    Thread::Waiting if is_taken => {}
                    Thread::Done => {}
                    _ => actions.push(HistoryAction { process, thread }),
                }
            }
        }
    }

    fn next_state(&self, last: &HistoryState, action: HistoryAction) -> Option<HistoryState> {
        let mut state = last.clone();
        let step = &mut state.threads[action.process][action.thread];
        match *step {
            Thread::Opening => {
                *step = Thread::Waiting;
                if self.opens_beside_sqlite && state.lock == Some(action.process) {
                    state.lock = None;
                }
            }
            Thread::Waiting => {
                *step = Thread::Writing;
                state.lock = Some(action.process);
            }
            Thread::Writing => {
                *step = Thread::Done;
                state.lock = state.lock.filter(|holder| *holder != action.process);
            }
            Thread::Done => {}
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("one process writes at a time", |_, state: &HistoryState| {
                state.threads.iter().filter(|threads| threads.contains(&Thread::Writing)).count() < 2
            }),
            Property::sometimes("all have written", |_, state: &HistoryState| {
                state.threads.iter().flatten().all(|step| *step == Thread::Done)
            }),
        ]
    }
}
