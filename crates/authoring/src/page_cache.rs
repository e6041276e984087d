//! Pages that were fetched once and are looked at again and again.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use pipeline_config::{Environment, Node, Reader, Value, fingerprint};
use pipeline_engine::{Plan, TablePlan};
use serde::{Deserialize, Serialize};

use super::stored_page::{StoredBody, StoredPage};

/// A folder of pages; only its user can read them.
#[derive(Debug, Clone)]
pub struct PageCache(PathBuf);

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    fetched_at: Timestamp,
    metadata: StoredPage,
    body: String,
}

impl PageCache {
    /// The cache in this folder, which need not be there yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// Names what a table asks: another query, another server or another `place` is another key.
    ///
    /// Credentials and limits make no difference to what is asked.
    pub fn key(pipeline: &Path, plan: &Plan, table: &TablePlan, place: &str) -> String {
        let path = fs::canonicalize(pipeline).unwrap_or_else(|_| pipeline.to_owned());
        let query = table.query.fingerprint(&plan.values);
        fingerprint([&*path.to_string_lossy(), table.name.as_str(), &query, &server(pipeline), place])
    }

    /// The page and when it was fetched; a file that cannot be read counts as none.
    pub fn get(&self, key: &str) -> Option<(StoredPage, Timestamp)> {
        let entry: Entry = serde_json::from_str(&fs::read_to_string(self.file(key)).ok()?).ok()?;
        Some((StoredPage { body: StoredBody::Text(entry.body), ..entry.metadata }, entry.fetched_at))
    }

    /// Keeps a page, which must have been cleaned.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn put(&self, key: &str, page: &StoredPage) -> io::Result<()> {
        fs::create_dir_all(&self.0)?;
        let entry = Entry { fetched_at: Timestamp::now(), metadata: page.clone(), body: page.body.text() };
        // Temporary files are 0600 from the start.
        let mut file = tempfile::NamedTempFile::new_in(&self.0)?;
        file.write_all(&serde_json::to_vec(&entry)?)?;
        file.persist(self.file(key))?;
        Ok(())
    }

    fn file(&self, key: &str) -> PathBuf {
        self.0.join(format!("{key}.json"))
    }
}

/// The `datasource` as it is written, without what makes no difference to the pages.
fn server(pipeline: &Path) -> String {
    let reader = Reader::new(Environment::empty());
    let Some(node) = reader.read_file(pipeline, None) else { return String::new() };
    let mut text = String::new();
    let Some(node) = node.get("datasource") else { return text };
    match reader.scalar(node) {
        Some(path) => {
            let file = reader.read_file(&reader.folder(node.span).join(path), None);
            file.iter().for_each(|node| write(&reader, node, &mut text));
        }
        None => write(&reader, node, &mut text),
    }
    text
}

fn write(reader: &Reader, node: &Node, text: &mut String) {
    match &node.value {
        Value::Null | Value::Boolean(_) | Value::Number(_) | Value::Text(_) => {
            // A quoted `"~"` asks for the same pages as a plain one where text is wanted; elsewhere it does not.
            text.push_str(node.value.name());
            text.push_str(&format!("{:?}", reader.scalar(node).unwrap_or_default()));
        }
        Value::List(items) => items.iter().for_each(|item| {
            text.push('-');
            write(reader, item, text);
        }),
        Value::Map(entries) => {
            text.push('{');
            for (key, item) in entries.iter().filter(|(key, _)| key.value != "auth" && key.value != "limits")
            {
                text.push_str(&format!("{:?}:", key.value));
                write(reader, item, text);
            }
            text.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_what_was_put_and_nobody_else_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let cache = PageCache::new(folder.path().join("dev"));
        assert!(cache.get("a").is_none());
        let page = StoredPage::of_text("{ \"a\": 1 }");
        cache.put("a", &page).unwrap();
        assert_eq!(cache.get("a").unwrap().0, page);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(cache.file("a")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::write(cache.file("a"), "half").unwrap();
        assert!(cache.get("a").is_none());
    }

    #[test]
    fn the_server_is_named_without_its_credentials() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.yaml");
        let named = |text: &str| {
            fs::write(&path, text).unwrap();
            server(&path)
        };
        let one = named("datasource: { kind: rest, base_url: \"https://a\", auth: { kind: none } }");
        assert_eq!(one, named("datasource: { kind: rest, base_url: 'https://a', limits: { timeout: 1s } }"));
        assert_ne!(one, named("datasource: { kind: rest, base_url: 'https://b' }"));
        fs::write(folder.path().join("d.yaml"), "{ kind: rest, base_url: 'https://a' }").unwrap();
        assert_eq!(one, named("datasource: d.yaml"));
    }
}
