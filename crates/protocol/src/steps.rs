//! How one moment follows from another.

use stateright::{Model, Property};

use crate::{
    CommitProtocol, Target, properties,
    state::{Action, Claim, Folder, Journal, Manifest, Put, State, Step, Writer},
};

impl Model for CommitProtocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let folder = Folder { claims: vec![Claim::Open; self.n_planned], ..Folder::default() };
        vec![State {
            manifest: Manifest::default(),
            parts: Default::default(),
            ever_committed: Default::default(),
            attempts: Vec::new(),
            folders: vec![folder; self.n_folders],
            writers: vec![Writer::default(); self.n_writers],
            in_flight: Default::default(),
            table_lock: None,
            kills_left: self.n_kills,
            lost_left: self.n_lost,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for (index, writer) in (0..).zip(&state.writers) {
            let folder = &state.folders[usize::from(index) % self.n_folders];
            match writer.step {
                Step::Idle => {
                    let free = |claim: &Claim| match claim {
                        Claim::Open => true,
                        // Its process is gone: whoever is idle runs nothing.
                        Claim::Running(holder, _) => state.writers[usize::from(*holder)].step == Step::Idle,
                        Claim::Done => false,
                    };
                    // Times are run in their order.
                    let next = (0..).zip(&folder.claims).find(|(_, claim)| **claim != Claim::Done);
                    actions.extend(
                        next.filter(|(_, claim)| free(claim)).map(|(at, _)| Action::Reach(index, at)),
                    );
                }
                Step::Begin if folder.lock.is_some() => {}
                Step::Replace if self.waits_for_table(state) => {}
                Step::Open if self.is_refused(state, usize::from(index)) => {}
                Step::Replace if self.target == Target::Objects => {
                    actions.push(Action::Go(index, writer.step));
                    if state.lost_left > 0 {
                        actions.push(Action::AnswerLost { writer: index, repeats: true });
                        actions.push(Action::AnswerLost { writer: index, repeats: false });
                        actions.push(Action::StillInFlight(index));
                    }
                }
                step => actions.push(Action::Go(index, step)),
            }
            if writer.step != Step::Idle && state.kills_left > 0 {
                actions.push(Action::Kill(index));
            }
        }
        actions.extend(state.in_flight.iter().cloned().map(Action::Arrives));
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        match action {
            Action::Reach(writer, planned) => self.reach(&mut state, usize::from(writer), planned),
            Action::Go(writer, _) => self.go(&mut state, usize::from(writer)),
            Action::AnswerLost { writer, repeats } => {
                state.lost_left -= 1;
                let put = self.put(&state, usize::from(writer));
                state.replace(&put);
                let step = if repeats { Step::Refused } else { Step::Unanswered };
                state.writers[usize::from(writer)].step = step;
            }
            Action::StillInFlight(writer) => {
                state.lost_left -= 1;
                let put = self.put(&state, usize::from(writer));
                state.in_flight.insert(put);
                state.writers[usize::from(writer)].step = Step::Unanswered;
            }
            Action::Arrives(put) => {
                state.in_flight.remove(&put);
                state.replace(&put);
            }
            Action::Kill(writer) => {
                state.kills_left -= 1;
                self.free(&mut state, usize::from(writer));
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}

impl CommitProtocol {
    fn waits_for_table(&self, state: &State) -> bool {
        self.target == Target::Local && self.rules.locks_folder && state.table_lock.is_some()
    }

    /// Whether a writer is refused because of parts, as it would be again and again: there is no manifest, and they are of runs that
    /// its state folder does not know.
    fn is_refused(&self, state: &State, writer: usize) -> bool {
        let is_foreign =
            |attempt: &u8| usize::from(state.attempts[usize::from(*attempt)].0) != writer % self.n_folders;
        let is_new = state.manifest.sequence == 0;
        !self.rules.begins_beside_parts
            && is_new
            && state.parts.iter().any(|(attempt, _)| is_foreign(attempt))
    }

    /// A writer that does nothing any more holds no lock.
    fn free(&self, state: &mut State, writer: usize) {
        let own = u8::try_from(writer).ok();
        let folder = state.folder(writer, self.n_folders);
        folder.lock = folder.lock.filter(|holder| Some(*holder) != own);
        state.table_lock = state.table_lock.filter(|holder| Some(*holder) != own);
        state.writers[writer] = Writer::default();
    }

    fn put(&self, state: &State, writer: usize) -> Put {
        let Writer { attempt, base, .. } = &state.writers[writer];
        let runs = base.runs.iter().copied().chain([*attempt]).collect();
        Put { expected: base.sequence, manifest: Manifest { sequence: base.sequence + 1, runs } }
    }

    fn reach(&self, state: &mut State, writer: usize, planned: u8) {
        let folder = state.folder(writer, self.n_folders);
        let claim = &mut folder.claims[usize::from(planned)];
        if let Claim::Running(_, Some(attempt)) = *claim
            && self.rules.asks_history_for_claim
            && folder.ended.contains(&attempt)
        {
            *claim = Claim::Done;
            return;
        }
        *claim = Claim::Running(u8::try_from(writer).unwrap_or_default(), None);
        state.writers[writer] = Writer { step: Step::Begin, planned, ..Writer::default() };
    }

    fn go(&self, state: &mut State, writer: usize) {
        let next = match state.writers[writer].step {
            Step::Idle => Step::Idle,
            Step::Begin => self.begin(state, writer),
            Step::Inspect => self.inspect(state, writer),
            Step::Open => self.open(state, writer),
            Step::Upload => self.upload(state, writer),
            Step::Replace => self.compare_and_replace(state, writer),
            Step::Exchange => {
                let put = self.put(state, writer);
                state.exchange(put.manifest);
                state.table_lock = None;
                Step::Note
            }
            Step::Refused | Step::Unanswered => self.decide(state, writer),
            Step::Note => {
                let journal = state.folder(writer, self.n_folders).journal.as_mut();
                journal.expect("a run keeps a journal").is_committed = true;
                self.after_commit()
            }
            Step::EndHistory => {
                let attempt = state.writers[writer].attempt;
                state.folder(writer, self.n_folders).ended.insert(attempt);
                if self.rules.ends_before_journal_goes { Step::DropJournal } else { Step::EndClaim }
            }
            Step::DropJournal => {
                state.folder(writer, self.n_folders).journal = None;
                if self.rules.ends_before_journal_goes { Step::EndClaim } else { Step::EndHistory }
            }
            Step::EndClaim => {
                let planned = usize::from(state.writers[writer].planned);
                state.folder(writer, self.n_folders).claims[planned] = Claim::Done;
                Step::Idle
            }
        };
        match next {
            Step::Idle => self.free(state, writer),
            next => state.writers[writer].step = next,
        }
    }

    fn after_commit(&self) -> Step {
        if self.rules.ends_before_journal_goes { Step::EndHistory } else { Step::DropJournal }
    }

    fn begin(&self, state: &mut State, writer: usize) -> Step {
        let attempt = u8::try_from(state.attempts.len()).unwrap_or(u8::MAX);
        let (own, planned) = (u8::try_from(writer).unwrap_or_default(), state.writers[writer].planned);
        let folder_number = u8::try_from(writer % self.n_folders).unwrap_or_default();
        state.attempts.push((folder_number, planned));
        state.writers[writer].attempt = attempt;
        let folder = state.folder(writer, self.n_folders);
        folder.lock = Some(own);
        folder.claims[usize::from(planned)] = Claim::Running(own, Some(attempt));
        Step::Inspect
    }

    /// Decides whether to go on with a journal, to finish its run, or to begin anew.
    fn inspect(&self, state: &mut State, writer: usize) -> Step {
        let attempt = state.writers[writer].attempt;
        let committed = state.manifest.runs.clone();
        let folder = state.folder(writer, self.n_folders);
        let new = Journal { attempts: vec![attempt], is_ready: false, is_committed: false };
        let Some(journal) = &mut folder.journal else {
            folder.journal = Some(new);
            return Step::Open;
        };
        let has_ended = journal.attempts.iter().any(|attempt| folder.ended.contains(attempt));
        // Whoever finds no note asks the target.
        let is_in_target = journal.attempts.iter().any(|attempt| committed.contains(attempt));
        let is_complete = journal.is_committed || journal.is_ready && is_in_target;
        let begins_anew = match self.rules.finishes_complete_journal {
            true => is_complete && has_ended,
            false => journal.is_committed,
        };
        if begins_anew {
            *journal = new;
            return Step::Open;
        }
        journal.attempts.push(attempt);
        if is_complete {
            journal.is_committed = true;
            return self.after_commit();
        }
        Step::Open
    }

    /// Reads the manifest that is to be replaced; parts that it does not name and that are older than it go.
    fn open(&self, state: &mut State, writer: usize) -> Step {
        let manifest = state.manifest.clone();
        state
            .parts
            .retain(|(attempt, uploaded)| manifest.runs.contains(attempt) || *uploaded >= manifest.sequence);
        state.writers[writer].base = manifest.clone();
        let journal = state.folder(writer, self.n_folders).journal.as_mut().expect("a run keeps a journal");
        let has_arrived = journal.attempts.iter().any(|attempt| manifest.runs.contains(attempt));
        if self.rules.asks_after_opening && has_arrived {
            journal.is_committed = true;
            return self.after_commit();
        }
        Step::Upload
    }

    fn upload(&self, state: &mut State, writer: usize) -> Step {
        let attempt = state.writers[writer].attempt;
        let sequence = state.manifest.sequence;
        state.parts.insert((attempt, sequence));
        let journal = state.folder(writer, self.n_folders).journal.as_mut();
        journal.expect("a run keeps a journal").is_ready = true;
        Step::Replace
    }

    fn compare_and_replace(&self, state: &mut State, writer: usize) -> Step {
        let put = self.put(state, writer);
        match self.target {
            Target::Objects => match state.replace(&put) {
                true => Step::Note,
                false => Step::Refused,
            },
            Target::Local if state.manifest.sequence == put.expected => {
                if self.rules.locks_folder {
                    state.table_lock = u8::try_from(writer).ok();
                }
                Step::Exchange
            }
            Target::Local => Step::Refused,
        }
    }

    /// What a sink does about an answer that is no success; the run fails, or has committed after all.
    fn decide(&self, state: &mut State, writer: usize) -> Step {
        let Writer { attempt, step, .. } = state.writers[writer];
        if self.rules.reads_back {
            if state.manifest.runs.contains(&attempt) {
                return Step::Note;
            }
            if step == Step::Unanswered {
                // It may still arrive, and needs its part then.
                return Step::Idle;
            }
        }
        state.parts.retain(|(known, _)| *known != attempt);
        Step::Idle
    }
}
