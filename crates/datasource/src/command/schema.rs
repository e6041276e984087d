//! JSON Schema to column types, where that is simple.

use serde_json::Value;

use crate::PageColumn;

/// The properties whose type is clear; the others are left to inference.
pub(super) fn columns(schema: &Value) -> Vec<PageColumn> {
    let properties = schema["properties"].as_object();
    let column = |(name, property): (&String, &Value)| {
        Some(PageColumn { name: name.clone(), type_name: type_name(property)? })
    };
    properties.into_iter().flatten().filter_map(column).collect()
}

fn type_name(property: &Value) -> Option<&'static str> {
    let types: Vec<&str> = match &property["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => {
            names.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect()
        }
        _ => return None,
    };
    match (types.as_slice(), property["format"].as_str()) {
        (["string"], Some("date-time")) => Some("timestamp"),
        (["string"], _) => Some("string"),
        (["integer"], _) => Some("int"),
        (["number"], _) => Some("float"),
        (["boolean"], _) => Some("bool"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_types_that_are_clear() {
        let check = |property: &str, expected: Option<&str>| {
            assert_eq!(type_name(&serde_json::from_str(property).unwrap()), expected, "{property}");
        };
        check(r#"{"type":"string"}"#, Some("string"));
        check(r#"{"type":["null","string"],"format":"date-time"}"#, Some("timestamp"));
        check(r#"{"type":["integer","null"]}"#, Some("int"));
        check(r#"{"type":"number"}"#, Some("float"));
        check(r#"{"type":["boolean"]}"#, Some("bool"));
        check(r#"{"type":["string","integer"]}"#, None);
        check(r#"{"type":"object"}"#, None);
        check(r#"{"anyOf":[{"type":"string"}]}"#, None);
        check("{}", None);
    }
}
