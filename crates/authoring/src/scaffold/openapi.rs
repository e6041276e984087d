//! A pipeline from the description of an API, OpenAPI 3 in YAML or JSON.

use std::path::Path;

use pipeline_config::{Environment, Node, Reader, Style};
use pipeline_converter::{Origin, Script};
use pipeline_engine::Registry;
use serde_json::{Map, Value, json};

use super::{
    ScaffoldError,
    names::{key, literal, member, own_member, selector},
    sample::{Description, items, text},
    split_description, yaml,
};
use crate::{Case, Expected, StoredBody, StoredPage};

/// Records per page where the description allows any number.
const DEFAULT_SIZE: u64 = 100;

/// More columns are for the author to choose.
const MAX_COLUMNS: usize = 40;

/// Words for the same parameter, as APIs use them, written without case, `_`, `-` and `$`.
const OFFSETS: &[&str] = &["offset", "startat", "skip", "start"];
const PAGES: &[&str] = &["page", "pagenumber", "pageno"];
const CURSORS: &[&str] =
    &["cursor", "pagetoken", "nextpagetoken", "nexttoken", "nextcursor", "continuationtoken"];
const SIZES: &[&str] = &["limit", "maxresults", "perpage", "pagesize", "size", "count", "top", "take"];
const NEXT_TOKENS: &[&str] = &["nextpagetoken", "nextcursor", "nexttoken", "cursor", "continuationtoken"];
const NEXT_LINKS: &[&str] = &["next", "nextlink", "nexturl", "@odata.nextlink"];
const TOTALS: &[&str] = &["total", "totalcount", "totalresults"];

/// What is asked, and what comes back.
struct Operation<'d> {
    path: &'d str,
    operation: &'d Node,
    parameters: Vec<&'d Node>,
    answer: &'d Node,
    /// Where the records are; empty when the answer is their array.
    records: &'d str,
    item: Option<&'d Node>,
}

/// The pipeline, the converter and a case.
pub(super) fn files(
    registry: &Registry,
    name: &str,
    description: &str,
) -> Result<[String; 3], ScaffoldError> {
    let (path, wanted) = split_description(description);
    let refuse = |problem: String| ScaffoldError::Description { path: path.to_owned(), problem };
    // `${` means nothing in a description.
    let reader = Reader::new(Environment::empty());
    let root = reader.read_file(path, None);
    let root =
        reader.finish(root, Style::Plain).map_err(|invalid| refuse(format!("\n{}", invalid.rendered)))?;
    if root.get("openapi").is_none() {
        return Err(refuse("this is no description of an API: it has no `openapi` with a version 3".into()));
    }
    let description = Description::new(&root);
    let operation = choose(description, wanted).map_err(refuse)?;
    let pipeline = pipeline(registry, description, (name, path), &operation).map_err(refuse)?;
    let converter = converter(description, &operation);
    let origin = Origin { path: format!("{name}.js").into(), line: 1, column: 1 };
    Script::inline(&converter, origin).check().map_err(|error| refuse(error.to_string()))?;
    Ok([pipeline, converter, case(description, name, &operation)])
}

/// The path that is wanted, or the first one that lists records, best without parameters in it.
fn choose<'d>(description: Description<'d>, wanted: Option<&str>) -> Result<Operation<'d>, String> {
    let paths = description.root().get("paths").map(Node::entries).unwrap_or_default();
    let operations = || paths.iter().filter_map(move |(path, node)| read(description, &path.value, node));
    let lists: Vec<&str> =
        operations().filter(|found| found.item.is_some()).map(|found| found.path).collect();
    let found = match wanted {
        Some(wanted) => operations().find(|found| found.path == wanted),
        None => {
            let plain = operations().find(|found| found.item.is_some() && !found.path.contains('{'));
            plain.or_else(|| operations().find(|found| found.item.is_some()))
        }
    };
    found.ok_or_else(|| match wanted {
        Some(wanted) => format!(
            "no `get` of `{wanted}` answers with JSON; {}",
            pipeline_config::known_names(wanted, lists)
        ),
        None => "no `get` answers with a list in JSON; name a path: `openapi:FILE#/path`".into(),
    })
}

