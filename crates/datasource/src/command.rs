//! `kind: command`: a program that speaks the Singer protocol on its standard output.
//!
//! The protocol is lines of JSON: `SCHEMA` describes a stream, `RECORD` holds one record of it, `STATE` says how far
//! the program has come (Singer specification 0.3). The records of the query's stream become pages, each an array.

mod files;
mod message;
mod process;
mod schema;

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
use pipeline_query::{Position, Query, Values};
use pipeline_transport::{Redactor, StatsSnapshot};

use crate::{
    Datasource, DatasourceBuild, DatasourceContext, DatasourceError, Page, PageColumn, PageStream, Tested,
    UnusedKey, decode::array, origin, unused,
};
use files::{Catalog, Files};
use message::Message;
use process::Process;

pub(crate) const KIND: Kind<DatasourceBuild> = Kind {
    name: "command",
    summary: "Any Singer tap, or a program of yours that prints SCHEMA, RECORD and STATE; `query.path` names the stream.",
    fields: &[
        Field::required(
            "command",
            Shape::List(&Shape::Text),
            "The program and its arguments. It runs in the folder that `pipeline` was started in, where relative paths in them start.",
        ),
        Field::optional("config", Shape::Any, "The program's settings, handed over as `--config FILE`."),
        Field::optional(
            "catalog",
            Shape::Any,
            "Handed over as `--catalog FILE`: the path of a file, the catalog itself, or `discover` to ask the program \
             for it and select the stream of the query.",
        ),
        Field::optional(
            "state",
            Shape::Any,
            "Handed over as `--state FILE`: the path of a file, or the state itself.",
        ),
        Field::optional("env", Shape::Map(&Shape::Text), "Further variables of its environment."),
        Field::default("page_size", Shape::Integer(1, 1_000_000), "1000", "Records per page."),
    ],
    build,
};

/// Bytes of a page: as many as a line may have, which is as many as a converter takes unless told otherwise.
const MAX_PAGE: u64 = process::MAX_LINE;

/// How many streams a message names.
const MAX_NAMED: usize = 20;

struct Tap {
    program: String,
    arguments: Vec<String>,
    env: Vec<(String, String)>,
    files: Files,
    page_size: usize,
    redactor: Redactor,
    /// Bytes of pages so far.
    n_bytes: AtomicU64,
}

impl std::fmt::Debug for Tap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Arguments, variables and config may hold credentials.
        f.debug_struct("Tap").field("program", &self.program).finish_non_exhaustive()
    }
}

fn build(section: &Section<'_>, context: &DatasourceContext) -> Option<Arc<dyn Datasource>> {
    let files = Files::read(section);
    let words = section.texts("command");
    section.hide_arguments(&words);
    let mut words = words.into_iter().map(|word| word.value);
    let program = words.next().filter(|word| !word.is_empty())?;
    let text = |(name, template): (String, pipeline_config::Template)| (name, template.to_source());
    Some(Arc::new(Tap {
        program,
        arguments: words.collect(),
        env: section.templates("env").into_iter().map(text).collect(),
        files: files?,
        page_size: section.integer("page_size").unwrap_or(1000) as usize,
        redactor: context.redactor.clone(),
        n_bytes: AtomicU64::new(0),
    }))
}

impl Tap {
    async fn start(&self, stream: &str) -> Result<Process, DatasourceError> {
        let mut folder = self.files.write(&self.program)?;
        if let Catalog::Discover = self.files.catalog {
            let mut discovery = Process::start(self, &folder.arguments_to_discover(), &folder)?;
            let catalog = discovery.whole_output().await?;
            folder.add_catalog(&self.program, &catalog, stream)?;
        }
        let arguments = folder.arguments();
        Ok(Process::start(self, &arguments, &folder)?.with_files(folder))
    }
}

/// Where the stream of pages is.
struct Paging {
    tap: Arc<Tap>,
    process: Option<Process>,
    /// The stream asked for; when the query names none, the first that comes.
    stream: Option<String>,
    is_named: bool,
    /// Other streams that came, for messages.
    others: Vec<String>,
    records: Vec<String>,
    /// Bytes of them.
    n_bytes: u64,
    columns: Option<Arc<[PageColumn]>>,
    /// The last state, and the one before this page's records.
    state: Option<String>,
    state_before: Option<String>,
    n_pages: usize,
    is_over: bool,
}

