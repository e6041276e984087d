//! `kind: file`: JSON, NDJSON, CSV and XML files on disk or in an object store.

mod pattern;
mod place;
mod reading;
mod walk;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use async_trait::async_trait;
use futures::{StreamExt, stream};
use pipeline_config::{Field, Kind, Section, Shape};
use pipeline_query::{Query, Values};
use pipeline_transport::StatsSnapshot;

use crate::{
    Datasource, DatasourceBuild, DatasourceContext, DatasourceError, Page, PageStream, Tested, UnusedKey,
    decode::{Decoder, Format},
    unused,
};
use pattern::Steps;
use place::Place;
use reading::Reading;

pub(crate) const KIND: Kind<DatasourceBuild> = Kind {
    name: "file",
    summary: "JSON, NDJSON, CSV or XML files on disk or in an object store, also gzipped; `query.path` names them, with `*`, `?` and `**`.",
    fields: &[
        Field::default(
            "folder",
            Shape::Text,
            ".",
            "Where the files are, from the folder of the YAML; or an URL: `s3://bucket/folder`, `gs://`, `az://`.",
        ),
        Field::optional(
            "options",
            Shape::Map(&Shape::Text),
            "Options of an object store, such as `aws_endpoint`; credentials come from variables such as \
             AWS_ACCESS_KEY_ID.",
        ),
        Field::default(
            "format",
            Shape::OneOf(&["auto", "json", "ndjson", "csv", "xml", "xml_prefixed"]),
            "auto",
            "What the files hold; `auto` goes by their names.",
        ),
        Field::default(
            "page_size",
            Shape::Integer(1, 1_000_000),
            "1000",
            "Records per page of NDJSON and CSV; a JSON or XML file is one page.",
        ),
        Field::default(
            "max_file",
            Shape::ByteSize,
            "64MiB",
            "The largest JSON or XML file, line of NDJSON and record of CSV, unzipped; a page of NDJSON or CSV ends before it is \
             larger.",
        ),
    ],
    build,
};

#[derive(Debug)]
struct Files {
    place: Place,
    /// The folder as the pipeline file has it, so that the file may move with it.
    folder: String,
    format: Option<Format>,
    page_size: usize,
    max_file: u64,
    /// Bytes of pages so far.
    n_bytes: AtomicU64,
}

fn build(section: &Section<'_>, _: &DatasourceContext) -> Option<Arc<dyn Datasource>> {
    let format = match section.text("format").as_str() {
        "json" => Some(Format::Json),
        "ndjson" => Some(Format::Ndjson),
        "csv" => Some(Format::Csv),
        "xml" => Some(Format::Xml),
        "xml_prefixed" => Some(Format::XmlPrefixed),
        _ => None,
    };
    Some(Arc::new(Files {
        place: Place::read(section)?,
        folder: section.text("folder"),
        format,
        page_size: section.integer("page_size").unwrap_or(1000) as usize,
        max_file: section.byte_size("max_file").unwrap_or(64 << 20),
        n_bytes: AtomicU64::new(0),
    }))
}

/// The files that a query reads.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// The folder that all of them are in, or the one file: a path or an URL.
    pub base: String,
    rest: Steps,
}

impl Inputs {
    /// Whether a file is one of them, by its path from `base` on; empty for `base` itself.
    pub fn have(&self, path: &str) -> bool {
        self.rest.are(path)
    }
}

/// A page, and what comes after it; pages are read one ahead, which tells whether there is a next one.
type ReadAhead = (Reading, Option<Result<Page, DatasourceError>>);

#[async_trait]
impl Datasource for Files {
    fn pages(self: Arc<Self>, query: Arc<Query>, values: Arc<Values>) -> PageStream {
        let max_pages = query.max_pages().unwrap_or(u64::MAX);
        let counted = Arc::clone(&self);
        let open = move || -> Result<ReadAhead, DatasourceError> {
            if let Some(value) = query.climbing_value(&values) {
                let problem = format!(
                    "the value `{value}` in `query.path` leads out of `folder`; leave such values out"
                );
                return Err(DatasourceError::Value { problem });
            }
            let files = self.place.find(&query.target(&values))?;
            let mut reading = Reading::new(&self, files, Decoder::of_files(&query, self.max_file));
            let first = reading.page();
            Ok((reading, first))
        };
        let start = stream::once(blocking(open));
        let rest = move |opened: Result<ReadAhead, DatasourceError>| match opened {
            Err(error) => stream::once(async { Err(error) }).boxed(),
            Ok(ahead) => stream::unfold(ahead, |(reading, page)| async move {
                let page = page?;
                Some(blocking(move || one_more(reading, page)).await)
            })
            .boxed(),
        };
        let max_pages = usize::try_from(max_pages).unwrap_or(usize::MAX);
        let count = move |page: &Result<Page, DatasourceError>| {
            let n_bytes = page.as_ref().map_or(0, |page| page.body.len() as u64);
            counted.n_bytes.fetch_add(n_bytes, Ordering::Relaxed);
        };
        start.flat_map(rest).take(max_pages).inspect(count).boxed()
    }

    fn origin(&self) -> Vec<String> {
        vec![self.folder.clone()]
    }

    fn unused_keys(&self) -> &'static [UnusedKey] {
        unused::OF_FILES
    }

    fn inputs(&self, target: &str) -> Option<Inputs> {
        self.place.inputs(target)
    }

    async fn test(&self) -> Result<Tested, DatasourceError> {
        let started = Instant::now();
        let place = self.place.clone();
        blocking(move || place.test()).await?;
        Ok(Tested { url: self.place.shown(), status: 0, account: None, elapsed: started.elapsed() })
    }

    fn stats(&self) -> StatsSnapshot {
        StatsSnapshot { bytes: self.n_bytes.load(Ordering::Relaxed), ..StatsSnapshot::default() }
    }
}

fn one_more(
    mut reading: Reading,
    page: Result<Page, DatasourceError>,
) -> (Result<Page, DatasourceError>, ReadAhead) {
    let Ok(mut page) = page else { return (page, (reading, None)) };
    let next = reading.page();
    if let Some(Ok(next)) = &next {
        page.next = Some(next.position.clone());
    }
    (Ok(page), (reading, next))
}

/// Files are read where waiting for a disk holds nobody up.
async fn blocking<T: Send + 'static>(read: impl FnOnce() -> T + Send + 'static) -> T {
    let reading = tokio::task::spawn_blocking(read);
    reading.await.expect("reading does not panic, and nobody ends it")
}

#[cfg(test)]
mod tests;
