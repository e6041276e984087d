//! Where files are: in a folder of this machine, or below an URL of an object store.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use pipeline_config::Section;
use pipeline_store::{Store, StoreError, is_url};

use super::{
    pattern::{Step, Steps},
    walk,
};
use crate::{DatasourceError, Inputs};

/// Bytes as they come.
pub(super) type Input = Box<dyn Read + Send>;

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
        let steps = Steps::read(pattern).map_err(|problem| refuse(&format!("`query.path`: {problem}")))?;
        let mut files = match self {
            Self::Folder(folder) => on_disk(root(folder, pattern), &steps)?,
            Self::Objects(store) => in_store(store, &steps)?,
        };
        files.sort_by(|a, b| a.shown.cmp(&b.shown));
        match files.is_empty() {
            true => Err(refuse(&nothing_there(pattern))),
            false => Ok(files),
        }
    }

    /// Which files a pattern means; `None` for one that means none.
    pub(super) fn inputs(&self, pattern: &str) -> Option<Inputs> {
        let (fixed, rest) = Steps::read(pattern).ok()?.fixed();
        let base = match self {
            Self::Folder(folder) => root(folder, pattern).join(fixed).display().to_string(),
            Self::Objects(store) => store.url_of(&fixed),
        };
        Some(Inputs { base, rest })
    }
}

/// Where a pattern begins.
fn root<'p>(folder: &'p Path, pattern: &str) -> &'p Path {
    if pattern.starts_with('/') { Path::new("/") } else { folder }
}

fn nothing_there(pattern: &str) -> String {
    let is_class = pattern.contains('[') || pattern.contains('{');
    let note =
        if is_class { "; only `*`, `?` and `**` stand for other characters in `query.path`" } else { "" };
    format!("there is no such file{note}")
}

fn on_disk(folder: &Path, steps: &Steps) -> Result<Vec<SourceFile>, DatasourceError> {
    let found = walk::files(folder, steps)
        .map_err(|(folder, source)| DatasourceError::File { path: folder.display().to_string(), source })?;
    let file = |path: PathBuf| SourceFile { shown: path.display().to_string(), at: At::Disk(path) };
    Ok(found.into_iter().map(file).collect())
}

fn in_store(store: &Store, steps: &Steps) -> Result<Vec<SourceFile>, DatasourceError> {
    let file = |name: String| SourceFile { shown: store.url_of(&name), at: At::Object(store.clone(), name) };
    let (fixed, rest) = steps.fixed();
    if !rest.0.iter().any(|step| !matches!(step, Step::Named(_))) {
        // One that is named can be read where listing is not allowed.
        return Ok(vec![file(fixed)]);
    }
    // Nothing outside the folder before the first wildcard can match.
    let list = store.list_below(&fixed);
    let objects =
        list.map_err(|error| DatasourceError::File { path: store.url_of(&fixed), source: cause(error) })?;
    // Consoles of clouds make empty objects that stand for folders.
    let is_folder =
        |name: &str, size: u64| size == 0 && !name.rsplit('/').next().is_some_and(|last| last.contains('.'));
    Ok(objects
        .into_iter()
        .filter(|(name, object)| steps.are(name) && !is_folder(name, object.size))
        .map(|(name, _)| file(name))
        .collect())
}

/// What a store said, without the URL, which is told anyway.
fn cause(error: StoreError) -> io::Error {
    match error {
        StoreError::Answer { source, .. } => io::Error::other(source),
        StoreError::Disk { .. }
        | StoreError::Conflict { .. }
        | StoreError::Interrupted { .. }
        | StoreError::NotStored { .. } => io::Error::other(error),
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
