//! From a file to what was decided.

mod incremental;
mod order;
mod own_rows;
mod rows_hash;
mod unused;

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use jiff::Timestamp;
use pipeline_config::{
    Diagnostic, Environment, Invalid, Node, Reader, Section, Severity, Span, Style, fingerprint, is_invisible,
};
use pipeline_converter::{ConverterSpec, DeterministicEnv};
use pipeline_datasource::{Datasource, DatasourceContext, Shared};
use pipeline_history::Outputs;
use pipeline_query::{ForEach, QUERY_FIELDS, Query, Values};
use pipeline_schedule::{SCHEDULE_FIELDS, ScheduleSpec};
use pipeline_sink::{Sink, TargetPlace};
use pipeline_table::{Checks, DeclaredColumns};
use pipeline_transport::Redactor;
use pipeline_worker::ConverterSetup;

use crate::{
    cluster::Origin,
    outputs::sink_of_run,
    params::{self, ParamSpec},
    plan::order::in_order,
    progress::{Observer, Waits},
    registry::Registry,
    run::{FetchPlan, RunError},
    spec::{DEFAULT_MAX_AGE, PIPELINE_FIELDS, RESUME_FIELDS, TABLE_FIELDS},
};

/// What a file is read with.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// For `${VAR}`.
    pub environment: Environment,
    /// From the command line, as (name, value).
    pub params: Vec<(String, String)>,
    /// When the run begins; everything that goes by time goes by this.
    pub now: Timestamp,
    /// The folder below which locks, journals and the history are kept.
    pub state: PathBuf,
    /// The folder below which logins are kept; those at the sandbox end with it.
    pub logins: PathBuf,
    /// Which targets runs write to.
    pub outputs: Outputs,
    /// Learns every secret.
    pub redactor: Redactor,
    /// Hears of waits.
    pub observer: Arc<dyn Observer>,
    /// For diagnostics.
    pub style: Style,
}

/// A plan, and what was odd about its file.
#[derive(Debug)]
pub struct Loaded {
    /// What to do.
    pub plan: Plan,
    /// Warnings, rendered; empty when there are none.
    pub warnings: String,
}

/// Everything decided about a run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The pipeline's name.
    pub name: String,
    /// Names this run.
    pub run_id: String,
    /// When this run began.
    pub started_at: Timestamp,
    /// Its tables, in the order of the file.
    pub tables: Vec<TablePlan>,
    /// Words to choose it by.
    pub tags: Vec<String>,
    /// When `pipeline serve` runs it; `None` where only people do.
    pub schedule: Option<ScheduleSpec>,
    /// Who is asked.
    pub(crate) datasource: Arc<dyn Datasource>,
    /// Names what is run: files, parameters and variables, credentials left out.
    pub(crate) config_hash: String,
    /// How old a run may be that is gone on with; `None` where none is.
    pub(crate) resume: Option<std::time::Duration>,
    /// The folder below which locks, journals and the history are kept.
    pub(crate) state: PathBuf,
    /// Which targets its runs write to.
    pub(crate) outputs: Outputs,
    /// Takes known credentials out of texts.
    pub redactor: Redactor,
    /// The parameters and variables that texts of the file may name.
    pub values: Arc<Values>,
    /// What converters see of time and chance.
    deterministic: DeterministicEnv,
    /// The program that converters run in.
    worker: Option<PathBuf>,
    /// What it was read from.
    pub(crate) origin: Arc<Origin>,
}

impl Plan {
    /// The table of this name.
    pub fn table(&self, name: &str) -> Option<&TablePlan> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// The same plan for another run, which begins at `now`; connections, rate limits and logins are shared.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Self {
        let run_id = run_id(now);
        let values = self.values.with("run", "id", &*run_id).with("run", "started_at", now.to_string());
        Self {
            run_id,
            started_at: now,
            values: Arc::new(values),
            deterministic: deterministic(now),
            ..self.clone()
        }
    }

    /// What the converters of a table are made from.
    pub fn converter_setup(&self, table: &TablePlan, columns: &Arc<DeclaredColumns>) -> ConverterSetup {
        ConverterSetup {
            spec: table.converter.clone(),
            columns: Arc::clone(columns),
            takes_types: table.takes_types,
            deterministic: self.deterministic,
            table: table.name.clone(),
            written_params: table.query.written_params(),
            run_id: self.run_id.clone(),
            program: self.worker.clone(),
        }
    }
}

