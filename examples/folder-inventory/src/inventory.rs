//! `kind: folder_inventory`: the files of a folder as records of `path`, `bytes` and `modified`.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Instant, UNIX_EPOCH},
};

use futures::{StreamExt, stream};
use pipeline_cli::plugin::{
    Bytes, Datasource, DatasourceBuild, DatasourceContext, DatasourceError, Field, Kind, Page, PageStream,
    Position, Query, Section, Shape, StatsSnapshot, Tested, UnusedKey, Values, async_trait,
};
use serde_json::{Value, json};

/// What `pipeline kinds`, error messages and the reader know of it.
pub const KIND: Kind<DatasourceBuild> = Kind {
    name: "folder_inventory",
    summary: "The files of a folder and of those below it: path, bytes, modified; `query.path` is a folder below `folder`.",
    fields: &[
        Field::default("folder", Shape::Text, ".", "Where to look, from the folder of the YAML."),
        Field::default("page_size", Shape::Integer(1, 100_000), "1000", "Files per page."),
    ],
    build,
};

#[derive(Debug)]
struct Inventory {
    folder: PathBuf,
    page_size: usize,
}

/// All mistakes of the section were reported when this is called.
fn build(section: &Section<'_>, _: &DatasourceContext) -> Option<Arc<dyn Datasource>> {
    let folder = section.path("folder")?;
    let page_size = usize::try_from(section.integer("page_size")?).ok()?;
    Some(Arc::new(Inventory { folder, page_size }))
}

#[async_trait]
impl Datasource for Inventory {
    fn pages(self: Arc<Self>, query: Arc<Query>, values: Arc<Values>) -> PageStream {
        let folder = self.folder.join(query.target(&values));
        let max_pages = query.max_pages().and_then(|pages| usize::try_from(pages).ok()).unwrap_or(usize::MAX);
        // Disks block.
        let read = tokio::task::spawn_blocking(move || pages(&folder, self.page_size));
        let read = async move {
            match read.await.expect("reading does not panic") {
                Ok(pages) => pages.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            }
        };
        stream::once(read).flat_map(stream::iter).take(max_pages).boxed()
    }

    fn unused_keys(&self) -> &'static [UnusedKey] {
        const WHY: &str = "nothing is asked over HTTP";
        const HELP: &str = "take it away; it is for `kind: rest`";
        &[
            UnusedKey {
                key: "pagination",
                why: WHY,
                help: "take it away; `page_size` says how many files make a page",
            },
            UnusedKey { key: "method", why: WHY, help: HELP },
            UnusedKey { key: "headers", why: WHY, help: HELP },
            UnusedKey { key: "body", why: WHY, help: HELP },
        ]
    }

    async fn test(&self) -> Result<Tested, DatasourceError> {
        let started = Instant::now();
        let shown = self.folder.display().to_string();
        std::fs::read_dir(&self.folder).map_err(|error| unreadable(&self.folder, error))?;
        Ok(Tested { url: shown, status: 0, account: None, elapsed: started.elapsed() })
    }

    fn stats(&self) -> StatsSnapshot {
        StatsSnapshot::default()
    }
}

/// Pages of JSON, each with its place and that of the next one.
fn pages(folder: &Path, page_size: usize) -> Result<Vec<Page>, DatasourceError> {
    let mut found = Vec::new();
    look_into(folder, &mut found)?;
    let chunks: Vec<_> = match found.is_empty() {
        true => vec![&found[..]],
        false => found.chunks(page_size).collect(),
    };
    let n_pages = chunks.len();
    let page = |(index, files): (usize, &[PathBuf])| {
        let records: Vec<Value> = files.iter().map(|file| record(folder, file)).collect::<Result<_, _>>()?;
        let position = |index: usize| Position::Offset((index * page_size) as u64);
        let body = Bytes::from(json!(records).to_string());
        let mut page = Page::new(index, position(index), folder.display().to_string(), body);
        page.total = Some(found.len() as u64);
        page.next = (index + 1 < n_pages).then(|| position(index + 1));
        Ok(page)
    };
    chunks.into_iter().enumerate().map(page).collect()
}

/// Adds the files of a folder, in the order of their names, and goes into the folders in it.
fn look_into(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), DatasourceError> {
    let read = || -> io::Result<Vec<PathBuf>> {
        let mut paths =
            std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
        paths.sort();
        Ok(paths)
    };
    for path in read().map_err(|error| unreadable(folder, error))? {
        // A link may lead back to where we are.
        if path.is_dir() && !path.is_symlink() {
            look_into(&path, found)?;
        } else if path.is_file() {
            found.push(path);
        }
    }
    Ok(())
}

fn record(folder: &Path, file: &Path) -> Result<Value, DatasourceError> {
    let metadata = file.metadata().map_err(|error| unreadable(file, error))?;
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let path = file.strip_prefix(folder).unwrap_or(file).to_string_lossy().replace('\\', "/");
    // Milliseconds, of which `new Date(...)` makes a timestamp.
    Ok(
        json!({ "path": path, "bytes": metadata.len(), "modified": modified.map(|since| since.as_millis() as u64) }),
    )
}

fn unreadable(path: &Path, source: io::Error) -> DatasourceError {
    DatasourceError::File { path: path.display().to_string(), source }
}
