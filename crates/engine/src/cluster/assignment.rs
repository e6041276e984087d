//! What an executor needs to know of a table.

use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path, PathBuf},
    sync::OnceLock,
};

use jiff::Timestamp;
use pipeline_table::DeclaredColumns;
use serde::{Deserialize, Serialize};

use super::RemoteError;
use crate::{plain_path, source_files};

/// A table as executors see it: the files, and the values that stand for `${…}` in them, credentials left out.
#[derive(Clone, Serialize, Deserialize)]
pub struct Assignment {
    pub(super) pipeline: PathBuf,
    pub(super) files: Vec<(PathBuf, String)>,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) params: Vec<(String, String)>,
    pub(super) run_id: String,
    pub(super) started_at: Timestamp,
    pub(super) table: String,
    pub(super) columns: DeclaredColumns,
}

/// Where a plan comes from.
#[derive(Clone)]
pub(crate) struct Origin {
    pub(crate) path: PathBuf,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) variables: BTreeMap<String, String>,
    /// The texts, read once: tables that begin later are not those of a file that was edited meanwhile.
    pub(crate) files: OnceLock<Vec<(PathBuf, String)>>,
}

impl Assignment {
    /// A table of a plan.
    pub(super) fn new(
        origin: &Origin,
        (run_id, started_at): (String, Timestamp),
        (table, columns): (&str, &DeclaredColumns),
    ) -> Self {
        Self {
            pipeline: absolute(&origin.path),
            files: origin.files.get_or_init(|| read(&origin.path)).clone(),
            variables: origin.variables.clone(),
            params: origin.params.clone(),
            run_id,
            started_at,
            table: table.to_owned(),
            columns: columns.clone(),
        }
    }

    /// Writes the files into `folder`, each below it where it is on the coordinator; gives the pipeline's.
    pub(super) fn unpack(&self, folder: &Path) -> Result<PathBuf, RemoteError> {
        for (path, text) in &self.files {
            let path = below(folder, path);
            let parent = path.parent().unwrap_or(folder);
            fs::create_dir_all(parent)
                .and_then(|()| fs::write(&path, text))
                .map_err(|error| RemoteError::failed(format!("`{}`: {error}", path.display())))?;
        }
        Ok(below(folder, &self.pipeline))
    }
}

/// The files that a pipeline's file names, itself included, but for `.env`.
fn read(pipeline: &Path) -> Vec<(PathBuf, String)> {
    let sources = source_files(pipeline);
    let sources = sources.iter().filter(|path| path.file_name().is_none_or(|name| name != ".env"));
    // A file that is not there was not there for the plan either.
    sources.filter_map(|path| Some((absolute(path), fs::read_to_string(path).ok()?))).collect()
}

fn absolute(path: &Path) -> PathBuf {
    plain_path(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
}

impl std::fmt::Debug for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A file may have a credential written in it.
        f.debug_struct("Origin").field("path", &self.path).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Assignment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Variables may hold more than their names tell.
        let pipeline = &self.pipeline;
        f.debug_struct("Assignment")
            .field("pipeline", pipeline)
            .field("table", &self.table)
            .finish_non_exhaustive()
    }
}

/// `path` below `folder`, whatever it says about roots and parents.
fn below(folder: &Path, path: &Path) -> PathBuf {
    let names = path.components().filter(|component| matches!(component, Component::Normal(_)));
    folder.join(names.collect::<PathBuf>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_stay_below_their_folder() {
        assert_eq!(
            below(Path::new("/tmp/x"), Path::new("/a/../../etc/passwd")),
            Path::new("/tmp/x/a/etc/passwd")
        );
    }

    #[test]
    fn all_tables_of_a_run_are_those_of_one_reading() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.yaml");
        fs::write(&path, "datasource: { kind: file }\nconverter: c.js\n").unwrap();
        fs::write(folder.path().join("c.js"), "// before").unwrap();
        let origin = Origin { path, params: Vec::new(), variables: BTreeMap::new(), files: OnceLock::new() };
        let assign = || {
            Assignment::new(&origin, ("r".into(), Timestamp::UNIX_EPOCH), ("t", &DeclaredColumns::default()))
        };
        let first = assign();
        fs::write(folder.path().join("c.js"), "// after").unwrap();
        assert_eq!(assign().files, first.files);
        assert!(first.files.iter().any(|(_, text)| text == "// before"), "{:?}", first.files);
        assert!(!format!("{origin:?}{first:?}").contains("before"), "files may hold credentials");
    }
}