/// One table.
#[derive(Debug, Clone)]
pub struct TablePlan {
    /// Its name; for a pipeline of one table, the pipeline's.
    pub name: String,
    /// What is asked.
    pub query: Arc<Query>,
    /// What makes rows of pages.
    pub converter: ConverterSpec,
    /// The declared columns.
    pub(crate) columns: Arc<DeclaredColumns>,
    /// Whether rows are the records as they came, so that what the source says of their types holds for the columns.
    pub(crate) takes_types: bool,
    /// What is checked of the rows.
    pub(crate) checks: Arc<Checks>,
    /// Where the rows go.
    pub(crate) sink: Arc<dyn Sink>,
    /// The target that the file names, where the sink is another one because of the sandbox.
    pub(crate) in_place_of: Option<String>,
    /// Names what decides its rows: without comments, limits, checks, schedule and tags.
    pub(crate) rows_hash: String,
}

impl Plan {
    /// The values of a first run, which asks for everything.
    pub(crate) fn first_values(&self, table: &TablePlan) -> Arc<Values> {
        match table.query.incremental() {
            Some(incremental) => {
                Arc::new(incremental.values(&self.values, &incremental.range(None, self.started_at)))
            }
            None => Arc::clone(&self.values),
        }
    }

    /// The table that another one goes through.
    pub(crate) fn parent(&self, each: &ForEach) -> Result<&TablePlan, RunError> {
        self.table(&each.table.value).ok_or(RunError::Bug("a table goes through one that is not there"))
    }

    /// What a table asks, and whom.
    pub(crate) fn fetch_plan(&self, table: &TablePlan) -> FetchPlan {
        FetchPlan {
            datasource: Arc::clone(&self.datasource),
            query: Arc::clone(&table.query),
            values: vec![self.first_values(table)],
        }
    }
}

/// Reads a pipeline file and decides everything that can be decided without a request to a server.
///
/// # Errors
/// [`Invalid`] with all mistakes of the file and of those it names.
pub fn load(registry: &Registry, path: &Path, options: &LoadOptions) -> Result<Loaded, Invalid> {
    load_file(registry, path, (options, None))
}

/// The same in a process that another one coordinates.
pub(crate) fn load_assigned(
    registry: &Registry,
    path: &Path,
    (options, shared): (&LoadOptions, Shared),
) -> Result<Loaded, Invalid> {
    load_file(registry, path, (options, Some(shared)))
}

fn load_file(
    registry: &Registry,
    path: &Path,
    (options, shared): (&LoadOptions, Option<Shared>),
) -> Result<Loaded, Invalid> {
    let reader = Reader::new(options.environment.clone());
    let plan = reader
        .read_file(path, None)
        .and_then(|node| read(&Loader { registry, reader: &reader, options, shared }, path, &node));
    options.redactor.learn(&reader);
    let plan = reader.finish(plan, options.style)?;
    Ok(Loaded { plan, warnings: reader.render(options.style) })
}

pub(crate) struct Loader<'l> {
    pub(crate) registry: &'l Registry,
    pub(crate) reader: &'l Reader,
    pub(crate) options: &'l LoadOptions,
    /// What is done in the process that coordinates this one.
    pub(crate) shared: Option<Shared>,
}

fn read(loader: &Loader<'_>, path: &Path, node: &Node) -> Option<Plan> {
    let section = Section::read(loader.reader, node, PIPELINE_FIELDS);
    let stem = || path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = section.optional_text("name").unwrap_or_else(stem);
    refuse_invisible(loader.reader, &name, section.span_of("name"));
    let started_at = loader.options.now;
    let run_id = run_id(started_at);
    let specs = ParamSpec::read_all(&section);
    let params = params::decide(&specs, &loader.options.params, loader.reader);
    // A parameter without value was reported; queries that use it need not be reported too.
    let mut values: Values = specs
        .iter()
        .map(|spec| ("param".to_owned(), spec.name().to_owned(), String::new()))
        .chain(params.into_iter().map(|(name, value)| ("param".to_owned(), name, value)))
        .chain([
            ("run".to_owned(), "id".to_owned(), run_id.clone()),
            ("run".to_owned(), "started_at".to_owned(), started_at.to_string()),
        ])
        .collect();
    specs.iter().filter(|spec| spec.is_bare()).for_each(|spec| values.set_bare("param", spec.name()));
    let source = datasource_node(loader, &section);
    let datasource = source.as_ref().and_then(|source| datasource_of(loader, source));
    let tables = tables(loader, &section, (&name, &values));
    refuse_shared_targets(&section, &tables);
    if let Some(datasource) = &datasource {
        refuse_by_datasource(loader, &section, (datasource.as_ref(), &values, &tables));
    }
    let mut tables = incremental::refuse_children(loader.reader, in_order(loader.reader, tables));
    rows_hash::add(loader, (node, source.as_deref().zip(datasource.as_deref())), (&mut tables, &values));
    let scripts: Vec<String> = tables.iter().map(|table| table.converter.script.fingerprint()).collect();
    let fingerprints = [loader.reader.fingerprint(), format!("{:?}", loader.options.params)];
    let config_hash = fingerprint(fingerprints.iter().chain(&scripts).map(String::as_str));
    let schedule = schedule(&section, &name);
    let tags = section.texts("tags").into_iter().map(|tag| tag.value).collect();
    Some(Plan {
        config_hash,
        resume: resume(&section),
        tags,
        schedule,
        name,
        run_id,
        started_at,
        tables,
        datasource: datasource?,
        state: loader.options.state.clone(),
        outputs: loader.options.outputs,
        redactor: loader.options.redactor.clone(),
        values: Arc::new(values),
        deterministic: deterministic(started_at),
        worker: loader.registry.worker.clone(),
        origin: Arc::new(origin(loader, path)),
    })
}

