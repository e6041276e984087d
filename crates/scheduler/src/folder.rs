//! The folder of pipelines, found by its path at each look: it may be a link that leads elsewhere the next time, and it
//! may be gone while somebody replaces it. That is not the same as its files being deleted.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Component, Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use pipeline_authoring::Identity;

use super::catalog;

/// What is known of it.
#[derive(Debug, Default)]
pub(super) struct Folder(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The folder whose files were read last.
    identity: Option<Identity>,
    had_pipelines: bool,
    /// Why its files cannot be read now.
    problem: Option<String>,
}

/// What a look has found.
#[derive(Debug)]
pub(super) struct Seen {
    /// Pipeline files by id.
    pub(super) files: BTreeMap<String, PathBuf>,
    /// Another folder than before is under the path, so that what files say beside them may be other things too.
    pub(super) is_another: bool,
}

impl Folder {
    /// Looks for pipeline files; `None` while the folder is gone, which is said once.
    pub(super) fn look(&self, path: &Path) -> Option<Seen> {
        let identity = Identity::of(path);
        let found = fs::read_dir(path).map(|_| catalog::find(path).files);
        let mut state = self.state();
        let is_another = state.identity != identity;
        let problem = match &found {
            Err(error) => Some(error.to_string()),
            Ok(_) if Identity::of(path) != identity => Some("it was replaced while it was read".into()),
            // A folder that is being filled, or what is below a file system that is not mounted.
            Ok(files) if is_another && files.is_empty() && state.had_pipelines => {
                Some("another folder is there, without pipelines".into())
            }
            Ok(_) => None,
        };
        if let Some(problem) = problem {
            if state.problem.as_ref() != Some(&problem) {
                tracing::error!(
                    folder = %path.display(),
                    problem,
                    "the folder of pipelines is gone; the last good plans go on until it is back"
                );
            }
            state.problem = Some(problem);
            return None;
        }
        if state.problem.take().is_some() {
            tracing::info!(folder = %path.display(), "the folder of pipelines is back");
        }
        let files = found.unwrap_or_default();
        (state.identity, state.had_pipelines) = (identity, !files.is_empty());
        Some(Seen { files, is_another })
    }

    /// Whether there is something to read although no file is known to have changed.
    pub(super) fn is_to_be_read(&self, path: &Path) -> bool {
        let state = self.state();
        // Nothing has been read where one pipeline is looked after.
        state.problem.is_some() || state.identity.is_some_and(|known| Identity::of(path) != Some(known))
    }

    pub(super) fn problem(&self) -> Option<String> {
        self.state().problem.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The absolute path of a folder that can be read, with its links as they are: they may lead elsewhere later.
pub(super) fn as_given(folder: &Path) -> io::Result<PathBuf> {
    fs::read_dir(folder)?;
    let absolute = std::path::absolute(folder)?;
    let parts: Vec<Component<'_>> = absolute.components().collect();
    // What `..` leads to depends on links before it.
    match parts.iter().rposition(|part| *part == Component::ParentDir) {
        Some(last) => {
            let (before, after) = parts.split_at(last + 1);
            Ok(fs::canonicalize(before.iter().collect::<PathBuf>())?.join(after.iter().collect::<PathBuf>()))
        }
        None => Ok(absolute),
    }
}
