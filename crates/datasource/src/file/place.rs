//! Where files are: in a folder of this machine, or below an URL of an object store.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use glob::{MatchOptions, Pattern};
use pipeline_config::Section;
use pipeline_store::{Store, StoreError, is_url};

use crate::DatasourceError;

/// Bytes as they come.
pub(super) type Input = Box<dyn Read + Send>;

/// As [`glob::glob`] takes patterns on this machine.
const LIKE_PATHS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: false,
};

/// One of the two.
#[derive(Debug, Clone)]
pub(super) enum Place {
    Folder(PathBuf),
    Objects(Store),
}

/// One file of a place.
#[derive(Debug)]
pub(super) struct SourceFile {
    /// Its path or URL, for messages; what follows the last `/` is its name.
    pub(super) shown: String,
    at: At,
}

#[derive(Debug)]
enum At {
    Disk(PathBuf),
    Object(Store, String),
}

impl Place {
    /// What `folder` and `options` mean; `None` after reporting why that is no place.
    pub(super) fn read(section: &Section<'_>) -> Option<Self> {
        let written = section.text("folder");
        let refuse = |key: &str, problem: String, help: String| {
            section.reader().report(section.error("D005", key, problem).help(help));
            None
        };
        if !is_url(&written) {
            if section.node("options").is_some() {
                let problem = format!("`{written}` is a folder of this machine, which takes no `options`");
                return refuse("options", problem, "take them away, or write `folder: s3://bucket/…`".into());
            }
            let here = section.reader().folder(section.span());
            return Some(Self::Folder(match written.strip_prefix("file://") {
                Some(path) => here.join(path),
                None => section.path("folder").unwrap_or(here),
            }));
        }
        if written.starts_with("memory://") {
            let problem = "nothing is in memory that could be read".to_owned();
            return refuse("folder", problem, "known: s3, gs, az, or a folder of this machine".into());
        }
        // A final `/` makes the names of objects follow the URL of the folder.
        let url = format!("{}/", written.trim_end_matches('/'));
        match Store::open(&url, section.reader().environment(), &pipeline_store::options(section)) {
            Ok(store) => Some(Self::Objects(store)),
            Err((problem, help)) => refuse("folder", problem, help),
        }
    }

    /// The path or URL, for messages.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Folder(path) => path.display().to_string(),
            Self::Objects(store) => store.url().to_owned(),
        }
    }

    /// Whether it can be looked into.
    pub(super) fn test(&self) -> Result<(), DatasourceError> {
        let tested = match self {
            Self::Folder(path) => fs::read_dir(path).map(drop),
            Self::Objects(store) => store.test().map_err(cause),
        };
        tested.map_err(|source| DatasourceError::File { path: self.shown(), source })
    }

    /// The files of a pattern, by name; none at all is a mistake in the pattern.
    pub(super) fn find(&self, pattern: &str) -> Result<Vec<SourceFile>, DatasourceError> {
        let shown = match self {
            Self::Folder(path) => path.join(pattern).display().to_string(),
            Self::Objects(store) => store.url_of(pattern),
        };
        let refuse =
            |problem: &str| DatasourceError::Files { path: shown.clone(), problem: problem.to_owned() };
        if pattern.is_empty() {
            return Err(refuse("`query.path` does not say which files to read"));
        }
        if is_url(pattern) {
            return Err(refuse(
                "`query.path` is a pattern below the datasource's `folder`; write the URL up to its last folder there",
            ));
        }
        let mut files = match self {
            Self::Folder(folder) => on_disk(folder, pattern)?,
            Self::Objects(store) => in_store(store, pattern)?,
        };
        files.sort_by(|a, b| a.shown.cmp(&b.shown));
        if files.is_empty() { Err(refuse("there is no such file")) } else { Ok(files) }
    }
}

fn on_disk(folder: &Path, pattern: &str) -> Result<Vec<SourceFile>, DatasourceError> {
    // What the folder itself is called is no pattern.
    let whole = Path::new(&Pattern::escape(&folder.to_string_lossy())).join(pattern);
    let found =
        glob::glob(&whole.to_string_lossy()).map_err(|error| unreadable(&whole, &error.to_string()))?;
    let mut files = Vec::new();
    for entry in found {
        let path = entry.map_err(|error| {
            let path = error.path().display().to_string();
            DatasourceError::File { path, source: error.into() }
        })?;
        if !path.is_dir() {
            files.push(SourceFile { shown: path.display().to_string(), at: At::Disk(path) });
        }
    }
    Ok(files)
}

fn in_store(store: &Store, pattern: &str) -> Result<Vec<SourceFile>, DatasourceError> {
    let pattern = pattern.trim_start_matches('/');
    let file = |name: String| SourceFile { shown: store.url_of(&name), at: At::Object(store.clone(), name) };
    let Some(first) = pattern.find(['*', '?', '[']) else {
        // One that is named can be read where listing is not allowed.
        return Ok(vec![file(pattern.to_owned())]);
    };
    let matcher =
        Pattern::new(pattern).map_err(|error| unreadable(Path::new(pattern), &error.to_string()))?;
    // Nothing outside the folder before the first wildcard can match.
    let folder = pattern[..first].rsplit_once('/').map_or("", |(folder, _)| folder);
    let list = store.list_below(folder);
    let objects =
        list.map_err(|error| DatasourceError::File { path: store.url_of(folder), source: cause(error) })?;
    // Consoles of clouds make empty objects that stand for folders.
    let is_folder =
        |name: &str, size: u64| size == 0 && !name.rsplit('/').next().is_some_and(|last| last.contains('.'));
    Ok(objects
        .into_iter()
        .filter(|(name, object)| matcher.matches_with(name, LIKE_PATHS) && !is_folder(name, object.size))
        .map(|(name, _)| file(name))
        .collect())
}

/// What a store said, without the URL, which is told anyway.
fn cause(error: StoreError) -> io::Error {
    match error {
        StoreError::Answer { source, .. } => io::Error::other(source),
        StoreError::Disk { source, .. } => source,
        StoreError::Conflict { .. } | StoreError::Interrupted { .. } => io::Error::other(error),
    }
}

fn unreadable(pattern: &Path, problem: &str) -> DatasourceError {
    DatasourceError::Files {
        path: pattern.display().to_string(),
        problem: format!("`query.path`: {problem}"),
    }
}

impl SourceFile {
    /// Its bytes, from the first one on.
    pub(super) fn open(&self) -> io::Result<Input> {
        match &self.at {
            At::Disk(path) => Ok(Box::new(File::open(path)?)),
            At::Object(store, name) => Ok(Box::new(store.reader(name).map_err(cause)?)),
        }
    }

    /// What it is called, in small letters, without its folder and without `.gz`; and whether it had that.
    pub(super) fn name(&self) -> (String, Compression) {
        let name =
            self.shown.rsplit(['/', std::path::MAIN_SEPARATOR]).next().unwrap_or_default().to_lowercase();
        match name.strip_suffix(".gz") {
            Some(stem) => (stem.to_owned(), Compression::Gzip),
            None => (name, Compression::None),
        }
    }
}

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Gzip,
}