/// Reports what does not go with the kind of datasource.
fn refuse_by_datasource(
    loader: &Loader<'_>,
    section: &Section<'_>,
    (datasource, values, tables): (&dyn Datasource, &Values, &[TablePlan]),
) {
    unused::refuse_unused_keys(loader, section, datasource);
    own_rows::refuse(section, (datasource, values), tables);
}

/// What another process needs to read the same file.
fn origin(loader: &Loader<'_>, path: &Path) -> Origin {
    let (params, variables) = (loader.options.params.clone(), loader.reader.variables());
    Origin { path: path.to_owned(), params, variables, files: OnceLock::new() }
}

/// In the order of time; the digits at the end tell runs apart that begin at once, also where the clock stands, from which the
/// system's randomness does not come.
fn run_id(started_at: Timestamp) -> String {
    let number = getrandom::u32().unwrap_or_else(|_| fastrand::u32(..));
    format!("{}-{:04x}", started_at.strftime("%Y%m%dT%H%M%S%.6fZ"), number & 0xffff)
}

/// What converters of a run that began then see of time and chance.
pub(crate) fn deterministic(started_at: Timestamp) -> DeterministicEnv {
    let milliseconds = started_at.as_millisecond();
    DeterministicEnv { started_at: milliseconds, seed: milliseconds.unsigned_abs() }
}

fn schedule(section: &Section<'_>, name: &str) -> Option<ScheduleSpec> {
    let schedule = section.section("schedule", SCHEDULE_FIELDS)?;
    ScheduleSpec::read(&schedule, name)
}

/// How old a run may be that is gone on with.
fn resume(section: &Section<'_>) -> Option<std::time::Duration> {
    let Some(resume) = section.section("resume", RESUME_FIELDS) else { return Some(DEFAULT_MAX_AGE) };
    resume.boolean("enabled").then(|| resume.duration("max_age").unwrap_or(DEFAULT_MAX_AGE))
}

/// The section itself, or the file that holds it.
pub(crate) fn datasource(loader: &Loader<'_>, section: &Section<'_>) -> Option<Arc<dyn Datasource>> {
    datasource_of(loader, datasource_node(loader, section)?.as_ref())
}

fn datasource_node<'n>(loader: &Loader<'_>, section: &'n Section<'_>) -> Option<Cow<'n, Node>> {
    let node = section.node("datasource")?;
    match loader.reader.scalar(node) {
        Some(path) => {
            let path = loader.reader.folder(node.span).join(path);
            loader.reader.read_file(&path, Some(node.span)).map(Cow::Owned)
        }
        None => Some(Cow::Borrowed(node)),
    }
}

fn datasource_of(loader: &Loader<'_>, node: &Node) -> Option<Arc<dyn Datasource>> {
    let (section, kind) =
        Section::read_kind(loader.reader, node, &loader.registry.datasources, "datasource")?;
    let context = DatasourceContext {
        redactor: loader.options.redactor.clone(),
        observer: Some(Arc::new(Waits(Arc::clone(&loader.options.observer)))),
        state: loader.options.logins.clone(),
        shared: loader.shared.clone(),
    };
    (kind.build)(&section, &context)
}

