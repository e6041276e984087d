//! How the rows of a table are spread over files.

use crate::{
    Run,
    folder::partition::{Partitions, Source},
};

/// What happens to earlier rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Overwrite,
    Append,
    Upsert,
    Snapshot,
}

impl Mode {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Overwrite => "overwrite",
            Self::Append => "append",
            Self::Upsert => "upsert",
            Self::Snapshot => "snapshot",
        }
    }
}

/// What a snapshot is named by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SnapshotBy {
    Date,
    Hour,
    Run,
}

/// The word for the date of the run in `partition_by`.
pub(crate) const RUN_DATE: &str = "run.date";

/// The settings of one folder.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) mode: Mode,
    pub(crate) key: Vec<String>,
    pub(crate) partition_by: Vec<String>,
    pub(crate) snapshot_by: SnapshotBy,
    pub(crate) target_file_bytes: u64,
}

impl Layout {
    /// The names in the folders, outermost first.
    pub(crate) fn partition_names(&self) -> Vec<String> {
        let snapshot = (self.mode == Mode::Snapshot).then(|| "snapshot".to_owned());
        let named = self.partition_by.iter().map(|name| match name.as_str() {
            RUN_DATE => "run_date".to_owned(),
            name => name.to_owned(),
        });
        snapshot.into_iter().chain(named).collect()
    }

    /// The columns that are in the folders' names instead of in the files.
    pub(crate) fn partition_columns(&self) -> Vec<String> {
        self.partition_by.iter().filter(|name| *name != RUN_DATE).cloned().collect()
    }

    /// The partitions of one run.
    pub(crate) fn partitions(&self, run: &Run) -> Partitions {
        let started = run.started_at;
        let date = started.strftime("%F").to_string();
        let sources = self.partition_names().into_iter().map(|name| {
            let source = match name.as_str() {
                "snapshot" if self.mode == Mode::Snapshot => Source::Fixed(match self.snapshot_by {
                    SnapshotBy::Date => date.clone(),
                    SnapshotBy::Hour => started.strftime("%FT%H").to_string(),
                    SnapshotBy::Run => run.id.clone(),
                }),
                "run_date" if self.partition_by.iter().any(|name| name == RUN_DATE) => {
                    Source::Fixed(date.clone())
                }
                _ => Source::Column,
            };
            (name, source)
        });
        Partitions::new(sources.collect())
    }
}
