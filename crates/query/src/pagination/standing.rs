//! What stands at `select`, or on the way to it. Pure.

use super::{
    envelope::{path_text, plain},
    report::{Instead, Selected},
};
use crate::{
    raw::{self, value_at},
    selector::Selector,
};

/// What stands at `select`, where `records` is the text of it.
///
/// A page without records may leave their array out, and whatever would hold it. It may not have something else there: a
/// server that fails writes its message, or another document, in the place of the records.
pub(crate) fn standing(select: &Selector, (body, is_xml): (&[u8], bool), records: Option<&[u8]>) -> Selected {
    let at_select = |what| Selected::Other(Instead { what, at: None });
    match records {
        Some([b'[', ..]) => Selected::Array,
        // In XML an element that occurs once is no array, and all values are texts.
        Some([b'n', ..]) => Selected::Nothing,
        Some([b'{' | b'"', ..]) if is_xml => Selected::Nothing,
        Some([b'{', ..]) => at_select("an object"),
        Some([b'"', ..]) => at_select("text"),
        Some([b't' | b'f', ..]) => at_select("true or false"),
        Some(_) => at_select("a number"),
        None => on_the_way(select, (body, is_xml)),
    }
}

fn on_the_way(select: &Selector, (body, is_xml): (&[u8], bool)) -> Selected {
    let Some((way, text)) = select.ways().last().and_then(|way| furthest(way, body)) else {
        return Selected::Nothing;
    };
    let (way, rest) = way;
    let what = match text {
        [b'{', ..] if is_xml && is_another_document(way, (text, rest)) => "another document",
        [b'{' | b'n', ..] => return Selected::Nothing,
        // PHP writes an object without members so.
        [b'[', ..] if raw::items(text).is_some_and(|items| items.is_empty()) => return Selected::Nothing,
        [b'[', ..] if rest.first().is_some_and(|step| is_index(step)) => return Selected::Nothing,
        [b'[', ..] => "an array",
        [b'"', inner @ .., b'"'] if is_blank(inner) => return Selected::Nothing,
        [b'"', ..] => "text",
        [b't' | b'f', ..] => "true or false",
        _ => "a number",
    };
    Selected::Other(Instead { what, at: Some(path_text(way)) })
}

type Split<'w> = (&'w [String], &'w [String]);

/// The longest part of the way that leads to a value, with what is left of it, and that value.
fn furthest<'w, 'b>(way: &'w [String], body: &'b [u8]) -> Option<(Split<'w>, &'b [u8])> {
    let mut found = (way.split_at(0), value_at(body, &[])?);
    for length in 1..=way.len() {
        let Some(text) = value_at(body, &way[..length]) else { break };
        found = (way.split_at(length), text);
    }
    Some(found)
}

fn is_index(step: &str) -> bool {
    step == "-1" || step.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text in quotes says nothing.
fn is_blank(inner: &[u8]) -> bool {
    let text = String::from_utf8_lossy(inner).replace("\\n", " ").replace("\\r", " ").replace("\\t", " ");
    text.trim().is_empty()
}

/// Whether XML has another root than the one that leads to the records, or SOAP another payload, with anything in it.
fn is_another_document(way: &[String], (text, rest): (&[u8], &[String])) -> bool {
    let is_payload = match way {
        [] => true,
        [envelope, body] => plain(envelope) == "envelope" && plain(body) == "body" && rest.len() > 1,
        _ => false,
    };
    let mut has_something = false;
    let _ = raw::members(text, |name, value| {
        // `<nil-classes type="array"/>` is how Rails writes that there is nothing.
        let is_nothing = value == b"null"
            || name.starts_with('@')
            || raw::keys(value).is_some_and(|keys| keys.iter().all(|key| key.starts_with('@')));
        has_something |= !is_nothing;
    });
    is_payload && has_something
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stands(select: &str, (body, is_xml): (&str, bool)) -> String {
        let select = Selector::parse(select).unwrap();
        let records = select.ways().iter().find_map(|way| value_at(body.as_bytes(), way));
        match standing(&select, (body.as_bytes(), is_xml), records) {
            Selected::Array => "array".into(),
            Selected::Nothing => "nothing".into(),
            Selected::Other(Instead { what, at }) => format!("{what} {at:?}"),
        }
    }

    #[test]
    fn tells_what_is_left_out_from_what_stands_instead() {
        let check = |select: &str, body: &str, expected: &str| {
            assert_eq!(stands(select, (body, false)), expected, "{select} {body}");
        };
        for (select, body) in [
            ("d", "{}"),
            ("d", r#"{"d":null}"#),
            ("d", "null"),
            ("d", "[]"),
            ("a.d", r#"{"a":{}}"#),
            ("a.d", r#"{"a":null}"#),
            ("a.d", r#"{"a":[]}"#),
            ("a.d", r#"{"a":" "}"#),
            ("a.d", r#"{"total":7}"#),
            ("a.0.d", r#"{"a":[]}"#),
            ("a.1.d", r#"{"a":[{"d":[]}]}"#),
        ] {
            check(select, body, "nothing");
        }
        check("d", r#"{"d":[1]}"#, "array");
        check("d", r#"{"d":"x"}"#, "text None");
        check("d", r#"{"d":false}"#, "true or false None");
        check("d", r#"{"d":7}"#, "a number None");
        check("d", r#""Internal error""#, r#"text Some("")"#);
        check("d", "0", r#"a number Some("")"#);
        check("d", "false", r#"true or false Some("")"#);
        check("d", r#"[["x"]]"#, r#"an array Some("")"#);
        check("a.d", r#"{"a":"Internal error"}"#, r#"text Some("a")"#);
        check("/a/b/d", r#"{"a":{"b":false}}"#, r#"true or false Some("a.b")"#);
        check("a.b.d", r#"{"a":{"b":[{"x":1}]}}"#, r#"an array Some("a.b")"#);
    }

    #[test]
    fn xml_has_one_document() {
        let check = |select: &str, body: &str, expected: &str| {
            assert_eq!(stands(select, (body, true)), expected, "{select} {body}");
        };
        check("r.items.i", r#"{"r":{"items":{"i":[]}}}"#, "array");
        check("r.items.i", r#"{"r":{"total":"25"}}"#, "nothing");
        check("r.items.i", r#"{"r":null}"#, "nothing");
        check("r.items.i", r#"{"nil-classes":{"@type":"array"}}"#, "nothing");
        check("r.items.i", r#"{"r":"Internal error"}"#, r#"text Some("r")"#);
        check("r.items.i", r#"{"r":{"items":"timeout"}}"#, r#"text Some("r.items")"#);
        check("r.items.i", r#"{"other":{"items":{"i":[1]}}}"#, r#"another document Some("")"#);
        check("r.items.i", r#"{"html":{"body":"x"}}"#, r#"another document Some("")"#);
        check("Envelope.Body.r.i", r#"{"Envelope":{"Body":{"r":null}}}"#, "nothing");
        check("Envelope.Body.r.i", r#"{"Envelope":{"Body":null}}"#, "nothing");
        check(
            "Envelope.Body.r.i",
            r#"{"Envelope":{"Body":{"other":{"x":"1"}}}}"#,
            r#"another document Some("Envelope.Body")"#,
        );
    }
}
