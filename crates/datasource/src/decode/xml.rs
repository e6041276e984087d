//! XML to JSON.

use roxmltree::{Document, Node, NodeType, ParsingOptions};
use serde_json::{Map, Value};

/// Elements inside elements; more is an attack on the stack, not data.
const MAX_DEPTH: usize = 200;

/// The root element as the one member of an object.
///
/// An element with attributes or children is an object: attributes as `@name`, children by name, its own text as
/// `#text`. Children of one name become an array, any other element its text, an empty one null. Names come without
/// their namespace's prefix, values stay text.
pub(super) fn to_json(text: &str) -> Result<Value, String> {
    // A document type can define entities that grow without bound; data has none.
    let options = ParsingOptions { allow_dtd: false, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options)
        .map_err(|error| format!("the body is not XML: {error}"))?;
    let root = document.root_element();
    let mut object = Map::new();
    object.insert(root.tag_name().name().to_owned(), element(root, 0)?);
    Ok(Value::Object(object))
}

/// Makes a list of what is at `select`, where the page has one item or none: an empty one where the element that would have
/// the items has no children.
pub(super) fn with_list(json: &mut Value, select: &str) {
    let steps: Vec<String> = match select.strip_prefix('/') {
        Some(pointer) => pointer.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect(),
        None => select.split('.').map(str::to_owned).collect(),
    };
    let Some((last, way)) = steps.split_last() else { return };
    let mut at = json;
    for step in way {
        match at {
            Value::Object(members) if members.contains_key(step) => at = &mut members[step],
            _ => return,
        }
    }
    let is_own = |name: &String| name.starts_with('@') || name == "#text";
    match at {
        _ if way.is_empty() => {}
        Value::Null => *at = Value::Object(Map::from_iter([(last.clone(), Value::Array(Vec::new()))])),
        Value::Object(members) if members.keys().all(is_own) => {
            members.insert(last.clone(), Value::Array(Vec::new()));
        }
        Value::Object(members) => {
            if let Some(item @ (Value::Object(_) | Value::String(_))) = members.get_mut(last) {
                *item = Value::Array(vec![item.take()]);
            } else if !members.contains_key(last) && members.iter().all(is_beside_items) {
                members.insert(last.clone(), Value::Array(Vec::new()));
            }
        }
        _ => {}
    }
}

/// Whether a member may stand beside items: a value or a link, and no word of an error.
fn is_beside_items((name, value): (&String, &Value)) -> bool {
    const OF_ERRORS: [&str; 4] = ["error", "fault", "exception", "message"];
    let is_own = |(name, _): (&String, &Value)| name.starts_with('@') || name == "#text";
    let lower = name.to_ascii_lowercase();
    let is_plain = |value: &Value| match value {
        Value::Object(members) => members.iter().all(is_own),
        other => !other.is_array(),
    };
    let is_simple = match value {
        Value::Array(values) => lower == "link" && values.iter().all(is_plain),
        value => lower == "author" || is_plain(value),
    };
    is_simple && !OF_ERRORS.iter().any(|word| lower.contains(word))
}

fn element(node: Node<'_, '_>, depth: usize) -> Result<Value, String> {
    if depth > MAX_DEPTH {
        return Err(format!("the body has more than {MAX_DEPTH} elements inside each other"));
    }
    let mut object = Map::new();
    for attribute in node.attributes() {
        object.insert(format!("@{}", attribute.name()), Value::String(attribute.value().to_owned()));
    }
    let mut text = String::new();
    for child in node.children() {
        match child.node_type() {
            NodeType::Element => add(&mut object, child.tag_name().name(), element(child, depth + 1)?),
            NodeType::Text => text.push_str(child.text().unwrap_or_default()),
            NodeType::Root | NodeType::PI | NodeType::Comment => {}
        }
    }
    let is_blank = text.trim().is_empty();
    Ok(match (object.is_empty(), is_blank) {
        (true, true) => Value::Null,
        (true, false) => Value::String(text),
        (false, true) => Value::Object(object),
        (false, false) => {
            object.insert("#text".to_owned(), Value::String(text));
            Value::Object(object)
        }
    })
}

fn add(object: &mut Map<String, Value>, name: &str, value: Value) {
    match object.get_mut(name) {
        // An element is never an array itself, so an array here is that of its namesakes.
        Some(Value::Array(items)) => items.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
        None => {
            object.insert(name.to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_become_members() {
        let check =
            |xml: &str, expected: &str| assert_eq!(to_json(xml).unwrap().to_string(), expected, "{xml}");
        check("<a/>", r#"{"a":null}"#);
        check("<a> x &amp; y<![CDATA[<z>]]></a>", r#"{"a":" x & y<z>"}"#);
        check(
            "<?xml version='1.0'?><list total='2'><i id='1'>x</i><i id='2'/><!-- no --></list>",
            r##"{"list":{"@total":"2","i":[{"@id":"1","#text":"x"},{"@id":"2"}]}}"##,
        );
        check(
            "<f xmlns:d='urn:x'><d:e><d:n>1</d:n><d:n>2</d:n><d:n>3</d:n></d:e>\n</f>",
            r#"{"f":{"e":{"n":["1","2","3"]}}}"#,
        );
    }

    #[test]
    fn items_are_a_list_however_many_there_are() {
        let check = |xml: &str, select: &str, expected: &str| {
            let mut json = to_json(xml).unwrap();
            with_list(&mut json, select);
            assert_eq!(json.to_string(), expected, "{xml} {select}");
        };
        check("<r><items/></r>", "r.items.item", r#"{"r":{"items":{"item":[]}}}"#);
        check("<items total='0'/>", "/items/item", r#"{"items":{"@total":"0","item":[]}}"#);
        check("<items><item>1</item></items>", "items.item", r#"{"items":{"item":["1"]}}"#);
        check("<items><item>1</item><item/></items>", "items.item", r#"{"items":{"item":["1",null]}}"#);
        // Something else is there.
        check("<items><error>x</error></items>", "items.item", r#"{"items":{"error":"x"}}"#);
        check(
            "<R><IsTruncated>false</IsTruncated><Token n='1'>x</Token></R>",
            "R.i",
            r##"{"R":{"IsTruncated":"false","Token":{"@n":"1","#text":"x"},"i":[]}}"##,
        );
        check("<R><it><id>1</id></it></R>", "R.i", r#"{"R":{"it":{"id":"1"}}}"#);
        check("<R><it>1</it><it>2</it></R>", "R.i", r#"{"R":{"it":["1","2"]}}"#);
        check("<R><ErrorCode>x</ErrorCode></R>", "R.i", r#"{"R":{"ErrorCode":"x"}}"#);
        check("<error/>", "items.item", r#"{"error":null}"#);
        check("<items/>", "items", r#"{"items":null}"#);
    }

    #[test]
    fn attacks_are_refused() {
        let bomb = "<!DOCTYPE a [<!ENTITY b 'x'>]><a>&b;</a>";
        assert!(to_json(bomb).unwrap_err().contains("not XML"));
        let deep = "<a>".repeat(100_000) + &"</a>".repeat(100_000);
        assert!(to_json(&deep).unwrap_err().contains("inside each other"));
    }
}
