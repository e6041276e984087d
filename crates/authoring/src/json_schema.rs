//! The JSON Schema of pipeline files, from the tables of fields that the reader itself uses.

use std::collections::BTreeSet;

use pipeline_config::{Field, Presence, Shape};
use pipeline_converter::CONVERTER_FIELDS;
use pipeline_engine::{KindEntry, PIPELINE_FIELDS, Registry};
use serde_json::{Map, Value, json};

/// What editors complete and check pipeline files by. Draft 7, which they all know.
pub fn json_schema(registry: &Registry) -> Value {
    let kinds = registry.kinds();
    let mut schema = object(PIPELINE_FIELDS);
    schema["$schema"] = "http://json-schema.org/draft-07/schema#".into();
    schema["title"] = "A pipeline".into();
    // Either one table or several.
    schema["anyOf"] = json!([{ "required": ["tables"] }, { "required": ["query", "sink"] }]);
    let sections: BTreeSet<&str> = kinds.iter().map(|kind| kind.section).collect();
    let mut definitions = Map::new();
    for section in sections {
        let of_section: Vec<&KindEntry> = kinds.iter().filter(|kind| kind.section == section).collect();
        definitions.insert(section.to_owned(), kind_of(&of_section));
    }
    schema["definitions"] = Value::Object(definitions);
    schema
}

fn object(fields: &[Field]) -> Value {
    let properties: Map<String, Value> =
        fields.iter().map(|field| (field.name.to_owned(), property(field))).collect();
    let required: Vec<&str> =
        fields.iter().filter(|field| field.presence == Presence::Required).map(|field| field.name).collect();
    let mut object = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        object["required"] = required.into();
    }
    object
}

/// The kind decides which keys there are; `if` and `then` give better messages than a choice of objects.
fn kind_of(kinds: &[&KindEntry]) -> Value {
    let names: Vec<Value> =
        kinds.iter().map(|kind| json!({ "const": kind.name, "description": kind.summary })).collect();
    let branches: Vec<Value> = kinds
        .iter()
        .map(|kind| {
            let mut keys = object(kind.fields);
            keys["properties"]["kind"] = true.into();
            json!({ "if": { "properties": { "kind": { "const": kind.name } } }, "then": keys })
        })
        .collect();
    json!({
        "type": "object",
        "required": ["kind"],
        "properties": { "kind": { "oneOf": names } },
        "allOf": branches
    })
}

fn property(field: &Field) -> Value {
    let mut schema = match (field.name, &field.shape) {
        ("datasource", Shape::Any) => {
            json!({ "anyOf": [{ "type": "string" }, { "$ref": "#/definitions/datasource" }] })
        }
        ("converter", Shape::Any) => json!({ "anyOf": [{ "type": "string" }, object(CONVERTER_FIELDS)] }),
        // A column may be given by its type alone.
        ("columns", Shape::Map(of)) => {
            json!({ "type": "object", "additionalProperties": { "anyOf": [{ "type": "string" }, value(of)] } })
        }
        (_, shape) => value(shape),
    };
    schema["description"] = field.doc.into();
    if let Presence::Default(text) = field.presence
        && !text.is_empty()
    {
        schema["default"] = match field.shape {
            Shape::Integer(..) | Shape::Boolean => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
            _ => text.into(),
        };
    }
    schema
}

fn value(shape: &Shape) -> Value {
    // A variable may stand for any single value.
    let or_variable = |schema: Value| json!({ "anyOf": [schema, { "type": "string", "pattern": "\\$\\{" }] });
    match shape {
        Shape::Text | Shape::Template | Shape::Verbatim | Shape::Secret => {
            json!({ "type": ["string", "number", "boolean", "null"] })
        }
        Shape::Url => json!({ "type": "string" }),
        Shape::Integer(min, u64::MAX) => or_variable(json!({ "type": "integer", "minimum": min })),
        Shape::Integer(min, max) => or_variable(json!({ "type": "integer", "minimum": min, "maximum": max })),
        Shape::Boolean => or_variable(json!({ "type": "boolean" })),
        Shape::Duration => json!({ "type": "string", "examples": ["30s", "5m"] }),
        Shape::ByteSize => json!({ "type": ["string", "integer"], "examples": ["64MiB"] }),
        Shape::OneOf(words) => or_variable(json!({ "enum": words })),
        Shape::Section(fields) => object(fields),
        Shape::Kind(section) => json!({ "$ref": format!("#/definitions/{section}") }),
        Shape::Map(of) => json!({ "type": "object", "additionalProperties": value(of) }),
        Shape::List(of) => json!({ "anyOf": [{ "type": "array", "items": value(of) }, value(of)] }),
        Shape::Any => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refs<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| refs(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| refs(item, found)),
            _ => {}
        }
    }

    #[test]
    fn knows_every_key_and_every_kind() {
        let registry = Registry::builtin();
        let schema = json_schema(&registry);
        for field in PIPELINE_FIELDS {
            assert_eq!(schema["properties"][field.name]["description"], field.doc);
        }
        for kind in registry.kinds() {
            let branches = schema["definitions"][kind.section]["allOf"].as_array().unwrap();
            let branch =
                branches.iter().find(|branch| branch["if"]["properties"]["kind"]["const"] == kind.name);
            for field in kind.fields {
                assert!(branch.unwrap()["then"]["properties"][field.name].is_object(), "{}", field.name);
            }
        }
    }

    #[test]
    fn a_column_may_be_its_type_alone() {
        let schema = json_schema(&Registry::builtin());
        for place in ["/properties/columns", "/properties/tables/additionalProperties/properties/columns"] {
            let column = &schema.pointer(place).unwrap()["additionalProperties"]["anyOf"];
            assert_eq!(column[0]["type"], "string", "{place}");
            assert!(column[1]["properties"]["on_error"].is_object(), "{place}");
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let schema = json_schema(&Registry::builtin());
        let mut found = Vec::new();
        refs(&schema, &mut found);
        assert!(found.len() >= 4, "{found:?}");
        for reference in found {
            assert!(schema.pointer(&reference[1..]).is_some(), "{reference}");
        }
    }
}
