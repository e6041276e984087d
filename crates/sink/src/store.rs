//! Object stores, for callers that block.

use std::{
    fmt,
    fs::File,
    io::{Read, Seek, Write},
    sync::Arc,
};

use futures::TryStreamExt;
use object_store::{
    ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, UpdateVersion, WriteMultipart,
    path::Path,
};
use pipeline_config::Environment;
use tokio::runtime::Runtime;
use url::Url;

use crate::error::SinkError;

/// Parts of this size are sent one after another, and repeated alone when they fail; S3 wants at least 5 MiB.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// How many parts may be on their way at once.
const MAX_PARTS: usize = 4;

/// A store and the place in it that an URL names.
#[derive(Clone)]
pub(crate) struct Store {
    store: Arc<dyn ObjectStore>,
    /// Sinks block, and requests need a reactor; sharing that of the engine would need it to be there.
    runtime: Arc<Reactor>,
    url: String,
    base: Path,
}

/// A runtime that may be dropped wherever the sink is, in asynchronous code too.
struct Reactor(Option<Runtime>);

impl Reactor {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.as_ref().expect("the runtime goes in drop").block_on(future)
    }
}

impl Drop for Reactor {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The store itself knows credentials.
        formatter.debug_struct("Store").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Store {
    /// The store of `url`, with options and with variables such as `AWS_REGION`; or what is wrong, and help.
    pub(crate) fn open(
        url: &str,
        environment: &Environment,
        options: &[(String, String)],
    ) -> Result<Self, (String, String)> {
        let parsed = Url::parse(url).map_err(|error| {
            (format!("`{url}` is no URL: {error}"), "write it as `s3://bucket/folder/`".to_owned())
        })?;
        let known = ["s3", "s3a", "gs", "az", "azure", "abfs", "abfss", "memory"];
        if !known.contains(&parsed.scheme()) {
            let problem = format!("`{}://` is no place that rows can go", parsed.scheme());
            return Err((problem, "known: s3, gs, az, memory, or a path on this machine".into()));
        }
        // Unknown names are passed over by the store's builder, which is what makes this safe.
        let variables = environment
            .names()
            .filter_map(|name| Some((name.to_lowercase(), environment.get(name)?.to_owned())));
        let options = variables.chain(options.iter().cloned());
        let (store, base) = object_store::parse_url_opts(&parsed, options).map_err(|error| {
            (error.to_string(), "docs/outputs.md lists the variables and options".to_owned())
        })?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| (error.to_string(), String::new()))?;
        Ok(Self {
            store: Arc::from(store),
            runtime: Arc::new(Reactor(Some(runtime))),
            url: url.to_owned(),
            base,
        })
    }

    /// The URL, for messages.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The object whose name is that of this one, without its extension or final `/`, and `suffix`.
    pub(crate) fn beside(&self, suffix: &str) -> Self {
        let stem = |name: &str| match name.trim_end_matches('/').rsplit_once('.') {
            Some((stem, extension)) if !extension.contains('/') && !name.ends_with('/') => stem.to_owned(),
            _ => name.trim_end_matches('/').to_owned(),
        };
        let url = stem(&self.url) + suffix;
        // Of a folder the base has no final `/`, and a `.` in it begins no extension.
        let base = match self.url.ends_with('/') {
            true => format!("{}{suffix}", self.base),
            false => stem(self.base.as_ref()) + suffix,
        };
        Self { url, base: Path::from(base), ..self.clone() }
    }

    /// The object below the URL; the URL itself for an empty name.
    fn at(&self, name: &str) -> Path {
        // Names are encoded already where they hold values of rows.
        let whole = format!("{}/{name}", self.base);
        Path::parse(whole.trim_matches('/')).unwrap_or_else(|_| Path::from(whole))
    }

    fn error(&self, name: &str) -> impl Fn(object_store::Error) -> SinkError {
        let target = format!("{}{name}", self.url);
        move |error| SinkError::Store { target: target.clone(), source: root_cause(&error).into() }
    }

