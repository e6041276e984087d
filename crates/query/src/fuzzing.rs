//! What the fuzzer in `tests/fuzz` holds the private readers of this crate to.

use std::collections::HashSet;

use serde_json::Value;

use crate::{Found, Scan, Selector, pagination::web_link, raw};

/// Reads the values of a header `Link`, one a line; what is found was written there, and is found again where it is
/// the only link.
pub fn link(header: &str) {
    let Ok(Some(target)) = web_link::find(header.lines(), "next") else { return };
    assert!(header.contains(&target), "`{target}` is not in the header");
    let alone = format!("<{target}>; rel=\"next\"");
    assert_eq!(web_link::find([alone.as_str()], "next"), Ok(Some(target)));
}

/// Looks for a selector in a body in all ways there are, which must agree with each other and with serde_json.
pub fn selected(selector: &str, body: &[u8]) {
    let Some(selector) = Selector::parse(selector) else { return };
    let scan = Scan::read(body, std::slice::from_ref(&selector));
    let ways: Vec<&[String]> = selector.ways().iter().map(Vec::as_slice).collect();
    let together = raw::values_at(body, &ways);
    let apart: Vec<_> = ways.iter().map(|way| raw::value_at(body, way)).collect();
    raw::value_hash(body);
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return };
    if has_name_twice(body) {
        return;
    }
    let scan = scan.unwrap_or_else(|error| panic!("serde_json reads the body: {error}"));
    assert_eq!(together, apart);
    let values: Vec<_> = ways.iter().map(|way| at(&value, way)).collect();
    for (text, value) in apart.iter().zip(&values) {
        let read = text.map(|text| serde_json::from_slice::<Value>(text).expect("a part of JSON is JSON"));
        assert_eq!(read.as_ref(), *value);
    }
    let expected = values.into_iter().flatten().next();
    let is_same = match (&scan.found[0], expected) {
        (Found::Absent, None)
        | (Found::Null, Some(Value::Null))
        | (Found::Object, Some(Value::Object(_))) => true,
        (Found::Bool(found), Some(Value::Bool(value))) => found == value,
        (Found::Text(found), Some(Value::String(value))) => found == value,
        (Found::Array(n_items), Some(Value::Array(items))) => *n_items == items.len() as u64,
        (Found::Number(found), Some(Value::Number(value))) => found.parse::<f64>().ok() == value.as_f64(),
        _ => false,
    };
    assert!(is_same, "{:?} is not {expected:?}", scan.found[0]);
}

/// Which of two members of one name counts is up to the reader.
fn has_name_twice(text: &[u8]) -> bool {
    let (mut names, mut is_twice) = (HashSet::new(), false);
    raw::members(text, |name, value| is_twice = is_twice || !names.insert(name) || has_name_twice(value));
    is_twice || raw::items(text).is_some_and(|items| items.into_iter().any(has_name_twice))
}

fn at<'v>(value: &'v Value, way: &[String]) -> Option<&'v Value> {
    way.iter().try_fold(value, |value, step| match value {
        Value::Object(members) => members.get(step),
        Value::Array(items) if step == "-1" => items.last(),
        Value::Array(items) => {
            items.get(step.parse().ok().filter(|number: &usize| number.to_string() == *step)?)
        }
        _ => None,
    })
}
