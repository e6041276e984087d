//! From a file to what was decided.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use pipeline_config::{Diagnostic, Environment, Invalid, Node, Reader, Section, Severity, Style, Value};
use pipeline_converter::{ConverterSpec, Moment};
use pipeline_datasource::{Datasource, DatasourceContext};
use pipeline_query::{QUERY_FIELDS, Query, Values};
use pipeline_sink::Sink;
use pipeline_table::DeclaredColumns;
use pipeline_transport::Redactor;

use crate::{
    converting::ConverterSetup,
    params::{self, ParamSpec},
    progress::{Observer, Waits},
    registry::Registry,
    spec::{PIPELINE_FIELDS, TABLE_FIELDS},
};

/// What a file is read with.
#[derive(Debug, Clone)]
pub struct LoadOptions {
    /// For `${VAR}`.
    pub environment: Environment,
    /// From the command line, as (name, value).
    pub params: Vec<(String, String)>,
    /// The folder below which logins are kept.
    pub state: PathBuf,
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
#[derive(Debug)]
pub struct Plan {
    /// The pipeline's name.
    pub name: String,
    /// Names this run.
    pub run_id: String,
    /// Its tables, in the order of the file.
    pub tables: Vec<TablePlan>,
    pub(crate) datasource: Arc<dyn Datasource>,
    pub(crate) values: Arc<Values>,
    /// What converters see of time and chance.
    moment: Moment,
    /// The program that converters run in.
    worker: Option<PathBuf>,
}

impl Plan {
    /// What the converters of a table are made from.
    pub(crate) fn converter_setup(&self, table: &TablePlan) -> ConverterSetup {
        ConverterSetup {
            spec: table.converter.clone(),
            columns: Arc::clone(&table.columns),
            moment: self.moment,
            table: table.name.clone(),
            written_params: table.query.written_params(),
            run_id: self.run_id.clone(),
            program: self.worker.clone(),
        }
    }
}

/// One table.
#[derive(Debug)]
pub struct TablePlan {
    /// Its name; for a pipeline of one table, the pipeline's.
    pub name: String,
    pub(crate) query: Arc<Query>,
    pub(crate) converter: ConverterSpec,
    pub(crate) columns: Arc<DeclaredColumns>,
    pub(crate) sink: Arc<dyn Sink>,
}

/// Reads a pipeline file and decides everything that can be decided without asking a server.
///
/// # Errors
/// [`Invalid`] with all mistakes of the file and of those it names.
pub fn load(registry: &Registry, path: &Path, options: &LoadOptions) -> Result<Loaded, Invalid> {
    let reader = Reader::new(options.environment.clone());
    let plan = reader
        .read_file(path, None)
        .and_then(|node| read(&Loader { registry, reader: &reader, options }, path, &node));
    let plan = reader.finish(plan, options.style)?;
    Ok(Loaded { plan, warnings: reader.render(options.style) })
}

struct Loader<'l> {
    registry: &'l Registry,
    reader: &'l Reader,
    options: &'l LoadOptions,
}

fn read(loader: &Loader<'_>, path: &Path, node: &Node) -> Option<Plan> {
    let section = Section::read(loader.reader, node, PIPELINE_FIELDS);
    let stem = || path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let name = section.optional_text("name").unwrap_or_else(stem);
    let started_at = Timestamp::now();
    let run_id = started_at.strftime("%Y%m%dT%H%M%S%.6fZ").to_string();
    let specs = ParamSpec::read_all(&section);
    let params = params::decide(&specs, &loader.options.params, loader.reader);
    // A parameter without value was reported; queries that use it need not be reported too.
    let values: Values = specs
        .iter()
        .map(|spec| ("param".to_owned(), spec.name().to_owned(), String::new()))
        .chain(params.into_iter().map(|(name, value)| ("param".to_owned(), name, value)))
        .chain([
            ("run".to_owned(), "id".to_owned(), run_id.clone()),
            ("run".to_owned(), "started_at".to_owned(), started_at.to_string()),
        ])
        .collect();
    let datasource = datasource(loader, &section);
    let tables = tables(loader, &section, (&name, &values));
    refuse_shared_targets(&section, &tables);
    let started_at = started_at.as_millisecond();
    let moment = Moment { started_at, seed: started_at.unsigned_abs() };
    let (datasource, values, worker) = (datasource?, Arc::new(values), loader.registry.worker.clone());
    Some(Plan { name, run_id, tables, datasource, values, moment, worker })
}

/// The section itself, or the file that holds it.
fn datasource(loader: &Loader<'_>, section: &Section<'_>) -> Option<Arc<dyn Datasource>> {
    let node = section.node("datasource")?;
    let file;
    let node = match &node.value {
        Value::Text(path) => {
            file = loader.reader.read_file(&loader.reader.folder(node.span).join(path), Some(node.span))?;
            &file
        }
        _ => node,
    };
    let (section, kind) =
        Section::read_kind(loader.reader, node, &loader.registry.datasources, "datasource")?;
    let context = DatasourceContext {
        redactor: loader.options.redactor.clone(),
        observer: Some(Arc::new(Waits(Arc::clone(&loader.options.observer)))),
        state: loader.options.state.clone(),
    };
    (kind.build)(&section, &context)
}

fn tables(loader: &Loader<'_>, section: &Section<'_>, (name, values): (&str, &Values)) -> Vec<TablePlan> {
    let entries = section.entries("tables");
    if entries.is_empty() {
        return table(loader, section, (name, values)).into_iter().collect();
    }
    for key in ["query", "converter", "columns", "sink"] {
        if section.node(key).is_some() {
            let error = section.error("P004", key, format!("`{key}` stands beside `tables`"));
            loader
                .reader
                .report(error.help(format!("move it into a table, as `tables: {{ …: {{ {key}: … }} }}`")));
        }
    }
    let read = |(key, node): &(pipeline_config::Spanned<String>, Node)| {
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
    Some(TablePlan { name: name.to_owned(), query: Arc::new(query), converter, columns, sink: sink? })
}

fn report_missing(section: &Section<'_>, key: &str, what: &str) {
    let error = Diagnostic::error("C003", section.span(), format!("`{key}` is missing"));
    section.reader().report(error.help(format!("`{key}` says {what}; see `pipeline kinds`")));
}

fn refuse_shared_targets(section: &Section<'_>, tables: &[TablePlan]) {
    for (index, table) in tables.iter().enumerate() {
        if let Some(other) = tables[..index].iter().find(|other| other.sink.target() == table.sink.target()) {
            let target = table.sink.target();
            section.reader().report(Diagnostic {
                severity: Severity::Error,
                code: "P003",
                message: format!("the tables `{}` and `{}` both go to `{target}`", other.name, table.name),
                span: Some(section.span_of("tables")),
                help: vec!["give each table a path of its own".into()],
            });
        }
    }
}
