//! A plan in words.

use std::path::Path;

use pipeline_config::{
    Field, Invalid, MASK, Node, Reader, Section, Shape, Value as Yaml, deciding_name, shown_parameter,
};
use pipeline_engine::{LoadOptions, Plan, Registry, TablePlan, load, plain_path};
use pipeline_query::{Ask, AskBody, ForEach};
use pipeline_transport::RedactedUrl;
use serde_json::Value;
use url::Url;

use super::explain_pages;

/// What a run would do, a sentence each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The pipeline's name.
    pub pipeline: String,
    /// Whom it asks, as whom, and how patiently.
    pub datasource: Vec<String>,
    /// When it runs by itself; empty without a schedule.
    pub schedule: Vec<String>,
    /// Its tables, in the order in which they are run.
    pub tables: Vec<TableExplanation>,
}

/// What a run would do for one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableExplanation {
    /// Its name.
    pub name: String,
    /// In order: what is asked, how pages end, what makes rows of them, their columns, where they go.
    pub steps: Vec<(&'static str, String)>,
}

/// Explains a pipeline file without asking any server.
///
/// # Errors
/// [`Invalid`] with all mistakes of the file: only what could run is explained.
pub fn explain(registry: &Registry, path: &Path, options: &LoadOptions) -> Result<Explanation, Invalid> {
    let plan = load(registry, path, options)?.plan;
    let reader = Reader::new(options.environment.clone());
    let explanation = reader.read_file(path, None).map(|node| {
        let explainer = Explainer { registry, reader: &reader, plan: &plan };
        let tables = plan.tables.iter().map(|table| explainer.table(table, written(&node, table))).collect();
        let schedule = plan.schedule.as_ref().map(|spec| spec.sentences(plan.started_at)).unwrap_or_default();
        Explanation { pipeline: plan.name.clone(), datasource: explainer.datasource(&node), schedule, tables }
    });
    reader.finish(explanation, options.style)
}

/// The part of the file that describes a table.
fn written<'n>(node: &'n Node, table: &TablePlan) -> &'n Node {
    node.get("tables").and_then(|tables| tables.get(&table.name)).unwrap_or(node)
}

struct Explainer<'e> {
    registry: &'e Registry,
    reader: &'e Reader,
    plan: &'e Plan,
}

impl Explainer<'_> {
    fn datasource(&self, node: &Node) -> Vec<String> {
        let file;
        let node = match node.get("datasource") {
            Some(node) => match self.reader.scalar(node) {
                Some(path) => {
                    let path = self.reader.folder(node.span).join(path);
                    let Some(read) = self.reader.read_file(&path, None) else { return Vec::new() };
                    file = read;
                    &file
                }
                None => node,
            },
            None => return Vec::new(),
        };
        let Some((section, kind)) =
            Section::read_kind(self.reader, node, &self.registry.datasources, "datasource")
        else {
            return Vec::new();
        };
        let mut sentences = vec![format!("`{}`: {}", kind.name, kind.summary)];
        let given = given(&section, kind.fields);
        if !given.is_empty() {
            sentences.push(given.join(", "));
        }
        if let Some(auth) = node.get("auth")
            && let Some((section, kind)) = Section::read_kind(self.reader, auth, pipeline_auth::KINDS, "auth")
        {
            let given = self::given(&section, kind.fields);
            sentences.push(format!("as `{}`: {}", kind.name, kind.summary));
            sentences.push(format!("  {}", given.join(", ")));
        }
        sentences
    }

    fn table(&self, table: &TablePlan, node: &Node) -> TableExplanation {
        let mut steps = vec![("asks", asked(&table.query.described(&self.plan.values)))];
        if let Some(incremental) = table.query.incremental() {
            let next = "`pipeline state show` says where the next one begins";
            steps.push(("changes", format!("{}; {next}", incremental.sentence())));
        }
        if let Some(for_each) = table.query.for_each() {
            steps.push(("for each", of_each_row(for_each)));
        }
        if let Ok(Some(windows)) = table.query.windows(&self.plan.values) {
            steps.push(("windows", format!("{} of them, side by side", windows.len())));
        }
        steps.push(("pages", self.pages(table, node)));
        steps.push(("rows", converter(self.reader, table, node)));
        steps.push(("columns", columns(node)));
        steps.push(("goes to", self.sink(table, node)));
        TableExplanation { name: table.name.clone(), steps }
    }

    fn pages(&self, table: &TablePlan, node: &Node) -> String {
        let pagination = node.get("query").and_then(|query| query.get("pagination"));
        let mut sentence = pagination
            .and_then(|node| Section::read_kind(self.reader, node, pipeline_query::KINDS, "pagination"))
            .map_or_else(
                || "one request; there are no further pages".to_owned(),
                |(section, kind)| {
                    explain_pages::sentence(kind, &Known { section: &section, fields: kind.fields })
                },
            );
        if let Some(max) = table.query.max_pages() {
            sentence.push_str(&format!("; never more than {max}"));
        }
        sentence
    }

    fn sink(&self, table: &TablePlan, node: &Node) -> String {
        let target = table.sink().target();
        let read = node
            .get("sink")
            .and_then(|node| Section::read_kind(self.reader, node, &self.registry.sinks, "sink"));
        let Some((section, kind)) = read else { return format!("`{target}`") };
        let known = Known { section: &section, fields: kind.fields };
        let mode = known.text("mode").unwrap_or_else(|| "overwrite".into());
        let kept = match mode.as_str() {
            "overwrite" => {
                "an earlier output stays until the new one is complete, and is replaced in one step"
            }
            _ => "the output stays as it is until the run is complete, and changes in one step",
        };
        format!("`{target}` as {}, mode `{mode}`: {kept}", kind.name)
    }
}