/// Names of pipelines and tables stand in logs, in terminals and in paths.
fn refuse_invisible(reader: &Reader, name: &str, place: Span) {
    if let Some(c) = name.chars().find(|c| is_invisible(*c)) {
        let message = format!("a name with the character U+{:04X}, which cannot be seen", u32::from(c));
        reader.report(Diagnostic::error("P008", place, message).help("leave it out"));
    }
}

fn tables(loader: &Loader<'_>, section: &Section<'_>, (name, values): (&str, &Values)) -> Vec<TablePlan> {
    let entries = section.entries("tables");
    if entries.is_empty() {
        return table(loader, section, (name, values)).into_iter().collect();
    }
    for key in ["query", "converter", "columns", "checks", "sink"] {
        if section.node(key).is_some() {
            let error = section.error("P004", key, format!("`{key}` stands beside `tables`"));
            loader
                .reader
                .report(error.help(format!("move it into a table, as `tables: {{ …: {{ {key}: … }} }}`")));
        }
    }
    let read = |(key, node): &(pipeline_config::Spanned<String>, Node)| {
        refuse_invisible(loader.reader, &key.value, key.span);
        table(loader, &Section::read(loader.reader, node, TABLE_FIELDS), (&key.value, values))
    };
    entries.iter().filter_map(read).collect()
}

fn table(loader: &Loader<'_>, section: &Section<'_>, (name, values): (&str, &Values)) -> Option<TablePlan> {
    let query = match section.node("query") {
        Some(node) => {
            let query = Section::read(loader.reader, node, QUERY_FIELDS);
            Query::read(&query, values).map(|read| (read, query.optional_text("select")))
        }
        None => {
            report_missing(section, "query", "what to ask");
            None
        }
    };
    let sink = match section.node("sink") {
        Some(node) => Section::read_kind(loader.reader, node, &loader.registry.sinks, "sink")
            .and_then(|(sink, kind)| (kind.build)(&sink)),
        None => {
            report_missing(section, "sink", "where the rows go");
            None
        }
    };
    let columns = Arc::new(DeclaredColumns::read(section, "columns"));
    let select = query.as_ref().and_then(|(_, select)| select.as_deref());
    let converter = ConverterSpec::read(section, select)?;
    let (query, _) = query?;
    let takes_types = section.node("converter").is_none();
    let (sink, in_place_of) = sink_of_run(loader.options.outputs, section, sink?)?;
    let (name, query) = (name.to_owned(), Arc::new(query.with_key(sink.key())));
    incremental::refuse_lost_rows(section, &query, sink.mode());
    let checks = Arc::new(Checks::read(section, "checks"));
    let rows_hash = String::new();
    Some(TablePlan { name, query, converter, columns, takes_types, checks, sink, in_place_of, rows_hash })
}

impl TablePlan {
    /// Where its rows go.
    pub fn sink(&self) -> &Arc<dyn Sink> {
        &self.sink
    }

    /// Its contract.
    pub fn columns(&self) -> &Arc<DeclaredColumns> {
        &self.columns
    }
}

fn report_missing(section: &Section<'_>, key: &str, what: &str) {
    let error = Diagnostic::error("C003", section.span(), format!("`{key}` is missing"));
    section.reader().report(error.help(format!("`{key}` says {what}; see `pipeline kinds`")));
}

fn refuse_shared_targets(section: &Section<'_>, tables: &[TablePlan]) {
    let mut known: Vec<(TargetPlace, &TablePlan)> = Vec::new();
    for table in tables {
        let place = TargetPlace::of(&table.sink.target());
        if let Some((_, other)) = known.iter().find(|(earlier, _)| earlier.overlaps(&place)) {
            let (target, folder) = (table.sink.target(), other.sink.target());
            let into = if folder == target { String::new() } else { format!(", by way of `{folder}`") };
            section.reader().report(Diagnostic {
                severity: Severity::Error,
                code: "P003",
                message: format!("the tables `{}` and `{}` both go to `{target}`", other.name, table.name)
                    + &into,
                span: Some(section.span_of("tables")),
                help: vec!["give each table a path of its own".into()],
            });
        }
        known.push((place, table));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two machines may have the same clock, and a clock may stand or be set back.
    #[test]
    fn runs_that_begin_at_once_have_ids_of_their_own() {
        let id = || {
            fastrand::seed(7);
            run_id(Timestamp::UNIX_EPOCH)
        };
        let ids: std::collections::HashSet<String> = (0..20).map(|_| id()).collect();
        assert!(ids.len() >= 19, "{ids:?}");
        assert!(ids.iter().all(|id| id.starts_with("19700101T000000.000000Z-") && id.len() == 28), "{ids:?}");
    }
}
