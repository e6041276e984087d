//! What stands in an object where one value was expected, for messages.

use super::envelope::{path_text, plain};
use crate::{
    raw::{members, value_at},
    selector::Selector,
};

/// Members that are likely to be what was meant, best first.
const ADDRESSES: &[&str] = &["next", "nextlink", "nexturl", "nextpage", "href", "url", "uri", "ref", "link"];
const TOKENS: &[&str] = &["next", "after", "cursor", "token", "nextcursor", "nextpagetoken", "id"];

/// What is to be written in the place of a path to an object.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted {
    Address,
    Token,
}

/// Says which members the object has, and the path to the one that is likely to be meant.
pub(super) fn help(selector: &Selector, body: Option<&[u8]>, wanted: Wanted) -> String {
    let names = if matches!(wanted, Wanted::Address) { ADDRESSES } else { TOKENS };
    let found =
        body.and_then(|body| selector.ways().iter().find_map(|way| Some((way, value_at(body, way)?))));
    let Some((way, object)) = found else { return "write the path of one value".into() };
    if object.starts_with(b"[") && matches!(wanted, Wanted::Token) {
        let item = path_text(&[way.as_slice(), &["0".to_owned()]].concat());
        return format!(
            "write the path of one value in it, such as `{item}`; `in: body` sends the whole array back"
        );
    }
    let path = best(object, names, 3);
    let has = keys(object)
        .iter()
        .take(12)
        .map(|key| format!("`{}`", pipeline_config::escaped(key)))
        .collect::<Vec<_>>()
        .join(", ");
    let whole = |path: &[String]| path_text(&[way.as_slice(), path].concat());
    let what = if matches!(wanted, Wanted::Address) { "the address" } else { "the one value to send back" };
    match path {
        Some(path) => format!("write the path of {what} within it, such as `{}`; it has {has}", whole(&path)),
        None if has.is_empty() => format!("write the path of {what}; the object is empty"),
        None => format!("write the path of {what}; none of what it has is likely to be that: {has}"),
    }
}

fn keys(object: &[u8]) -> Vec<String> {
    let mut keys = Vec::new();
    let _ = members(object, |key, _| keys.push(key.into_owned()));
    keys
}

/// The path to the best member that is a text or a number, at most so deep.
fn best(object: &[u8], names: &[&str], depth: usize) -> Option<Vec<String>> {
    let mut found: Vec<(usize, Vec<String>)> = Vec::new();
    members(object, |key, value| {
        let Some(rank) = names.iter().position(|name| *name == plain(&key)) else { return };
        match value.first() {
            Some(b'{') if depth > 0 => {
                if let Some(rest) = best(value, names, depth - 1) {
                    found.push((rank, [vec![key.into_owned()], rest].concat()));
                }
            }
            Some(b'"' | b'0'..=b'9') => found.push((rank, vec![key.into_owned()])),
            _ => {}
        }
    })?;
    found.into_iter().min_by_key(|(rank, _)| *rank).map(|(_, path)| path)
}