fn read<'d>(description: Description<'d>, path: &'d str, node: &'d Node) -> Option<Operation<'d>> {
    let operation = description.follow(node).get("get")?;
    let responses = operation.get("responses")?;
    let response = ["200", "2XX", "default"].iter().find_map(|status| responses.get(status))?;
    let content = description.follow(response).get("content")?.entries();
    let (_, media) = content.iter().find(|(media, _)| media.value.contains("json"))?;
    let answer = description.follow(media.get("schema")?);
    let shared = items(description.follow(node).get("parameters"));
    let parameters = items(operation.get("parameters")).iter().chain(shared).map(|it| description.follow(it));
    let (records, item) = records(description, answer);
    Some(Operation { path, operation, parameters: parameters.collect(), answer, records, item })
}

/// The array of records, which is the answer or one of its members.
fn records<'d>(description: Description<'d>, answer: &'d Node) -> (&'d str, Option<&'d Node>) {
    let item = |schema: &'d Node| schema.get("items").map(|item| description.follow(item));
    if description.type_of(answer) == "array" {
        return ("", item(answer));
    }
    let properties = description.properties(answer);
    // Arrays of objects are records sooner than lists of words.
    let lists = || properties.iter().filter(|(_, property)| description.type_of(property) == "array");
    let of_objects = |(_, property): &&(&str, &'d Node)| {
        item(property).is_some_and(|item| description.type_of(item) == "object")
    };
    let found = lists().find(of_objects).or_else(|| lists().next());
    found.map_or(("", None), |(name, property)| (*name, item(property)))
}