/// A section and the table of its fields: what a kind does not know counts as not given.
pub(super) struct Known<'s> {
    section: &'s Section<'s>,
    fields: &'static [Field],
}

impl Known<'_> {
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let field = self.fields.iter().find(|field| field.name == name)?;
        match field.shape {
            Shape::Integer(..) => self.section.integer(name).map(|n| n.to_string()),
            Shape::Boolean => Some(self.section.boolean(name).to_string()),
            Shape::Text | Shape::Url | Shape::OneOf(_) => self.section.optional_text(name),
            _ => None,
        }
    }
}

/// `key: value` of each scalar that the file gives; credentials are only named.
fn given(section: &Section<'_>, fields: &'static [Field]) -> Vec<String> {
    let shown = |field: &Field| {
        let node = section.node(field.name)?;
        let value = match (&field.shape, &node.value) {
            (Shape::Secret, _) => "(a credential)".to_owned(),
            (_, Yaml::Map(entries)) if matches!(field.shape, Shape::Section(_)) => {
                let entry = |(key, node): &(pipeline_config::Spanned<String>, Node)| {
                    format!("{}: {}", key.value, scalar(section.reader(), node))
                };
                format!("{{ {} }}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
            (_, Yaml::Map(_) | Yaml::List(_)) => return None,
            (Shape::Url, _) => said_address(section.optional_text(field.name)?),
            (Shape::Text | Shape::OneOf(_), _) => section.optional_text(field.name)?,
            (_, _) => scalar(section.reader(), node),
        };
        Some(format!("{}: {value}", field.name))
    };
    fields.iter().filter_map(shown).collect()
}

fn scalar(reader: &Reader, node: &Node) -> String {
    reader.scalar(node).unwrap_or_else(|| node.value.name().to_owned())
}

/// An address without what is secret in it.
fn said_address(text: String) -> String {
    let has_secrets =
        |url: &Url| !url.username().is_empty() || url.password().is_some() || url.query().is_some();
    let url = Url::parse(&text).ok().filter(has_secrets);
    url.map_or(text, |url| RedactedUrl::by_name(&url).to_string())
}

/// A parameter; of a credential its name alone.
fn said((name, value): &(String, String)) -> String {
    format!("{name} = {}", shown_parameter(name, value))
}

/// The same for the members of a body, at any depth.
fn said_json(name: &str, json: &Value) -> Value {
    match json {
        Value::Object(members) => {
            let said =
                |(own, member): (&String, &Value)| (own.clone(), said_json(deciding_name(name, own), member));
            Value::Object(members.iter().map(said).collect())
        }
        Value::Array(items) => items.iter().map(|item| said_json(name, item)).collect(),
        Value::String(text) => Value::String(shown_parameter(name, text).to_owned()),
        Value::Number(number) if shown_parameter(name, &number.to_string()) == MASK => {
            Value::String(MASK.to_owned())
        }
        json => json.clone(),
    }
}

fn asked(ask: &Ask) -> String {
    let params: Vec<String> = ask.params.iter().map(said).collect();
    let with = if params.is_empty() { String::new() } else { format!(" with {}", params.join(", ")) };
    let body = match &ask.body {
        None => String::new(),
        Some(AskBody::Json(json)) => format!(", and the JSON {}", said_json("", json)),
        Some(AskBody::Written(json)) => format!(", and the JSON {json}"),
        Some(AskBody::Form(pairs)) => {
            let pairs: Vec<String> = pairs.iter().map(said).collect();
            format!(", and the form {}", pairs.join(", "))
        }
    };
    format!("{} {}{with}{body}", ask.method, if ask.path.is_empty() { "/" } else { &ask.path })
}

fn of_each_row(for_each: &ForEach) -> String {
    let (table, column, name) = (&for_each.table.value, &for_each.column, &for_each.name);
    format!("row of `{table}` these requests are sent, with its `{column}` as `${{each.{name}}}`")
}

fn converter(reader: &Reader, table: &TablePlan, node: &Node) -> String {
    let Some(converter) = node.get("converter") else {
        return "the records of each page, as they come; there is no converter".into();
    };
    if let Some(select) = converter.get("select") {
        return format!("the records at `{}` of each page, as they come", scalar(reader, select));
    }
    let limits = &table.converter.limits;
    let direct = match table.converter.script.direct_columns() {
        Some((n_direct, n_columns)) => {
            format!("; {n_direct} of its {n_columns} columns are read straight from there")
        }
        None => String::new(),
    };
    format!(
        "`convert` of {} gets each page{direct}; at most {:?} and {} MiB for one, {} rows",
        plain_path(table.converter.script.path()).display(),
        limits.timeout,
        limits.memory >> 20,
        limits.max_rows
    )
}

fn columns(node: &Node) -> String {
    let entries = node.get("columns").map(Node::entries).unwrap_or_default();
    let declared: Vec<&str> = entries.iter().map(|(name, _)| name.value.as_str()).collect();
    match declared.as_slice() {
        [] => "types are inferred from all rows, and only ever widen".into(),
        names => format!("{} as declared; types of others are inferred", names.join(", ")),
    }
}