impl Paging {
    /// The next page; `None` at the end.
    async fn page(&mut self) -> Result<Option<Page>, DatasourceError> {
        if self.is_over {
            return Ok(None);
        }
        let mut process = match self.process.take() {
            Some(process) => process,
            None => self.tap.start(self.stream.as_deref().unwrap_or_default()).await?,
        };
        while let Some(message) = process.message().await? {
            match message {
                Message::Schema { stream, columns } if self.is_ours(&stream)? => {
                    self.columns = Some(columns.into());
                }
                Message::Record { stream, record } if self.is_ours(&stream)? => {
                    // Only a further record tells that the page before it is not the last.
                    let page = self.is_full(&record).then(|| self.made());
                    self.n_bytes += record.len() as u64;
                    self.records.push(record);
                    if let Some(mut page) = page {
                        page.next = Some(place(self.state.as_ref(), self.n_pages));
                        self.process = Some(process);
                        return Ok(Some(page));
                    }
                }
                Message::State(state) => self.state = Some(state),
                Message::Schema { .. } | Message::Record { .. } | Message::Other => {}
            }
        }
        process.end().await?;
        self.is_over = true;
        match &self.stream {
            Some(stream) if self.columns.is_none() && self.records.is_empty() && self.n_pages == 0 => {
                let problem = match self.others.as_slice() {
                    [] => format!("printed no stream `{stream}`, nor any other"),
                    others => format!(
                        "printed no stream `{stream}`; it has {}",
                        pipeline_config::escaped(&others.join(", "))
                    ),
                };
                Err(DatasourceError::Command { command: self.tap.program.clone(), problem })
            }
            _ if self.records.is_empty() => Ok(None),
            _ => Ok(Some(self.made())),
        }
    }

    /// Whether there is no room for a record on the page, by number or by size.
    fn is_full(&self, record: &str) -> bool {
        let n_bytes = self.n_bytes + record.len() as u64;
        self.records.len() >= self.tap.page_size || !self.records.is_empty() && n_bytes > MAX_PAGE
    }

    /// Whether a stream is the one asked for.
    fn is_ours(&mut self, stream: &str) -> Result<bool, DatasourceError> {
        let ours = self.stream.get_or_insert_with(|| stream.to_owned());
        if ours == stream {
            return Ok(true);
        }
        if self.others.len() < MAX_NAMED && !self.others.iter().any(|other| other == stream) {
            self.others.push(stream.to_owned());
        }
        if self.is_named {
            return Ok(false);
        }
        Err(DatasourceError::Command {
            command: self.tap.program.clone(),
            problem: format!("has several streams, `{ours}` and `{stream}`; name one in `query.path`"),
        })
    }

    /// The records so far as a page.
    fn made(&mut self) -> Page {
        let index = self.n_pages;
        self.n_pages += 1;
        let position = place(self.state_before.as_ref(), index);
        self.state_before.clone_from(&self.state);
        let body = array(self.records.iter().map(String::as_str));
        self.records.clear();
        self.n_bytes = 0;
        self.tap.n_bytes.fetch_add(body.len() as u64, Ordering::Relaxed);
        let url = format!("{} {}", self.tap.program, self.stream.as_deref().unwrap_or_default());
        Page { columns: self.columns.clone(), ..Page::new(index, position, url, body) }
    }
}

/// Where a page is: after a state, once there is one.
fn place(state: Option<&String>, page: usize) -> Position {
    state.map_or(Position::Page(page as u64), |state| Position::Cursor(state.clone()))
}

#[async_trait]
impl Datasource for Tap {
    fn pages(self: Arc<Self>, query: Arc<Query>, values: Arc<Values>) -> PageStream {
        let stream = Some(query.target(&values)).filter(|name| !name.is_empty());
        let max_pages =
            query.max_pages().map_or(usize::MAX, |max| usize::try_from(max).unwrap_or(usize::MAX));
        let paging = Paging {
            tap: self,
            process: None,
            is_named: stream.is_some(),
            stream,
            others: Vec::new(),
            records: Vec::new(),
            n_bytes: 0,
            columns: None,
            state: None,
            state_before: None,
            n_pages: 0,
            is_over: false,
        };
        let step = |mut paging: Paging| async move {
            match paging.page().await {
                Ok(page) => Some((Ok(page?), paging)),
                Err(error) => {
                    paging.is_over = true;
                    Some((Err(error), paging))
                }
            }
        };
        stream::unfold(paging, step).take(max_pages).boxed()
    }

    fn origin(&self) -> Vec<String> {
        let env = self.env.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let mut origin = vec![self.program.clone()];
        origin.extend(origin::of_arguments(&self.arguments));
        origin.extend(origin::of_named(env));
        origin.extend(self.files.origin());
        origin
    }

    fn unused_keys(&self) -> &'static [UnusedKey] {
        unused::OF_COMMANDS
    }

    /// Starts the program and waits for its first message.
    async fn test(&self) -> Result<Tested, DatasourceError> {
        let started = Instant::now();
        let mut process = self.start("").await?;
        if process.message().await?.is_none() {
            process.end().await?;
        }
        Ok(Tested { url: self.program.clone(), status: 0, account: None, elapsed: started.elapsed() })
    }

    fn stats(&self) -> StatsSnapshot {
        StatsSnapshot { bytes: self.n_bytes.load(Ordering::Relaxed), ..StatsSnapshot::default() }
    }
}

#[cfg(test)]
mod tests;
