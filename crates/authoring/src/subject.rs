//! A converter on its own, without the server that it is for.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use pipeline_config::{
    Environment, Field, Invalid, Node, Reader, Section, Shape, Spanned, Style, Value, known_names,
};
use pipeline_converter::{ConverterError, ConverterSpec, DeterministicEnv, Script};
use pipeline_engine::{Plan, RunError, TablePlan};
use pipeline_table::{Batch, COLUMN_FIELDS, DeclaredColumns};
use pipeline_worker::{ContainedConverter, ConverterSetup};

use super::stored_page::StoredPage;

/// What a case or a page is converted with.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The table's name, or the file's.
    pub table: String,
    spec: ConverterSpec,
    columns: Arc<DeclaredColumns>,
    /// The query parameters as they are written.
    written_params: Vec<(String, String)>,
}

/// Why there is no converter.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SubjectError {
    /// The script is wrong.
    #[error(transparent)]
    Script(#[from] ConverterError),
    /// The pipeline that the case names is wrong.
    #[error("{}", .0.rendered.trim_end())]
    Pipeline(Box<Invalid>),
    /// The pipeline has no such table.
    #[error("{}: {problem}", path.display())]
    Table {
        /// The pipeline.
        path: PathBuf,
        /// What is wrong with the name.
        problem: String,
    },
}

/// All that is read of a pipeline: what needs neither server nor credentials.
const FIELDS: &[Field] = &[
    Field::optional("query", Shape::Any, ""),
    Field::optional("converter", Shape::Any, ""),
    Field::optional("columns", Shape::Map(&Shape::Section(COLUMN_FIELDS)), ""),
];

impl Subject {
    /// A script with the usual limits and no declared columns.
    ///
    /// # Errors
    /// [`SubjectError::Script`].
    pub fn of_script(path: &Path) -> Result<Self, SubjectError> {
        let script = Script::from_file(path)?;
        script.check()?;
        let table = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let spec = ConverterSpec::new(script);
        Ok(Self { table, spec, columns: Arc::default(), written_params: Vec::new() })
    }

    /// The converters of a pipeline, one per table. Its datasource is not looked at, so that its variables need not
    /// be set.
    ///
    /// # Errors
    /// [`SubjectError::Pipeline`] with the mistakes of these parts of the file.
    pub fn of_pipeline(
        path: &Path,
        environment: Environment,
        style: Style,
    ) -> Result<Vec<Self>, SubjectError> {
        let reader = Reader::new(environment);
        let subjects = reader.read_file(path, None).map(|node| {
            let name = node.get("name").and_then(|name| reader.scalar(name));
            let stem = || path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let tables = node.get("tables").map(Node::entries).unwrap_or_default();
            match tables {
                [] => read(&reader, &name.unwrap_or_else(stem), &node).into_iter().collect(),
                tables => tables.iter().filter_map(|(name, node)| read(&reader, &name.value, node)).collect(),
            }
        });
        reader.finish(subjects, style).map_err(|invalid| SubjectError::Pipeline(Box::new(invalid)))
    }

    /// The one of `subjects` that is meant; without a name there must be one alone.
    ///
    /// # Errors
    /// [`SubjectError::Table`].
    pub fn named(mut subjects: Vec<Self>, name: Option<&str>, path: &Path) -> Result<Self, SubjectError> {
        let found = match name {
            Some(name) => subjects.iter().position(|subject| subject.table == name),
            None => (subjects.len() == 1).then_some(0),
        };
        match found {
            Some(index) => Ok(subjects.swap_remove(index)),
            None => {
                let known: Vec<&str> = subjects.iter().map(|subject| subject.table.as_str()).collect();
                let problem = match name {
                    Some(name) => format!("there is no table `{name}`; {}", known_names(name, known)),
                    None => format!("it has several tables; name one of {}", known.join(", ")),
                };
                Err(SubjectError::Table { path: path.to_owned(), problem })
            }
        }
    }

    /// The file that the code stands in; a pipeline, when it stands there or when there is none.
    pub fn path(&self) -> &Path {
        self.spec.script.path()
    }

    /// What converts pages; `now` is what scripts see of time and chance, `program` where they run.
    pub fn converter(&self, now: Timestamp, program: Option<PathBuf>) -> ContainedConverter {
        let started_at = now.as_millisecond();
        ContainedConverter::new(Arc::new(ConverterSetup {
            spec: self.spec.clone(),
            columns: Arc::clone(&self.columns),
            // A stored page does not hold what its source says of types.
            takes_types: false,
            deterministic: DeterministicEnv { started_at, seed: started_at.unsigned_abs() },
            table: self.table.clone(),
            written_params: self.written_params.clone(),
            run_id: now.strftime("%Y%m%dT%H%M%S%.6fZ").to_string(),
            program,
        }))
    }
}

fn read(reader: &Reader, name: &str, node: &Node) -> Option<Subject> {
    let is_read = |(key, _): &&(Spanned<String>, Node)| FIELDS.iter().any(|field| field.name == key.value);
    let entries = node.entries().iter().filter(is_read).cloned().collect();
    let node = Node { span: node.span, value: Value::Map(entries) };
    let query = node.get("query");
    let select = query.and_then(|query| query.get("select")).and_then(|node| reader.scalar(node));
    let written_params = pipeline_query::written_params(reader, query.and_then(|query| query.get("params")));
    let section = Section::read(reader, &node, FIELDS);
    let columns = Arc::new(DeclaredColumns::read(&section, "columns"));
    let spec = ConverterSpec::read(&section, select.as_deref())?;
    Some(Subject { table: name.to_owned(), spec, columns, written_params })
}

/// What converts the pages of a planned table.
pub fn table_converter(plan: &Plan, table: &TablePlan) -> ContainedConverter {
    ContainedConverter::new(Arc::new(plan.converter_setup(table, table.columns())))
}

/// Converts a stored page.
///
/// # Errors
/// As of [`ContainedConverter::convert`].
pub async fn convert_stored(
    converter: &mut ContainedConverter,
    page: &StoredPage,
) -> Result<Batch, RunError> {
    Ok(converter.convert(Arc::new(page.to_page())).await?)
}
