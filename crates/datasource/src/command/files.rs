//! The files that a tap reads: config, catalog, state. They live as long as the run, readable by nobody else.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use pipeline_config::{
    Diagnostic, Node, Section, Spanned, Value as Yaml, credentials_in, is_credential_name, of_temporary,
};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::{DatasourceError, origin};

/// How the names of their folders begin.
const PREFIX: &str = "pipeline-command-";

/// The file in a folder that is locked while its process lives. What a process leaves behind that was killed together with its guard,
/// as those of a container are, goes with the next run.
const LOCK: &str = ".pipeline.lock";

/// Between the folder and its lock there are microseconds; earlier versions had none.
const MAX_WITHOUT_LOCK: Duration = Duration::from_hours(24);

/// What the YAML says about them.
pub(super) struct Files {
    config: Option<Value>,
    pub(super) catalog: Catalog,
    state: Option<Value>,
}

pub(super) enum Catalog {
    None,
    Discover,
    Given(Value),
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // All three may hold credentials.
        f.debug_struct("Files").finish_non_exhaustive()
    }
}

impl Files {
    /// Reads `config`, `catalog` and `state`; `None` after reporting what is wrong.
    pub(super) fn read(section: &Section<'_>) -> Option<Self> {
        for node in ["config", "catalog", "state"].into_iter().filter_map(|name| section.node(name)) {
            section.reader().note_members("", node);
        }
        let config = section.node("config").map(|node| json(section, node));
        let catalog = match section.node("catalog") {
            None => Catalog::None,
            Some(Node { value: Yaml::Text(text), .. }) if text == "discover" => Catalog::Discover,
            Some(node) => Catalog::Given(path_or_json(section, node)?),
        };
        let state = match section.node("state") {
            None => None,
            Some(node) => Some(path_or_json(section, node)?),
        };
        Some(Self { config: config.flatten(), catalog, state })
    }

    /// The members of the configuration that say whose rows come.
    pub(super) fn origin(&self) -> Vec<String> {
        self.config.as_ref().map(origin::of_config).unwrap_or_default()
    }

    /// Writes them into a new folder.
    pub(super) fn write(&self, command: &str) -> Result<Folder, DatasourceError> {
        let refuse = |error| DatasourceError::Command {
            command: command.to_owned(),
            problem: format!("cannot be given its files: {}", of_temporary(&error)),
        };
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir().map_err(refuse)?;
        let lock = File::create_new(folder.path().join(LOCK)).map_err(refuse)?;
        // Without locks in this file system nothing is ever taken for left behind.
        let _ = lock.try_lock();
        remove_leftovers(folder.path());
        let mut folder = Folder { folder, _lock: lock, config: None, catalog: None, state: None };
        folder.config = self.config.as_ref().map(|json| folder.add(command, "config", json)).transpose()?;
        folder.state = self.state.as_ref().map(|json| folder.add(command, "state", json)).transpose()?;
        if let Catalog::Given(json) = &self.catalog {
            folder.catalog = Some(folder.add(command, "catalog", json)?);
        }
        Ok(folder)
    }
}

/// The folder, which goes when this is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    folder: TempDir,
    /// Locked while this process lives.
    _lock: File,
    config: Option<PathBuf>,
    catalog: Option<PathBuf>,
    state: Option<PathBuf>,
}

impl Folder {
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn arguments(&self) -> Vec<String> {
        let named = [("--config", &self.config), ("--catalog", &self.catalog), ("--state", &self.state)];
        arguments(&named)
    }

    pub(super) fn arguments_to_discover(&self) -> Vec<String> {
        let mut words = arguments(&[("--config", &self.config)]);
        words.push("--discover".to_owned());
        words
    }

    /// Takes what `--discover` printed, with `stream` selected, or all streams when it is empty.
    pub(super) fn add_catalog(
        &mut self,
        command: &str,
        printed: &[u8],
        stream: &str,
    ) -> Result<(), DatasourceError> {
        let refuse = |problem: String| DatasourceError::Command { command: command.to_owned(), problem };
        let mut catalog: Value = serde_json::from_slice(printed)
            .map_err(|error| refuse(format!("printed no catalog for `--discover`: {error}")))?;
        let names = select(&mut catalog, stream);
        if !stream.is_empty() && !names.iter().any(|name| name == stream) {
            return Err(refuse(format!(
                "has no stream `{stream}`; it has {}",
                pipeline_config::escaped(&names.join(", "))
            )));
        }
        self.catalog = Some(self.add(command, "catalog", &catalog)?);
        Ok(())
    }

