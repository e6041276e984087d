//! Cases: a page, and the rows that a converter makes of it.

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
};

use indexmap::IndexMap;
use jiff::Timestamp;
use pipeline_config::with_json_escapes;
use serde::{Deserialize, Deserializer, Serialize};

use super::{
    json::{Json, JsonObject},
    rows::JsonRows,
    stored_page::{StoredBody, StoredPage},
};

/// One file of a folder of cases.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// The pipeline whose columns and limits the converter is run with, from the case's own folder.
    pub pipeline: Option<String>,
    /// Which of its tables, where it has several.
    pub table: Option<String>,
    /// What `Date.now()` is.
    pub now: Option<Timestamp>,
    /// What came from the server.
    pub page: StoredPage,
    /// What `convert` is to make of it.
    pub expected: Expected,
}

/// What a case expects.
#[derive(Debug, Clone, PartialEq)]
pub enum Expected {
    /// It does not say yet.
    Unknown,
    /// These rows, and these types unless there are none.
    Rows(JsonRows),
    /// An error whose message has these words.
    Error(String),
}

/// Why a case cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CaseError {
    /// The file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file is no case.
    #[error("{}:{}:{}: {}", path.display(), source.line(), source.column(), without_place(source))]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The file holds two bodies, or none.
    #[error("{}: a case has either `json` or `text`: what the server answered", path.display())]
    Body {
        /// The file.
        path: PathBuf,
    },
}

/// The library's message has the position at its end.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(message, _)| message.to_owned())
}

/// The file itself.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pipeline: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    table: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    now: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<StoredPage>,
    /// `null` is a body too.
    #[serde(default, deserialize_with = "some", skip_serializing_if = "Option::is_none")]
    json: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, with = "super::text_map", skip_serializing_if = "IndexMap::is_empty")]
    columns: IndexMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rows: Option<Vec<JsonObject>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

fn some<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Json>, D::Error> {
    Json::deserialize(from).map(Some)
}

impl Case {
    /// Reads a file.
    ///
    /// # Errors
    /// [`CaseError`], with the place in the file.
    pub fn read(path: &Path) -> Result<Self, CaseError> {
        let file = |source| CaseError::File { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(file)?;
        // A byte order mark is no part of a text; editors of Windows write one.
        let read: CaseFile = serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(&text))
            .map_err(|source| CaseError::Json { path: path.to_owned(), source })?;
        let mut page = read.metadata.unwrap_or_else(|| StoredPage::of_text(""));
        page.body = match (read.json, read.text) {
            (Some(json), None) => StoredBody::Json(json),
            (None, Some(text)) => StoredBody::Text(text),
            _ => return Err(CaseError::Body { path: path.to_owned() }),
        };
        let expected = match (read.rows, read.error) {
            (Some(rows), _) => Expected::Rows(JsonRows { columns: read.columns, rows }),
            (None, Some(words)) => Expected::Error(words),
            (None, None) => Expected::Unknown,
        };
        Ok(Self { pipeline: read.pipeline, table: read.table, now: read.now, page, expected })
    }

    /// The file's text: a row on each line, so that what changes can be seen in a diff.
    pub fn to_text(&self) -> String {
        let (json, text) = match &self.page.body {
            StoredBody::Json(json) => (Some(json.clone()), None),
            StoredBody::Text(text) => match Json::read(text) {
                Ok(json) => (Some(json), None),
                Err(_) => (None, Some(text.clone())),
            },
        };
        let mut file = CaseFile {
            pipeline: self.pipeline.clone(),
            table: self.table.clone(),
            now: self.now,
            metadata: Some(self.page.clone()),
            json,
            text,
            ..CaseFile::default()
        };
        match &self.expected {
            Expected::Unknown => {}
            Expected::Rows(rows) => file.columns = rows.columns.clone(),
            Expected::Error(words) => file.error = Some(words.clone()),
        }
        let mut text = serde_json::to_string_pretty(&file).expect("a case is JSON");
        if let Expected::Rows(expected) = &self.expected {
            let row = |row: &JsonObject| format!("    {}", Json::Object(row.clone()));
            let lines = expected.rows.iter().map(row).collect::<Vec<_>>().join(",\n");
            let (open, close) = if lines.is_empty() { ("[", "]") } else { ("[\n", "\n  ]") };
            text.truncate(text.trim_end_matches("\n}").len());
            text.push_str(&format!(",\n  \"rows\": {open}{lines}{close}\n}}"));
        }
        text.push('\n');
        // Those of the page are kept, but not as they are.
        with_json_escapes(&text)
    }

