//! One place in a store.

use std::{
    fmt,
    fs::File,
    io::{Read, Seek, Write},
    sync::Arc,
};

use bytes::Bytes;
use futures::{TryStreamExt, stream::BoxStream};
use object_store::{
    ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, UpdateVersion, path::Path,
};
use pipeline_config::Environment;
use tokio::runtime::Runtime;
use url::Url;

use crate::{
    ending::ended,
    error::{StoreError, root_cause},
    multipart::{self, PART_BYTES},
    options::{is_known, refuse_http},
};

/// What URLs of stores begin with.
const SCHEMES: [&str; 8] = ["s3", "s3a", "gs", "az", "azure", "abfs", "abfss", "memory"];

/// Whether a text is an URL, of a store or not, in place of a path on this machine.
pub fn is_url(text: &str) -> bool {
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    !scheme.is_empty()
        && scheme != "file"
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// A store and the place in it that an URL names.
#[derive(Clone)]
pub struct Store {
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
    /// The store of `url`, with options and with variables such as `AWS_REGION`; nothing is sent yet.
    ///
    /// # Errors
    /// What is wrong with the URL or the options, and help.
    pub fn open(
        url: &str,
        environment: &Environment,
        options: &[(String, String)],
    ) -> Result<Self, (String, String)> {
        let parsed = Url::parse(url).map_err(|error| {
            (format!("`{url}` is no URL: {error}"), "write it as `s3://bucket/folder/`".to_owned())
        })?;
        if !SCHEMES.contains(&parsed.scheme()) {
            let problem = format!("`{}://` is no object store", parsed.scheme());
            return Err((problem, "known: s3, gs, az, memory, or a path on this machine".into()));
        }
        if let Some((mark, encoded)) = cut_off_by(&parsed) {
            let problem = format!("`{url}` names an object up to its `{mark}`");
            return Err((problem, format!("write `{encoded}` where the name has one")));
        }
        if let Some((name, _)) = options.iter().find(|(name, _)| !is_known(parsed.scheme(), name)) {
            let problem = format!("`{}://` has no option `{name}`", parsed.scheme());
            return Err((problem, "docs/outputs.md lists the variables and options".to_owned()));
        }
        // Unknown variables are passed over by the store's builder, which is what makes this safe.
        let variables = environment
            .names()
            .filter_map(|name| Some((name.to_lowercase(), environment.get(name)?.to_owned())));
        let options: Vec<(String, String)> = variables.chain(options.iter().cloned()).collect();
        refuse_http(parsed.scheme(), &options)?;
        // Clients for HTTPS ask the process for its TLS provider. An error means that one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (store, base) = object_store::parse_url_opts(&parsed, options).map_err(|error| {
            (error.to_string(), "docs/outputs.md lists the variables and options".to_owned())
        })?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| (error.to_string(), String::new()))?;
        Ok(Self {
            store: Arc::from(store),
            runtime: Arc::new(Reactor(Some(runtime))),
            url: plain(&parsed, &base),
            base,
        })
    }

    /// The URL in its one form, for messages and to compare targets: without `.` and `..`, and with names as they are.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The URL of an object below this one, for messages.
    pub fn url_of(&self, name: &str) -> String {
        format!("{}{name}", self.url)
    }

    /// The object whose name is that of this one, without its extension or final `/`, and `suffix`.
    pub fn beside(&self, suffix: &str) -> Self {
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

    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    pub(crate) fn error(&self, name: &str) -> impl Fn(object_store::Error) -> StoreError {
        let target = self.url_of(name);
        move |error| StoreError::Answer { target: target.clone(), source: root_cause(&error).into() }
    }

    /// Sends a file that is complete, and looks whether all of it is there: an answer may come from something in between.
    ///
    /// # Errors
    /// [`StoreError::Answer`], [`StoreError::NotStored`], and [`StoreError::Interrupted`] within [`unless_ended`](crate::unless_ended).
    pub fn upload(&self, name: &str, file: File) -> Result<(), StoreError> {
        let sent = self.send(name, file)?;
        let found = match self.runtime.block_on(self.store.head(&self.at(name))) {
            Ok(meta) => Some(meta.size),
            Err(object_store::Error::NotFound { .. }) => None,
            Err(error) => return Err(self.error(name)(error)),
        };
        match found {
            Some(size) if size == sent => Ok(()),
            found => Err(StoreError::NotStored { target: self.url_of(name), sent, found }),
        }
    }

    /// Sends a file, and says how many bytes that were.
    fn send(&self, name: &str, mut file: File) -> Result<u64, StoreError> {
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
            return self.runtime.block_on(put).map(|_| length).map_err(self.error(name));
        }
        self.runtime.block_on(async {
            let mut upload = self.store.put_multipart(&path).await.map_err(self.error(name))?;
            match multipart::send(&mut *upload, file, ended()).await {
                Ok(true) => Ok(length),
                Ok(false) => Err(StoreError::Interrupted { target: self.url_of(name) }),
                Err(error) => Err(self.error(name)(error)),
            }
        })
    }

    /// Puts a small object in the place of the version that was read, or of none.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another version is there.
    pub fn replace(
        &self,
        name: &str,
        bytes: Vec<u8>,
        version: Option<UpdateVersion>,
    ) -> Result<(), StoreError> {
        let mode = version.map_or(PutMode::Create, PutMode::Update);
        let options = PutOptions { mode, ..PutOptions::default() };
        let path = self.at(name);
        let put = self.store.put_opts(&path, PutPayload::from(bytes), options);
        self.runtime.block_on(put).map(drop).map_err(|error| match error {
            object_store::Error::Precondition { .. } | object_store::Error::AlreadyExists { .. } => {
                StoreError::Conflict { target: self.url.clone() }
            }
            error => self.error(name)(error),
        })
    }

    /// A small object and its version; `None` when there is none.
    ///
    /// # Errors
    /// [`StoreError::Answer`].
    pub fn get(&self, name: &str) -> Result<Option<(Vec<u8>, ObjectMeta)>, StoreError> {
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
    ///
    /// # Errors
    /// [`StoreError::Answer`].
    pub fn exists(&self, name: &str) -> Result<bool, StoreError> {
        match self.runtime.block_on(self.store.head(&self.at(name))) {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(self.error(name)(error)),
        }
    }

    /// A copy of an object on this machine.
    ///
    /// # Errors
    /// [`StoreError::Answer`], [`StoreError::Disk`].
    pub fn download(&self, name: &str) -> Result<File, StoreError> {
        let path = self.at(name);
        let write = |source: std::io::Error| StoreError::Disk { path: std::env::temp_dir(), source };
        let mut file = tempfile::tempfile().map_err(write)?;
        self.runtime.block_on(async {
            let mut stream = self.store.get(&path).await.map_err(self.error(name))?.into_stream();
            while let Some(chunk) = stream.try_next().await.map_err(self.error(name))? {
                file.write_all(&chunk).map_err(write)?;
            }
            Ok::<_, StoreError>(())
        })?;
        file.rewind().map_err(write)?;
        Ok(file)
    }

    /// The bytes of an object.
    pub(crate) fn stream(
        &self,
        name: &str,
    ) -> Result<BoxStream<'static, object_store::Result<Bytes>>, StoreError> {
        let found = self.runtime.block_on(self.store.get(&self.at(name)));
        Ok(found.map_err(self.error(name))?.into_stream())
    }

    /// All objects below the URL, by the rest of their names.
    ///
    /// # Errors
    /// [`StoreError::Answer`].
    pub fn list(&self) -> Result<Vec<(String, ObjectMeta)>, StoreError> {
        self.list_below("")
    }

    /// All objects below a folder below the URL, by the rest of their names after the URL.
    ///
    /// # Errors
    /// [`StoreError::Answer`].
    pub fn list_below(&self, folder: &str) -> Result<Vec<(String, ObjectMeta)>, StoreError> {
        let list = self.store.list(Some(&self.at(folder))).try_collect::<Vec<ObjectMeta>>();
        let found = self.runtime.block_on(list).map_err(self.error(folder))?;
        let name = |meta: ObjectMeta| {
            let parts: Vec<String> =
                meta.location.prefix_match(&self.base)?.map(|part| part.as_ref().to_owned()).collect();
            Some((parts.join("/"), meta))
        };
        Ok(found.into_iter().filter_map(name).collect())
    }

    /// Whether the place can be listed; it may be empty.
    ///
    /// # Errors
    /// [`StoreError::Answer`].
    pub fn test(&self) -> Result<(), StoreError> {
        let mut list = self.store.list(Some(&self.base));
        self.runtime.block_on(list.try_next()).map(drop).map_err(self.error(""))
    }

    /// Removes an object; one that is not there is no error.
    ///
    /// # Errors
    /// [`StoreError::Answer`].
    pub fn delete(&self, name: &str) -> Result<(), StoreError> {
        match self.runtime.block_on(self.store.delete(&self.at(name))) {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.error(name)(error)),
        }
    }
}