    fn add(&self, command: &str, name: &str, json: &Value) -> Result<PathBuf, DatasourceError> {
        let path = self.folder.path().join(format!("{name}.json"));
        let written = write_private(&path, json.to_string().as_bytes());
        written.map_err(|error| DatasourceError::Command {
            command: command.to_owned(),
            problem: format!("cannot be given its {name}: {}", of_temporary(&error)),
        })?;
        Ok(path)
    }
}

/// Removes the folders beside `own` of the same user whose processes are dead: they may hold credentials.
fn remove_leftovers(own: &Path) {
    let Some(entries) = own.parent().and_then(|temporary| fs::read_dir(temporary).ok()) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX) && have_one_owner(&path, own);
        if path == own || !is_ours {
            continue;
        }
        let is_dead = match File::open(path.join(LOCK)) {
            Ok(lock) => lock.try_lock().is_ok(),
            Err(_) => is_older(&path, MAX_WITHOUT_LOCK),
        };
        if is_dead && fs::remove_dir_all(&path).is_ok() {
            tracing::debug!(path = %path.display(), "removed what a killed run left behind");
        }
    }
}

/// Whether both are folders, and no links, of one user.
fn have_one_owner(path: &Path, own: &Path) -> bool {
    let (Ok(found), Ok(own)) = (fs::symlink_metadata(path), fs::symlink_metadata(own)) else { return false };
    #[cfg(unix)]
    let is_same = {
        use std::os::unix::fs::MetadataExt;
        found.uid() == own.uid()
    };
    #[cfg(not(unix))]
    let is_same = own.is_dir();
    found.is_dir() && is_same
}

fn is_older(path: &Path, age: Duration) -> bool {
    let modified = fs::symlink_metadata(path).and_then(|metadata| metadata.modified());
    modified.is_ok_and(|modified| modified.elapsed().is_ok_and(|elapsed| elapsed > age))
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(bytes)
}

fn arguments(named: &[(&str, &Option<PathBuf>)]) -> Vec<String> {
    let words = named
        .iter()
        .filter_map(|(name, path)| Some([(*name).to_owned(), path.as_ref()?.display().to_string()]));
    words.flatten().collect()
}

/// Marks streams as selected in both ways that taps look for; gives the names of all.
fn select(catalog: &mut Value, wanted: &str) -> Vec<String> {
    let mut names = Vec::new();
    for stream in catalog["streams"].as_array_mut().into_iter().flatten() {
        let name =
            ["stream", "tap_stream_id"].into_iter().find_map(|key| stream[key].as_str()).map(str::to_owned);
        let Some(name) = name else { continue };
        let selected = wanted.is_empty() || name == wanted || stream["tap_stream_id"] == wanted;
        if let Some(schema) = stream["schema"].as_object_mut() {
            schema.insert("selected".into(), selected.into());
        }
        if !stream["metadata"].is_array() {
            stream["metadata"] = json!([]);
        }
        if let Some(metadata) = stream["metadata"].as_array_mut() {
            let is_own = |entry: &Value| entry["breadcrumb"].as_array().is_some_and(Vec::is_empty);
            match metadata.iter_mut().find(|entry| is_own(entry)) {
                Some(own) => own["metadata"]["selected"] = selected.into(),
                None => metadata.push(json!({"breadcrumb": [], "metadata": {"selected": selected}})),
            }
        }
        names.push(name);
    }
    names
}

/// The JSON file that a text names, from the folder of the YAML; anything else is the JSON itself.
fn path_or_json(section: &Section<'_>, node: &Node) -> Option<Value> {
    let Yaml::Text(_) = node.value else { return json(section, node) };
    let Value::String(path) = json(section, node)? else { return None };
    let path = section.reader().folder(node.span).join(path);
    let read = std::fs::read(&path).map_err(|error| error.to_string());
    let parsed = read.and_then(|bytes| serde_json::from_slice(&bytes).map_err(|error| error.to_string()));
    parsed
        .map_err(|problem| {
            let message = format!("cannot read `{}`: {problem}", path.display());
            section.reader().report(Diagnostic::error("D004", node.span, message));
        })
        .ok()
}

