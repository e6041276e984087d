//! `pipeline kinds`: what `kind:` may say.

use pipeline_config::{Field, Presence};
use pipeline_engine::{KindEntry, Registry};
use serde_json::json;

use crate::{Failure, args::KindsFormat, reference, terminal::Terminal};

pub(crate) fn kinds(
    terminal: Terminal,
    registry: &Registry,
    names: &[String],
    format: KindsFormat,
) -> Result<(), Failure> {
    let entries: Vec<KindEntry> = registry
        .kinds()
        .into_iter()
        .filter(|entry| names.is_empty() || names.iter().any(|n| n == entry.name))
        .collect();
    if entries.is_empty() {
        let known: Vec<&str> = registry.kinds().iter().map(|entry| entry.name).collect();
        let asked = names.join(", ");
        return Err(Failure::usage(format!(
            "no kind `{asked}`; {}",
            pipeline_config::known_names(&asked, known)
        )));
    }
    let text = match format {
        KindsFormat::Markdown => reference::markdown(registry),
        KindsFormat::JsonSchema => format!("{:#}", pipeline_authoring::json_schema(registry)),
        KindsFormat::Json => as_json(&entries),
        KindsFormat::Text if names.is_empty() => overview(&entries),
        KindsFormat::Text => entries.iter().map(details).collect::<Vec<_>>().join("\n"),
    };
    terminal.print(text)?;
    Ok(())
}

fn overview(entries: &[KindEntry]) -> String {
    let width = entries.iter().map(|entry| entry.name.len()).max().unwrap_or_default();
    let mut text = String::new();
    let mut section = "";
    for entry in entries {
        if entry.section != section {
            section = entry.section;
            text.push_str(&format!("{section}\n"));
        }
        text.push_str(&format!("  {:width$}  {}\n", entry.name, entry.summary));
    }
    text.push_str("\n`pipeline kinds NAME` shows the keys of one.\n");
    text
}

fn details(entry: &KindEntry) -> String {
    let mut text = format!("{}: {{ kind: {} }}  {}\n", entry.section, entry.name, entry.summary);
    let width = entry.fields.iter().map(|field| field.name.len()).max().unwrap_or_default();
    for field in entry.fields {
        text.push_str(&format!("  {:width$}  {}\n", field.name, field.doc));
        text.push_str(&format!("  {:width$}  {}\n", "", remark(field)));
    }
    text
}

fn remark(field: &Field) -> String {
    let shape = field.shape.expected();
    match field.presence {
        Presence::Required => format!("({shape}; required)"),
        Presence::Optional => format!("({shape})"),
        Presence::Default(text) => format!("({shape}; default `{text}`)"),
    }
}

fn as_json(entries: &[KindEntry]) -> String {
    let field = |field: &Field| {
        let (required, default) = match field.presence {
            Presence::Required => (true, None),
            Presence::Optional => (false, None),
            Presence::Default(text) => (false, Some(text)),
        };
        json!({"name": field.name, "value": field.shape.expected(), "required": required, "default": default, "doc": field.doc})
    };
    let entry = |entry: &KindEntry| {
        let fields: Vec<_> = entry.fields.iter().map(field).collect();
        json!({"section": entry.section, "kind": entry.name, "summary": entry.summary, "fields": fields})
    };
    serde_json::Value::Array(entries.iter().map(entry).collect()).to_string()
}
