//! The pipeline files of a folder.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use pipeline_config::{Environment, Reader};
use pipeline_engine::source_files;

/// Deeper folders are somebody's data.
const MAX_DEPTH: usize = 8;
/// Folders of packages and outputs, which hold no pipelines and change all the time.
const LEFT_OUT: [&str; 3] = ["node_modules", "target", "out"];

/// What a folder holds.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Pipeline files by id.
    pub(super) files: BTreeMap<String, PathBuf>,
    /// Folders in which pipeline files are, or may come.
    pub(super) folders: BTreeSet<PathBuf>,
}

/// Looks for pipelines: YAML files with a `datasource`, whatever else is wrong with them.
pub(super) fn find(folder: &Path) -> Found {
    let mut found = Found::default();
    look_into(folder, folder, MAX_DEPTH, &mut found);
    found
}

/// The pipeline files of a folder and of those below it, by id: the path without its extension.
pub fn pipeline_files(folder: &Path) -> BTreeMap<String, PathBuf> {
    find(folder).files
}

/// The files that make up all pipelines, and the folders where new ones may come.
pub(super) fn watched(folder: &Path) -> BTreeSet<PathBuf> {
    let found = find(folder);
    let sources = found.files.values().flat_map(|file| source_files(file));
    // The folder itself may be gone, and come back.
    sources.chain(found.folders).chain([folder.to_owned()]).collect()
}

fn look_into(top: &Path, folder: &Path, depth: usize, found: &mut Found) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let is_hidden =
        |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    let is_yaml = |path: &&PathBuf| {
        let extension = path.extension().and_then(OsStr::to_str);
        matches!(extension, Some("yaml" | "yml")) && path.is_file() && !is_hidden(path)
    };
    let files: Vec<&PathBuf> = paths.iter().filter(is_yaml).collect();
    // Folders of data only are not watched: each file that a run writes would wake us.
    if folder == top || paths.is_empty() || !files.is_empty() {
        found.folders.insert(folder.to_owned());
    }
    for file in files.into_iter().filter(|file| is_pipeline(file)) {
        let relative = file.strip_prefix(top).unwrap_or(file);
        let id = id_of(&relative.with_extension(""));
        let id = if found.files.contains_key(&id) { id_of(relative) } else { id };
        found.files.insert(id, file.clone());
    }
    for path in paths.iter().filter(|path| path.is_dir() && depth > 0) {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        // A link may lead back to us.
        if !name.starts_with('.') && !LEFT_OUT.contains(&name) && !path.is_symlink() {
            look_into(top, path, depth - 1, found);
        }
    }
}

/// The same on every system.
fn id_of(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn is_pipeline(file: &Path) -> bool {
    // A pipe would be waited for.
    if !file.is_file() {
        return false;
    }
    let reader = Reader::new(Environment::empty());
    match reader.read_file(file, None) {
        Some(node) => node.get("datasource").is_some(),
        // Half-written YAML has lines.
        None => fs::read_to_string(file)
            .is_ok_and(|text| text.lines().any(|line| line.starts_with("datasource:"))),
    }
}