/// YAML as JSON, variables replaced; `None` after reporting what cannot stand here.
fn json(section: &Section<'_>, node: &Node) -> Option<Value> {
    Some(match &node.value {
        Yaml::Null => Value::Null,
        Yaml::Boolean(value) => Value::Bool(*value),
        Yaml::Number(_) => pipeline_query::json_number(section.reader(), node)?,
        Yaml::Text(_) => {
            let template = section.template_of(node)?;
            if !template.is_plain() {
                let message = "values of a run cannot stand here, because the program is set up before";
                section.reader().report(
                    Diagnostic::error("D003", node.span, message)
                        .help("only variables such as `${NAME}` can"),
                );
                return None;
            }
            let pieces = template.parts.iter().map(|part| match part {
                pipeline_config::Part::Text(text) => text.as_str(),
                _ => "",
            });
            Value::String(pieces.collect())
        }
        Yaml::List(items) => items.iter().map(|item| json(section, item)).collect::<Option<_>>()?,
        Yaml::Map(entries) => {
            let mut object = Map::new();
            for (key, item) in entries {
                let value = json(section, item)?;
                warn_of_secret(section, (key, item), &value);
                object.insert(key.value.clone(), value);
            }
            Value::Object(object)
        }
    })
}

/// Warns of a credential that stands in the file.
fn warn_of_secret(section: &Section<'_>, (key, node): (&Spanned<String>, &Node), value: &Value) {
    let Value::String(text) = value else { return };
    if text.is_empty() || !is_credential_name(&key.value) && credentials_in(text).is_empty() {
        return;
    }
    section.reader().warn_of_written_credential(node.span);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selects_in_both_ways() {
        let mut catalog = json!({"streams": [
            {"tap_stream_id": "a", "schema": {"type": "object"}},
            {"tap_stream_id": "b", "stream": "b", "schema": {}, "metadata": [{"breadcrumb": [], "metadata": {"inclusion": "available"}}]},
        ]});
        assert_eq!(select(&mut catalog, "b"), ["a", "b"]);
        assert_eq!(catalog["streams"][0]["schema"]["selected"], false);
        assert_eq!(catalog["streams"][1]["schema"]["selected"], true);
        let own = json!({"inclusion": "available", "selected": true});
        assert_eq!(catalog["streams"][1]["metadata"][0]["metadata"], own);
    }

    #[test]
    fn those_of_dead_processes_go() {
        let home = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let path = home.path().join(name);
            fs::create_dir(&path).unwrap();
            path
        };
        let locked = |name: &str| {
            let path = folder(name);
            (File::create(path.join(LOCK)).unwrap(), path)
        };
        let (own_lock, own) = locked("pipeline-command-own");
        let (alive_lock, _alive) = locked("pipeline-command-alive");
        assert!(own_lock.try_lock().is_ok() && alive_lock.try_lock().is_ok());
        locked("pipeline-command-dead");
        locked("pipeline-worker-other");
        folder("pipeline-command-new");
        let old = folder("pipeline-command-old");
        File::open(&old).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        remove_leftovers(&own);
        let mut names: Vec<String> = fs::read_dir(home.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let left = ["alive", "new", "own"].map(|name| format!("pipeline-command-{name}"));
        assert_eq!(names[..3], left);
        assert_eq!(names[3..], ["pipeline-worker-other"]);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_them() {
        use std::os::unix::fs::PermissionsExt;
        let files =
            Files { config: Some(json!({"password": "hunter2"})), catalog: Catalog::None, state: None };
        assert!(!format!("{files:?}").contains("hunter2"));
        let folder = files.write("tap").unwrap();
        let [flag, path] = folder.arguments().try_into().unwrap();
        let path: String = path;
        assert_eq!(
            (flag.as_str(), std::fs::metadata(&path).unwrap().permissions().mode() & 0o777),
            ("--config", 0o600)
        );
        drop(folder);
        assert!(!Path::new(&path).exists());
    }
}