fn pipeline(
    registry: &Registry,
    description: Description<'_>,
    (name, file): (&str, &Path),
    operation: &Operation<'_>,
) -> Result<String, String> {
    let title =
        description.root().get("info").and_then(|info| info.get("title")).and_then(text).unwrap_or("an API");
    let file = file.file_name().unwrap_or_default().to_string_lossy();
    let mut comments = vec![
        "yaml-language-server: $schema=pipeline.schema.json".to_owned(),
        format!("GET {} of {title}, from {file}: look through everything here.", operation.path),
        String::new(),
        format!("  pipeline dev pipelines/{name}.yaml"),
        format!("  pipeline run pipelines/{name}.yaml"),
    ];
    let mut datasource = object(json!({"kind": "rest", "base_url": base_url(description)}));
    datasource.extend(auth(registry, description, operation).map(|auth| ("auth".to_owned(), auth)));
    let (query, params) = query(description, operation);
    if !query.contains_key("pagination") {
        let unknown =
            "How pages follow each other is not described; `pipeline kinds` lists what `pagination` may say.";
        comments.extend([String::new(), unknown.to_owned()]);
    }
    let mut tree = object(json!({"name": name, "datasource": datasource, "query": query}));
    if !params.is_empty() {
        let mut section = Map::new();
        for (name, value) in params {
            if value.is_none() {
                comments.push(format!("`{name}` has no default: give it with `--param {name}=…`."));
            }
            section
                .insert(name, value.map_or_else(|| json!({}), |value| json!({"default": literal(&value)})));
        }
        tree.insert("params".into(), section.into());
    }
    tree.insert("converter".into(), format!("../converters/{name}.js").into());
    tree.insert("sink".into(), json!({"kind": "parquet", "path": format!("out/{name}")}));
    yaml::written(&comments, &tree)
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// The server's address as a default. A relative one, or one with variables, is for the author to complete.
fn base_url(description: Description<'_>) -> String {
    let server =
        items(description.root().get("servers")).first().and_then(|server| server.get("url")).and_then(text);
    let is_address = |url: &&str| {
        url.starts_with("http") && url.chars().all(|c| c.is_ascii_graphic() && !"{}$\"'<>\\^`|".contains(c))
    };
    match server.filter(is_address) {
        Some(url) => format!("${{API_URL:-{}}}", url.trim_end_matches('/')),
        None => "${API_URL}".to_owned(),
    }
}

fn auth(registry: &Registry, description: Description<'_>, operation: &Operation<'_>) -> Option<Value> {
    let schemes =
        description.root().get("components").and_then(|components| components.get("securitySchemes"));
    let asked = operation.operation.get("security").or_else(|| description.root().get("security"));
    let (name, _) = items(asked).iter().find_map(|choice| choice.entries().first())?;
    let scheme = description.follow(schemes?.get(&name.value)?);
    let of = |key: &str| scheme.get(key).and_then(text).unwrap_or_default();
    let client_credentials = scheme.get("flows").and_then(|flows| flows.get("clientCredentials"));
    let knows_client_credentials = registry
        .kinds()
        .iter()
        .any(|kind| kind.section == "auth" && kind.name == "oauth2_client_credentials");
    Some(match (of("type"), of("scheme"), of("in")) {
        ("http", "basic", _) => {
            json!({"kind": "basic", "username": "${API_USER}", "password": "${API_PASSWORD}"})
        }
        ("apiKey", _, place @ ("header" | "query")) => {
            json!({"kind": "api_key", "name": literal(of("name")), "key": "${API_KEY}", "in": place})
        }
        ("oauth2", ..) if client_credentials.is_some() && knows_client_credentials => {
            let url = client_credentials.and_then(|flow| flow.get("tokenUrl")).and_then(text);
            json!({
                "kind": "oauth2_client_credentials",
                "authentication_url": literal(url.unwrap_or_default()),
                "client_id": "${API_CLIENT_ID}",
                "client_secret": "${API_CLIENT_SECRET}",
            })
        }
        _ => json!({"kind": "bearer", "token": "${API_TOKEN}"}),
    })
}

type Params = Vec<(String, Option<String>)>;

/// The query, and the parameters of the pipeline that it needs.
fn query(description: Description<'_>, operation: &Operation<'_>) -> (Map<String, Value>, Params) {
    let mut needed = Params::new();
    let mut path = literal(operation.path);
    let mut params = Map::new();
    for parameter in &operation.parameters {
        let Some(name) = parameter.get("name").and_then(text) else { continue };
        let place = parameter.get("in").and_then(text).unwrap_or_default();
        let is_required =
            parameter.get("required").is_some_and(|node| node.value == pipeline_config::Value::Boolean(true));
        if place != "path" && !(place == "query" && is_required) {
            continue;
        }
        let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        if place == "path" {
            path = path.replace(&format!("{{{name}}}"), &format!("${{param.{plain}}}"));
        } else {
            params.insert(name.to_owned(), format!("${{param.{plain}}}").into());
        }
        if needed.iter().all(|(known, _)| *known != plain) {
            needed.push((plain, example(description, parameter)));
        }
    }
    let (pagination, size) = pagination(description, operation);
    params.extend(size);
    let mut query = object(json!({"path": path}));
    if !params.is_empty() {
        query.insert("params".into(), params.into());
    }
    if !operation.records.is_empty() {
        query.insert("select".into(), selector(operation.records).into());
    }
    query.extend(pagination.map(|pagination| ("pagination".to_owned(), pagination)));
    (query, needed)
}

fn example(description: Description<'_>, parameter: &Node) -> Option<String> {
    let schema = parameter.get("schema").map(|schema| description.follow(schema));
    let given = parameter.get("example").or_else(|| schema.and_then(|schema| schema.get("example")));
    let given = given.or_else(|| schema.and_then(|schema| schema.get("default")));
    match super::sample::json(given?) {
        Value::String(text) => Some(text),
        value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
        _ => None,
    }
}

/// The pagination, and the parameter that takes the size of a page where that is none of its keys.
fn pagination(
    description: Description<'_>,
    operation: &Operation<'_>,
) -> (Option<Value>, Option<(String, Value)>) {
    let names = operation.parameters.iter().filter_map(|parameter| parameter.get("name").and_then(text));
    let names: Vec<&str> = names.collect();
    let parameter = |words: &[&str]| names.iter().find(|name| words.contains(&plain(name).as_str())).copied();
    let properties = description.properties(operation.answer);
    let property = |words: &[&str]| {
        let mut found = properties.iter().filter(|(name, _)| words.contains(&plain(name).as_str()));
        found.next().map(|(name, _)| selector(name))
    };
    let size = parameter(SIZES);
    let n_records = size.map_or(DEFAULT_SIZE, |size| page_size(description, operation, size));
    let apart = size.map(|size| (size.to_owned(), Value::from(n_records)));
    if let (Some(param), Some(next)) = (parameter(CURSORS), property(NEXT_TOKENS)) {
        return (Some(json!({"kind": "cursor", "next": next, "param": literal(param)})), apart);
    }
    if let Some(next) = property(NEXT_LINKS) {
        return (Some(json!({"kind": "next_url", "next": next})), apart);
    }
    let counted = |kind: &str, param: &str| {
        let mut section = object(json!({"kind": kind, "param": literal(param)}));
        if let Some(size) = size {
            section.extend(object(json!({"size": n_records, "size_param": literal(size)})));
        }
        section
    };
    if let Some(param) = parameter(OFFSETS) {
        let mut section = counted("offset", param);
        section.extend(property(TOTALS).map(|total| ("total".to_owned(), Value::from(total))));
        return (Some(section.into()), None);
    }
    match parameter(PAGES) {
        Some(param) => (Some(counted("page_number", param).into()), None),
        None => (None, apart),
    }
}

/// As many records as the description allows per page: its `maximum`, the greatest of its `enum`, else [`DEFAULT_SIZE`].
fn page_size(description: Description<'_>, operation: &Operation<'_>, name: &str) -> u64 {
    let is_it = |parameter: &&&Node| parameter.get("name").and_then(text) == Some(name);
    let Some(parameter) = operation.parameters.iter().find(is_it) else { return DEFAULT_SIZE };
    let schema = parameter.get("schema").map(|schema| description.follow(schema));
    let number = |node: &Node| match super::sample::json(node) {
        Value::Number(number) => number.as_u64(),
        _ => None,
    };
    let of = |key: &str| schema.and_then(|schema| schema.get(key));
    let exclusive = match of("exclusiveMaximum").map(|node| &node.value) {
        // OpenAPI 3.0 has a boolean there, 3.1 the number itself.
        Some(pipeline_config::Value::Boolean(true)) => {
            of("maximum").and_then(number).map(|most| most.saturating_sub(1))
        }
        Some(pipeline_config::Value::Number(_)) => {
            of("exclusiveMaximum").and_then(number).map(|most| most.saturating_sub(1))
        }
        _ => None,
    };
    let greatest = items(of("enum")).iter().filter_map(number).max();
    let most = exclusive.or_else(|| of("maximum").and_then(number)).or(greatest);
    let least = of("minimum").and_then(number).unwrap_or_default();
    most.unwrap_or(DEFAULT_SIZE.max(least)).max(1)
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | '$')).flat_map(char::to_lowercase).collect()
}

