//! Which file `sink.path` means, and the fields that all kinds of files share.

use std::{
    borrow::Cow,
    io,
    path::{Path, PathBuf},
};

use pipeline_config::{Field, Section, Shape};

use crate::{
    error::SinkError,
    temp_file::{TempFile, remove_leftovers},
};

/// Where the file goes.
pub(crate) const PATH: Field = Field::required(
    "path",
    Shape::Text,
    "The file, from the current directory; without the kind's extension that is added, and after a final `/` the \
     file is `data` in that folder.",
);

/// What happens to the rows of the last run.
pub(crate) const MODE: Field = Field::default(
    "mode",
    Shape::OneOf(&["overwrite"]),
    "overwrite",
    "What happens to an earlier file: it is replaced when the run has succeeded.",
);

/// How one kind of file is named.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Naming {
    /// The kind, which is also the extension that is added.
    pub(crate) kind: &'static str,
    /// Other extensions in use for the same format.
    pub(crate) also: &'static [&'static str],
}

/// A file to be replaced.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    path: PathBuf,
}

impl Target {
    /// Reads `path`; `None` after reporting what is wrong with it.
    pub(crate) fn read(section: &Section<'_>, naming: Naming) -> Option<Self> {
        let written = section.text("path");
        if written.is_empty() && section.reader().n_errors() > 0 {
            // A variable without value, or no path at all: that is reported already.
            return None;
        }
        match resolve(&written, naming) {
            Ok(path) => Some(Self { path }),
            Err((problem, help)) => {
                section.reader().report(section.error("S001", "path", problem).help(help));
                None
            }
        }
    }

    pub(crate) fn shown(&self) -> Cow<'_, str> {
        self.path.to_string_lossy()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of the file.
    pub(crate) fn folder(&self) -> PathBuf {
        folder(&self.path)
    }

    /// Makes the folder and checks that a file can be written there.
    pub(crate) fn prepare(&self) -> Result<(), SinkError> {
        let refuse = SinkError::target(&self.path);
        std::fs::create_dir_all(self.folder()).map_err(&refuse)?;
        match std::fs::metadata(&self.path) {
            Ok(found) if found.is_dir() => return Err(refuse(io::ErrorKind::IsADirectory.into())),
            // Renaming onto `/dev/null` would replace it.
            Ok(found) if !found.is_file() => {
                return Err(refuse(io::Error::other("it is not a regular file")));
            }
            _ => {}
        }
        remove_leftovers(&self.path);
        TempFile::create(&self.path).map(drop)
    }
}

/// The folder of a file, `.` for a bare name.
pub(crate) fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The file that `written` means, or a problem and what to do about it.
///
/// Other extensions are kept as part of the name: in `out/v1.2`, `2` is none.
fn resolve(written: &str, naming: Naming) -> Result<PathBuf, (String, String)> {
    if let Some((scheme, _)) = written.split_once("://") {
        let problem = format!("`{scheme}://` is not supported yet");
        return Err((problem, "write a path on this machine".into()));
    }
    if let Some(rest) = written.strip_prefix("~/") {
        return Err(("`~` is not replaced in a path".into(), format!("write `${{HOME}}/{rest}`")));
    }
    let path = Path::new(written);
    if path.as_os_str().is_empty() {
        return Err((
            "the path is empty".into(),
            format!("write a file name such as `out/rows.{}`", naming.kind),
        ));
    }
    if written.ends_with(['/', std::path::MAIN_SEPARATOR]) || path.file_name().is_none() {
        return Ok(path.join("data").with_extension(naming.kind));
    }
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    if extension == naming.kind || naming.also.contains(&extension.as_str()) {
        return Ok(path.to_owned());
    }
    if crate::KINDS.iter().any(|kind| kind.name == extension) {
        let problem = format!("`{written}` ends in `.{extension}`, but the kind is `{}`", naming.kind);
        let help = format!("write `kind: {extension}`, or a path without extension");
        return Err((problem, help));
    }
    Ok(PathBuf::from(format!("{written}.{}", naming.kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARQUET: Naming = Naming { kind: "parquet", also: &["pq"] };

    #[test]
    fn the_file_always_has_the_extension_of_its_kind() {
        let check = |written: &str, expected: &str| {
            assert_eq!(resolve(written, PARQUET), Ok(PathBuf::from(expected)), "{written}");
        };
        check("out/jira", "out/jira.parquet");
        check("out/jira.parquet", "out/jira.parquet");
        check("jira.PQ", "jira.PQ");
        check("out/v1.2", "out/v1.2.parquet");
        check("out/", "out/data.parquet");
        check("..", "../data.parquet");
        check("out/Ä b", "out/Ä b.parquet");
    }

    #[test]
    fn paths_that_mean_something_else_are_refused() {
        let check = |written: &str, problem: &str, help: &str| {
            assert_eq!(resolve(written, PARQUET), Err((problem.into(), help.into())));
        };
        check(
            "out/jira.csv",
            "`out/jira.csv` ends in `.csv`, but the kind is `parquet`",
            "write `kind: csv`, or a path without extension",
        );
        check("s3://bucket/x", "`s3://` is not supported yet", "write a path on this machine");
        check("~/x", "`~` is not replaced in a path", "write `${HOME}/x`");
        check("", "the path is empty", "write a file name such as `out/rows.parquet`");
    }
}
