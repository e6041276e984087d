//! Which files are the table.

use std::{collections::HashSet, path::Path};

use pipeline_table::{ColumnSpec, ColumnType, Columns};
use serde::{Deserialize, Serialize};

use crate::{Run, WrittenFile, folder::partition::Values};

/// The name of the manifest; readers of folders pass over names that begin with `_`.
pub(crate) const NAME: &str = "_manifest.json";

/// Begins the names of all files that runs write.
pub(crate) const PART: &str = "part-";

/// The run that has written a file, by the file's name, `part-RUN-NUMBER.EXTENSION`; none for files of other programs, which may
/// begin alike (`part-00000-….snappy.parquet`).
pub(crate) fn run_of(name: &str) -> Option<&str> {
    let (run_id, number) = name.rsplit('/').next()?.strip_prefix(PART)?.rsplit_once('-')?;
    let (number, _) = number.split_once('.')?;
    let time = run_id.get(..16)?.as_bytes();
    let is_time =
        time[8] == b'T' && time[15] == b'.' && time.iter().filter(|byte| byte.is_ascii_digit()).count() == 14;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_time && is_number).then_some(run_id)
}

/// The parts below the URL of a table without a manifest that may be what a first commit has left which did not arrive.
///
/// # Errors
/// Why it is no new table, as of [`refusal`]: a part is of a run that has committed.
pub(crate) fn beside_new<'n>(names: &[&'n str], extension: &str, run: &Run) -> Result<Vec<&'n str>, String> {
    let may_be_left =
        |name: &str| run_of(name).is_some_and(|run_id| !run.committed.iter().any(|known| known == run_id));
    let (left, others): (Vec<&str>, Vec<&str>) = names.iter().copied().partition(|name| may_be_left(name));
    match refusal(others.into_iter(), (extension, &[])) {
        Some(problem) => Err(problem),
        None => Ok(left),
    }
}

/// Why a folder without a manifest is no new table: what one of its files is, and what to do.
pub(crate) fn refusal<'n>(
    names: impl Iterator<Item = &'n str>,
    (extension, unfinished): (&str, &[String]),
) -> Option<String> {
    let is_unfinished = |run_id: &str| unfinished.iter().any(|known| known == run_id);
    for name in names {
        match run_of(name) {
            Some(run_id) if is_unfinished(run_id) => {}
            Some(_) => {
                return Some(format!(
                    "it has `{name}` of an earlier run, and no `{NAME}`: restore that, or move the files away if they are no rows \
                     of the table"
                ));
            }
            None if Path::new(name).extension().is_some_and(|found| found == extension) => {
                return Some(format!(
                    "it has `{name}`, which no manifest names; readers would take it for a part of the table: choose another \
                     path, or move it away"
                ));
            }
            None => {}
        }
    }
    None
}

/// The version of the manifest's own form.
const FORM: u32 = 1;

/// Runs whose files are all gone are remembered for a while, since people ask what happened.
const MAX_RUNS: usize = 200;

/// The version of the form of any manifest.
#[derive(Deserialize)]
struct Form {
    manifest: u32,
}

/// What the last committed run left behind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// The version of this form.
    pub(crate) manifest: u32,
    /// Goes up by one with each commit.
    pub(crate) sequence: u64,
    /// The kind of sink.
    pub(crate) kind: String,
    /// The extension of its files.
    pub(crate) extension: String,
    /// All columns, those of partitions included.
    pub(crate) columns: Vec<ManifestColumn>,
    /// The names in the folders, outermost first.
    pub(crate) partition_by: Vec<String>,
    /// The files, which together are the table.
    pub(crate) files: Vec<ManifestFile>,
    /// The runs that were committed, the last one last.
    pub(crate) runs: Vec<ManifestRun>,
    /// Parts that were there before the first manifest, of runs that nothing is known of. They are no part of the table and stay,
    /// for they may be those of an earlier one whose manifest somebody has removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) beside: Vec<String>,
    /// What the next incremental run begins with; its form is the engine's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<serde_json::Value>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ManifestColumn {
    pub(crate) name: String,
    /// As [`ColumnType::exact_name`] has it.
    #[serde(rename = "type")]
    pub(crate) column_type: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) required: bool,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ManifestFile {
    /// From the folder.
    pub(crate) path: String,
    /// The run that wrote it.
    pub(crate) run_id: String,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) partition: Values,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ManifestRun {
    pub(crate) run_id: String,
    pub(crate) started_at: String,
    pub(crate) mode: String,
    /// Rows that the run brought.
    pub(crate) rows: u64,
    /// How many of them a later row of the same run and key replaced.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) superseded: u64,
    /// The files it wrote, those written again included.
    pub(crate) files: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) partition: Values,
}