fn converter(description: Description<'_>, operation: &Operation<'_>) -> String {
    let records = if operation.records.is_empty() { String::new() } else { member("", operation.records) };
    let properties = operation.item.map(|item| description.properties(item)).unwrap_or_default();
    let column = |(name, property): &(&str, &Node)| {
        let value = own_member("item", name);
        let is_time = property.get("format").and_then(text) == Some("date-time");
        let value = if is_time { format!("{value} && new Date({})", member("item", name)) } else { value };
        format!("    {}: {value},\n", key(name))
    };
    let columns: String = properties.iter().take(MAX_COLUMNS).map(column).collect();
    let row = if columns.is_empty() { "{ value: item }".to_owned() } else { format!("{{\n{columns}  }}") };
    let list = match operation.item {
        Some(_) => format!("JSON.parse(json){records}"),
        None => "[JSON.parse(json)]".to_owned(),
    };
    format!(
        "/** @type {{Convert}} */\nfunction convert(json, metadata) {{\n  return {list}.map(item => ({row}));\n}}\n"
    )
}

fn case(description: Description<'_>, name: &str, operation: &Operation<'_>) -> String {
    let body = StoredBody::Json(description.sample(operation.answer).into());
    Case {
        pipeline: Some(format!("../../pipelines/{name}.yaml")),
        table: None,
        now: None,
        page: StoredPage { body, ..StoredPage::of_text("") },
        // What comes of it is written by whoever can run the converter.
        expected: Expected::Unknown,
    }
    .to_text()
}
