//! The converter of a query that names none: `JSON.parse`, and the rows at `select`.

use std::fmt::Write;

/// The segments of a dotted path (`data.items`) or a JSON Pointer (`/data/items`, RFC 6901).
fn segments(select: &str) -> Vec<String> {
    match select.strip_prefix('/') {
        Some(pointer) => pointer.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect(),
        None if select.is_empty() => Vec::new(),
        None => select.split('.').map(str::to_owned).collect(),
    }
}

/// The script's text.
pub(crate) fn text(select: Option<&str>) -> String {
    let segments = segments(select.unwrap_or_default());
    let literals: Vec<String> = segments.iter().map(|segment| literal(segment)).collect();
    format!("const select = [{}];\n{WALK}", literals.join(", "))
}

/// What the script looks at, for messages such as "`data.items` is a string".
pub(crate) fn subject(select: Option<&str>) -> String {
    match select {
        Some(select) if !select.is_empty() => format!("`{select}` of the body"),
        _ => "the body".into(),
    }
}

const WALK: &str = r#"function convert(json) {
  return select.reduce((found, key, depth) => {
    const isObject = typeof found === "object" && found !== null;
    if (isObject && Object.hasOwn(found, key)) return found[key];
    const at = depth === 0 ? "the body" : "`" + select.slice(0, depth).join(".") + "`";
    const has = Array.isArray(found) ? "it is an array" : isObject ? "it has " + (Object.keys(found).slice(0, 12).join(", ") || "nothing") : "it is " + (found === null ? "null" : "a " + typeof found);
    throw new Error(at + " has no `" + key + "` for `select`; " + has);
  }, JSON.parse(json));
}
"#;

/// A JavaScript string literal; everything but letters and digits is escaped.
fn literal(text: &str) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        match c.is_ascii_alphanumeric() {
            true => literal.push(c),
            // Writing to a string cannot fail.
            false => write!(literal, "\\u{{{:x}}}", u32::from(c)).unwrap_or_default(),
        }
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_paths() {
        let check = |select, expected: &[&str]| assert_eq!(segments(select), expected, "{select}");
        check("", &[]);
        check("issues", &["issues"]);
        check("data.items.0", &["data", "items", "0"]);
        check("/data/a~1b/m~0n", &["data", "a/b", "m~n"]);
    }

    #[test]
    fn literals_cannot_leave_their_quotes() {
        assert_eq!(literal("a\"]; x"), r#""a\u{22}\u{5d}\u{3b}\u{20}x""#);
    }
}