    /// Writes the file, in one step.
    ///
    /// # Errors
    /// [`CaseError::File`].
    pub fn write(&self, path: &Path) -> Result<(), CaseError> {
        let refuse = |source| CaseError::File { path: path.to_owned(), source };
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(refuse)?;
        write_whole(path, &self.to_text()).map_err(refuse)
    }
}

/// Replaces a file by one that is complete.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension("json.tmp");
    std::fs::write(&beside, text)?;
    std::fs::rename(&beside, path)
}

/// The folder of a converter's cases: `issues.cases` beside `issues.js`.
pub fn cases_folder(converter: &Path) -> PathBuf {
    converter.with_extension("cases")
}

/// The cases that `path` means: a case, those of a converter, or all in a folder and those below it.
///
/// # Errors
/// [`CaseError::File`] when `path` is not there.
pub fn cases_below(path: &Path) -> Result<BTreeSet<PathBuf>, CaseError> {
    let refuse = |source| CaseError::File { path: path.to_owned(), source };
    let found = std::fs::metadata(path).map_err(refuse)?;
    let mut cases = BTreeSet::new();
    if found.is_dir() {
        walk(path, &mut cases).map_err(refuse)?;
    } else if path.extension().is_some_and(|extension| extension == "json") {
        cases.insert(path.to_owned());
    } else if cases_folder(path).is_dir() {
        walk(&cases_folder(path), &mut cases).map_err(refuse)?;
    }
    Ok(cases)
}

fn walk(folder: &Path, cases: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    let is_cases = folder.extension().is_some_and(|extension| extension == "cases");
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        // Links may lead in a circle, and these folders hold the files of others.
        let kind = entry.file_type()?;
        if kind.is_dir() && !name.starts_with('.') && name != "node_modules" && name != "target" {
            walk(&path, cases)?;
        } else if is_cases && kind.is_file() && name.ends_with(".json") {
            cases.insert(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(body: StoredBody, expected: Expected) -> Case {
        let page = StoredPage { body, ..StoredPage::of_text("") };
        let now = Some("2026-03-29T01:00:00Z".parse().unwrap());
        Case { pipeline: Some("../p.yaml".into()), table: None, now, page, expected }
    }

    #[test]
    fn is_read_as_it_was_written() {
        let rows = JsonRows {
            columns: [("k".to_owned(), "string".to_owned())].into_iter().collect(),
            rows: vec![[("k".to_owned(), Json::Text("ä\n".into()))].into_iter().collect(), JsonObject::new()],
        };
        let empty = JsonRows::default();
        let folder = tempfile::tempdir().unwrap();
        for (index, (body, expected)) in [
            (
                StoredBody::Json(Json::read(r#"{"a": [1, 2.50, 123456789012345678901, null]}"#).unwrap()),
                Expected::Rows(rows),
            ),
            (StoredBody::Json(Json::Null), Expected::Rows(empty)),
            (StoredBody::Text("<html>".into()), Expected::Error("is not JSON".into())),
            (StoredBody::Json(Json::Array(Vec::new())), Expected::Unknown),
        ]
        .into_iter()
        .enumerate()
        {
            let written = case(body, expected);
            let path = folder.path().join(format!("x.cases/{index}.json"));
            written.write(&path).unwrap();
            assert_eq!(Case::read(&path).unwrap(), written, "{}", written.to_text());
        }
        let found = cases_below(folder.path()).unwrap();
        assert_eq!(found.len(), 4);
        assert_eq!(cases_below(&folder.path().join("x.cases")).unwrap(), found);
    }

    #[test]
    fn mistakes_have_a_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.json");
        let check = |text: &str, expected: &str| {
            std::fs::write(&path, text).unwrap();
            let error = Case::read(&path).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check("{\n  \"jso\": 1}", "c.json:2:7: unknown field `jso`");
        check("{}", "either `json` or `text`");
        check("{\"json\": 1, \"text\": \"\"}", "either `json` or `text`");
    }
}