impl ManifestFile {
    /// As it is told outside; `folder` ends with a separator.
    pub(crate) fn written(&self, folder: &str) -> WrittenFile {
        WrittenFile {
            // Joined as text, for the names of objects are no paths of this machine.
            path: format!("{folder}{}", self.path).into(),
            rows: self.rows,
            bytes: self.bytes,
            sha256: self.sha256.clone(),
        }
    }
}

impl Manifest {
    /// The first one, which nobody has written yet.
    pub(crate) fn new() -> Self {
        Self {
            manifest: FORM,
            sequence: 0,
            kind: String::new(),
            extension: String::new(),
            columns: Vec::new(),
            partition_by: Vec::new(),
            files: Vec::new(),
            runs: Vec::new(),
            beside: Vec::new(),
            state: None,
        }
    }

    pub(crate) fn has_rows(&self) -> bool {
        self.files.iter().any(|file| file.rows > 0)
    }

    /// A run, if it is remembered.
    pub(crate) fn run(&self, run_id: &str) -> Option<&ManifestRun> {
        self.runs.iter().find(|run| run.run_id == run_id)
    }

    /// The files of a run that are still part of the table.
    pub(crate) fn files_of(&self, run_id: &str) -> impl Iterator<Item = &ManifestFile> {
        self.files.iter().filter(move |file| file.run_id == run_id)
    }

    /// The files that are the table.
    pub(crate) fn paths(&self) -> HashSet<&Path> {
        self.files.iter().map(|file| Path::new(&file.path)).collect()
    }

    /// Reads the form that [`to_json`](Self::to_json) writes.
    pub(crate) fn parse(json: &[u8]) -> Result<Self, String> {
        let damaged = |error: serde_json::Error| format!("the manifest is damaged: {error}");
        // Alone and first, since nothing else of a later form need be where it is in this one.
        let Form { manifest } = serde_json::from_slice(json).map_err(damaged)?;
        match manifest {
            FORM => serde_json::from_slice(json).map_err(damaged),
            other => Err(format!(
                "its manifest has form {other}, and this program knows {FORM}; a later version of pipeline has \
                 written it"
            )),
        }
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        let mut json = serde_json::to_vec_pretty(self).expect("text and numbers are JSON");
        json.push(b'\n');
        json
    }

    /// The columns, those of partitions included.
    pub(crate) fn columns(&self) -> Result<Columns, String> {
        let column = |column: &ManifestColumn| {
            Ok::<_, String>(ColumnSpec {
                name: column.name.clone(),
                column_type: ColumnType::parse_exact(&column.column_type)?,
                required: column.required,
            })
        };
        self.columns.iter().map(column).collect::<Result<Vec<_>, _>>().map(Columns::new)
    }

    pub(crate) fn set_columns(&mut self, columns: &Columns) {
        let column = |column: &ColumnSpec| ManifestColumn {
            name: column.name.clone(),
            column_type: column.column_type.exact_name(),
            required: column.required,
        };
        self.columns = columns.iter().map(column).collect();
    }

    /// Adds a run, and forgets the oldest of many.
    pub(crate) fn push_run(&mut self, run: ManifestRun) {
        self.runs.push(run);
        let n_old = self.runs.len().saturating_sub(MAX_RUNS);
        let files = &self.files;
        let mut index = 0;
        self.runs.retain(|run| {
            index += 1;
            index > n_old || files.iter().any(|file| file.run_id == run.run_id)
        });
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}