    /// Sends a file that is complete.
    pub(crate) fn upload(&self, name: &str, mut file: File) -> Result<(), SinkError> {
        let path = self.at(name);
        let io_error = |error: std::io::Error| {
            self.error(name)(object_store::Error::Generic { store: "this machine", source: Box::new(error) })
        };
        file.rewind().map_err(io_error)?;
        let length = file.metadata().map_err(io_error)?.len();
        let mut buffer = Vec::new();
        if length <= PART_BYTES as u64 {
            file.read_to_end(&mut buffer).map_err(io_error)?;
            let put = self.store.put(&path, PutPayload::from(buffer));
            return self.runtime.block_on(put).map(drop).map_err(self.error(name));
        }
        self.runtime.block_on(async {
            let upload = self.store.put_multipart(&path).await.map_err(self.error(name))?;
            let mut parts = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
            let mut buffer = vec![0; PART_BYTES];
            loop {
                let n_read = match file.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(n_read) => n_read,
                    Err(error) => {
                        // What was sent would be paid for otherwise.
                        let _ = parts.abort().await;
                        return Err(io_error(error));
                    }
                };
                parts.wait_for_capacity(MAX_PARTS).await.map_err(self.error(name))?;
                parts.write(&buffer[..n_read]);
            }
            parts.finish().await.map(drop).map_err(self.error(name))
        })
    }

    /// Puts a small object in the place of the version that was read, or of none.
    ///
    /// # Errors
    /// [`SinkError::Conflict`] when another version is there.
    pub(crate) fn replace(
        &self,
        name: &str,
        bytes: Vec<u8>,
        version: Option<UpdateVersion>,
    ) -> Result<(), SinkError> {
        let mode = version.map_or(PutMode::Create, PutMode::Update);
        let options = PutOptions { mode, ..PutOptions::default() };
        let path = self.at(name);
        let put = self.store.put_opts(&path, PutPayload::from(bytes), options);
        self.runtime.block_on(put).map(drop).map_err(|error| match error {
            object_store::Error::Precondition { .. } | object_store::Error::AlreadyExists { .. } => {
                SinkError::Conflict { target: self.url.clone() }
            }
            error => self.error(name)(error),
        })
    }

    /// A small object and its version; `None` when there is none.
    pub(crate) fn get(&self, name: &str) -> Result<Option<(Vec<u8>, ObjectMeta)>, SinkError> {
        let path = self.at(name);
        let got = self.runtime.block_on(async {
            let found = match self.store.get(&path).await {
                Ok(found) => found,
                Err(object_store::Error::NotFound { .. }) => return Ok(None),
                Err(error) => return Err(error),
            };
            let meta = found.meta.clone();
            Ok(Some((found.bytes().await?.to_vec(), meta)))
        });
        got.map_err(self.error(name))
    }

    /// Whether there is such an object.
    pub(crate) fn exists(&self, name: &str) -> Result<bool, SinkError> {
        match self.runtime.block_on(self.store.head(&self.at(name))) {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(self.error(name)(error)),
        }
    }

    /// A copy of an object on this machine.
    pub(crate) fn download(&self, name: &str) -> Result<File, SinkError> {
        let path = self.at(name);
        let write = |error: std::io::Error| SinkError::write(&std::env::temp_dir())(error);
        let mut file = tempfile::tempfile().map_err(write)?;
        self.runtime.block_on(async {
            let mut stream = self.store.get(&path).await.map_err(self.error(name))?.into_stream();
            while let Some(chunk) = stream.try_next().await.map_err(self.error(name))? {
                file.write_all(&chunk).map_err(write)?;
            }
            Ok::<_, SinkError>(())
        })?;
        file.rewind().map_err(write)?;
        Ok(file)
    }

    /// All objects below the URL, by the rest of their names.
    pub(crate) fn list(&self) -> Result<Vec<(String, ObjectMeta)>, SinkError> {
        let list = self.store.list(Some(&self.base)).try_collect::<Vec<ObjectMeta>>();
        let found = self.runtime.block_on(list).map_err(self.error(""))?;
        let name = |meta: ObjectMeta| {
            let parts: Vec<String> =
                meta.location.prefix_match(&self.base)?.map(|part| part.as_ref().to_owned()).collect();
            Some((parts.join("/"), meta))
        };
        Ok(found.into_iter().filter_map(name).collect())
    }

    /// Removes an object; one that is not there is no error.
    pub(crate) fn delete(&self, name: &str) -> Result<(), SinkError> {
        match self.runtime.block_on(self.store.delete(&self.at(name))) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.error(name)(error)),
        }
    }
}

/// What is at the bottom of an error, whose every layer repeats the ones below it; of XML, what it says.
fn root_cause(error: &object_store::Error) -> String {
    let mut root: &dyn std::error::Error = error;
    while let Some(inner) = root.source() {
        root = inner;
    }
    let text = root.to_string();
    let between = |start: &str, end: &str| {
        let rest = text.split_once(start)?.1;
        Some(rest.split_once(end)?.0)
    };
    let status = text.split_once(": <").map(|(status, _)| status);
    match (status, between("<Code>", "</Code>"), between("<Message>", "</Message>")) {
        (Some(status), Some(code), Some(message)) => format!("{status}: {code}: {message}"),
        _ => text,
    }
}
