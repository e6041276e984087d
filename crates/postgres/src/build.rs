//! Reads the section of YAML.

use std::sync::Arc;

use pipeline_config::{Field, Kind, Section, Shape};
use pipeline_sink::{Evolution, Mode, Sink, SinkBuild};
use postgres::Config;

use crate::{names::TableName, sink::PostgresSink};

/// `kind: postgres`.
pub const KIND: Kind<SinkBuild> = Kind {
    name: "postgres",
    summary: "A table of PostgreSQL 11 or later; each run is one transaction.",
    fields: FIELDS,
    build,
};

const FIELDS: &[Field] = &[
    Field::required(
        "url",
        Shape::Secret,
        "Where the database is: `postgres://user:password@host/database`, or `host=… dbname=…` as libpq has it. \
         `?sslmode=require` refuses connections without TLS; certificates are always verified.",
    ),
    Field::required(
        "table",
        Shape::Text,
        "The table, `name` or `schema.name`; it is made when it is not there.",
    ),
    Field::default(
        "mode",
        Shape::OneOf(&["overwrite", "append", "upsert"]),
        "overwrite",
        "What happens to earlier rows when the run has succeeded: they are replaced, kept, or replaced where the `key` \
         is the same.",
    ),
    Field::optional(
        "key",
        Shape::List(&Shape::Text),
        "The columns that tell rows apart, for `mode: upsert`.",
    ),
    Field::default(
        "evolution",
        Shape::OneOf(&["evolve", "freeze", "discard"]),
        "evolve",
        "What happens to columns and types that the earlier runs did not have: they are added, end the run, or are \
         left out and counted.",
    ),
];

fn build(section: &Section<'_>) -> Option<Arc<dyn Sink>> {
    let report = |name: &str, code: &'static str, problem: String, help: &str| {
        section.reader().report(section.error(code, name, problem).help(help));
    };
    let mode = match section.text("mode").as_str() {
        "append" => Mode::Append,
        "upsert" => Mode::Upsert,
        _ => Mode::Overwrite,
    };
    let evolution = match section.text("evolution").as_str() {
        "freeze" => Evolution::Freeze,
        "discard" => Evolution::Discard,
        _ => Evolution::Evolve,
    };
    let key: Vec<String> = section.texts("key").into_iter().map(|name| name.value).collect();
    match (mode, key.is_empty()) {
        (Mode::Upsert, true) => {
            let help = "name the columns that tell rows apart, as `key: [Issue Key]`";
            report("mode", "S003", "`mode: upsert` needs a `key`".to_owned(), help);
        }
        (Mode::Upsert, false) | (_, true) => {}
        (_, false) => {
            let help = "take it away, or write `mode: upsert`";
            report("key", "S003", "`key` is for `mode: upsert` alone".to_owned(), help);
        }
    }
    let table = match TableName::parse(&section.text("table")) {
        Ok(table) => Some(table),
        // That it is missing was reported already.
        Err(_) if section.node("table").is_none() => None,
        Err((problem, help)) => {
            report("table", "S006", problem, help);
            None
        }
    };
    let config = match section.secret("url")?.expose().parse::<Config>() {
        Ok(config) => Some(config),
        Err(_) => {
            let help = "write `postgres://user:password@host/database`; `%` and `@` in a password are `%25` and `%40`";
            report("url", "S007", "this is no address of a database".to_owned(), help);
            None
        }
    };
    Some(Arc::new(PostgresSink { config: Box::new(config?), table: table?, mode, key, evolution }))
}
