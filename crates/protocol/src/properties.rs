//! What must hold at every moment.

use std::collections::BTreeSet;

use stateright::{Model, Property};

use crate::{
    CommitProtocol,
    state::{Claim, State, Step},
};

pub(crate) fn all() -> Vec<Property<CommitProtocol>> {
    vec![
        Property::always("a manifest names only parts that are there", |_, state: &State| {
            state.manifest.runs.iter().all(|attempt| state.has_part(*attempt))
        }),
        Property::always("a committed run is never lost", |_, state: &State| {
            state.ever_committed.iter().all(|attempt| state.manifest.runs.contains(attempt))
        }),
        Property::always("no planned time is committed twice", |_, state: &State| {
            let works: Vec<_> =
                state.manifest.runs.iter().map(|attempt| state.attempts[usize::from(*attempt)]).collect();
            works.iter().collect::<BTreeSet<_>>().len() == works.len()
        }),
        Property::always("a planned time that is over is in the table", |_, state: &State| {
            (0..).zip(&state.folders).all(|(folder, claims)| {
                (0..).zip(&claims.claims).filter(|(_, claim)| **claim == Claim::Done).all(|(planned, _)| {
                    let is_it = |attempt: &u8| state.attempts[usize::from(*attempt)] == (folder, planned);
                    state.manifest.runs.iter().any(is_it)
                })
            })
        }),
        Property::always(
            "whoever can do nothing more has done everything",
            |model: &CommitProtocol, state| {
                let mut actions = Vec::new();
                model.actions(state, &mut actions);
                !actions.is_empty() || is_all_done(state)
            },
        ),
        Property::sometimes("all planned times are over", |_, state: &State| is_all_done(state)),
        Property::sometimes("a killed run was finished by another", |_, state: &State| {
            is_all_done(state) && state.attempts.len() > state.manifest.runs.len()
        }),
    ]
}

fn is_all_done(state: &State) -> bool {
    let is_idle = state.writers.iter().all(|writer| writer.step == Step::Idle);
    is_idle && state.folders.iter().flat_map(|folder| &folder.claims).all(|claim| *claim == Claim::Done)
}