/// What ends the path of an URL, and how it is written in a name.
fn cut_off_by(url: &Url) -> Option<(&'static str, &'static str)> {
    match (url.query(), url.fragment()) {
        (Some(_), _) => Some(("?", "%3F")),
        (None, Some(_)) => Some(("#", "%23")),
        (None, None) => None,
    }
}

/// The one form of an URL.
fn plain(url: &Url, base: &Path) -> String {
    let scheme = if url.scheme() == "s3a" { "s3" } else { url.scheme() };
    let end = if url.path().ends_with('/') && !base.as_ref().is_empty() { "/" } else { "" };
    let begin = if url.path().is_empty() { "" } else { "/" };
    format!("{scheme}://{}{begin}{base}{end}", url.authority())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_opened_is_told_before_anything_is_sent() {
        let check = |url: &str, option: &str, problem: &str| {
            let options = [(option.to_owned(), "x".to_owned())];
            let opened = Store::open(url, &Environment::empty(), &options[..usize::from(!option.is_empty())]);
            assert_eq!(
                opened.err().map(|(problem, _)| problem).as_deref().unwrap_or("opened"),
                problem,
                "{url}"
            );
        };
        check("s3://bucket/folder/", "aws_region", "opened");
        check("s3://bucket/folder/", "proxy_url", "opened");
        check(
            "gs://bucket",
            "google_service_account_keys",
            "`gs://` has no option `google_service_account_keys`",
        );
        check("s3://bucket", "aws_regoin", "`s3://` has no option `aws_regoin`");
        check("az://container", "aws_region", "`az://` has no option `aws_region`");
        check("ftp://host/x", "", "`ftp://` is no object store");
    }

    #[test]
    fn an_endpoint_without_encryption_is_refused_unless_somebody_allows_it() {
        let check = |url: &str, variables: &[(&str, &str)], options: &[(&str, &str)], expected: bool| {
            let owned = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
                pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
            };
            let environment = Environment::empty().with(owned(variables));
            let opened = Store::open(url, &environment, &owned(options));
            let refused = opened.err().map(|(problem, help)| format!("{problem}\n{help}"));
            assert_eq!(refused.is_none(), expected, "{url} {variables:?} {options:?} {refused:?}");
            assert!(refused.is_none_or(|told| told.contains("allow_http: true") && !told.contains("host")));
        };
        let http = "http://u:p@host:9000";
        let s3 = "s3://bucket/t/";
        check(s3, &[("AWS_ENDPOINT", http)], &[], false);
        check(s3, &[], &[("aws_endpoint", http)], false);
        check(s3, &[("AWS_ENDPOINT_URL_S3", http), ("AWS_ENDPOINT", "https://host")], &[], false);
        check(
            s3,
            &[("AWS_ALLOW_HTTP", "true")],
            &[("aws_endpoint", http), ("aws_allow_http", "false")],
            false,
        );
        check(s3, &[("AWS_ENDPOINT", http)], &[("aws_allow_http", "true")], true);
        check(s3, &[("AWS_ENDPOINT", http), ("AWS_ALLOW_HTTP", "TRUE")], &[], true);
        check(s3, &[("AWS_ENDPOINT", http)], &[("aws_endpoint", "https://host")], true);
        check(s3, &[("AZURE_ENDPOINT", http)], &[], true);
        let azure = "az://container/t/";
        let account = ("azure_storage_account_name", "account");
        check(azure, &[], &[account, ("azure_endpoint", http)], false);
        check(azure, &[], &[account, ("azure_endpoint", http), ("azure_allow_http", "true")], true);
        check("memory:///t/", &[("AWS_ENDPOINT", http)], &[], true);
    }

    #[test]
    fn a_place_has_one_url() {
        let check = |url: &str, expected: &str| {
            let opened = Store::open(url, &Environment::empty(), &[]);
            assert_eq!(opened.map(|store| store.url().to_owned()), Ok(expected.to_owned()), "{url}");
        };
        for url in ["s3://b/t/", "S3://b/t/", "s3a://b/t/", "s3://b/x/../t/", "s3://b/./t/", "s3://b/%74/"] {
            check(url, "s3://b/t/");
        }
        check("s3://b/a b/t.csv", "s3://b/a b/t.csv");
        check("s3://b/a%20b/t.csv", "s3://b/a b/t.csv");
        check("s3://b", "s3://b");
        check("s3://b/", "s3://b/");
        check("memory:///t/", "memory:///t/");
        for (url, help) in [("s3://b/t?x=1", "write `%3F`"), ("s3://b/t#1/", "write `%23`")] {
            let (problem, found) = Store::open(url, &Environment::empty(), &[]).unwrap_err();
            assert!(problem.contains("up to its") && found.contains(help), "{problem}: {found}");
        }
    }

    #[test]
    fn an_url_is_no_path() {
        let check = |text: &str, expected: bool| assert_eq!(is_url(text), expected, "{text}");
        check("s3://bucket", true);
        check("ftp://x", true);
        check("file:///tmp", false);
        check("out/a://b", false);
        check("../data", false);
        check("://", false);
    }

    #[test]
    fn objects_are_listed_below_a_folder_and_read() {
        let store = Store::open("memory:///in/", &Environment::empty(), &[]).unwrap();
        for name in ["a/1.json", "a/2.json", "b/1.json"] {
            store.replace(name, name.into(), None).unwrap();
        }
        let names = |folder: &str| -> Vec<String> {
            store.list_below(folder).unwrap().into_iter().map(|(name, _)| name).collect()
        };
        assert_eq!(names("a"), ["a/1.json", "a/2.json"]);
        assert_eq!(names(""), ["a/1.json", "a/2.json", "b/1.json"]);
        let mut text = String::new();
        store.reader("b/1.json").unwrap().read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), store.url_of("b/1.json").as_str()), ("b/1.json", "memory:///in/b/1.json"));
        let error = store.reader("c.json").unwrap_err();
        assert!(
            matches!(error, StoreError::Answer { ref target, .. } if target == "memory:///in/c.json"),
            "{error}"
        );
    }
}
