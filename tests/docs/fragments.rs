//! Puts parts of pipeline files, as documents show them, at their place in a whole file.

/// Keys that stand below a section of the file rather than at its top.
const NESTED: [(&str, &str); 2] = [("pagination", "query"), ("auth", "datasource")];

/// Sections that a file with `tables` has in each table instead.
const OF_A_TABLE: [&str; 4] = ["query", "converter", "columns", "sink"];

/// Cuts a block that shows one key several times, as alternatives, into one part for each.
pub(crate) fn alternatives(text: &str) -> Vec<String> {
    let mut parts: Vec<(Vec<&str>, String)> = Vec::new();
    let mut comments = String::new();
    for line in text.lines() {
        let line_end = format!("{line}\n");
        if line.starts_with('#') {
            comments.push_str(&line_end);
            continue;
        }
        let key = key_of(line);
        let repeated = key.is_some_and(|key| parts.last().is_some_and(|(keys, _)| keys.contains(&key)));
        if parts.is_empty() || repeated {
            parts.push((Vec::new(), String::new()));
        }
        let (keys, part) = parts.last_mut().expect("pushed above");
        keys.extend(key);
        part.push_str(&std::mem::take(&mut comments));
        part.push_str(&line_end);
    }
    match parts.last_mut() {
        Some((_, part)) => part.push_str(&comments),
        None => parts.push((Vec::new(), comments)),
    }
    parts.into_iter().map(|(_, part)| part).collect()
}

/// `file` with the sections of `part` in place of its own.
pub(crate) fn put(file: &str, part: &str) -> String {
    let mut sections = sections(file);
    for (key, text) in self::sections(part) {
        if key == "tables" {
            sections.retain(|(key, _)| !OF_A_TABLE.contains(&key.as_str()));
        }
        match NESTED.iter().find(|(nested, _)| *nested == key) {
            Some((_, parent)) => {
                let (_, above) = sections
                    .iter_mut()
                    .find(|(key, _)| key == parent)
                    .unwrap_or_else(|| panic!("no `{parent}` to put `{key}` into:\n{file}"));
                *above = put_below(above, &key, &text);
            }
            None => replace(&mut sections, key, text),
        }
    }
    sections.into_iter().map(|(_, text)| text).collect()
}

/// `file` without a section; a pipeline without `name` is called as its file is.
pub(crate) fn without(file: &str, name: &str) -> String {
    sections(file).into_iter().filter(|(key, _)| key != name).map(|(_, text)| text).collect()
}

/// A section with another value of one of its keys.
fn put_below(section: &str, key: &str, text: &str) -> String {
    let (head, body) = section.split_once('\n').expect("a section in several lines");
    let unindented: String =
        body.lines().map(|line| format!("{}\n", line.strip_prefix("  ").unwrap_or(line))).collect();
    let mut below = sections(&unindented);
    replace(&mut below, key.to_owned(), text.to_owned());
    let body: String = below.into_iter().map(|(_, text)| text).collect();
    let indented: String = body.lines().map(|line| format!("  {line}\n")).collect();
    format!("{head}\n{indented}")
}

fn replace(sections: &mut Vec<(String, String)>, key: String, text: String) {
    match sections.iter_mut().find(|(known, _)| *known == key) {
        Some(section) => section.1 = text,
        // Comments alone stand at the top.
        None if key.is_empty() => sections.insert(0, (key, text)),
        None => sections.push((key, text)),
    }
}

/// A file cut at the keys at its top, each with the comments above it.
fn sections(text: &str) -> Vec<(String, String)> {
    let mut sections: Vec<(String, String)> = Vec::new();
    let mut comments = String::new();
    for line in text.lines() {
        match key_of(line) {
            Some(key) => sections.push((key.to_owned(), std::mem::take(&mut comments) + line + "\n")),
            None if line.starts_with('#') || sections.is_empty() => comments.push_str(&format!("{line}\n")),
            None => {
                let (_, section) = sections.last_mut().expect("there is one");
                section.push_str(&std::mem::take(&mut comments));
                section.push_str(&format!("{line}\n"));
            }
        }
    }
    if !comments.is_empty() {
        sections.push((String::new(), comments));
    }
    sections
}

fn key_of(line: &str) -> Option<&str> {
    let key = line.split_once(':')?.0;
    (!key.is_empty() && !key.starts_with([' ', '#', '-'])).then_some(key)
}

/// The words of all comments of a part.
pub(crate) fn comments(part: &str) -> String {
    let comment = |line: &str| {
        let start = if line.starts_with('#') { Some(0) } else { line.find(" #") };
        start.map(|start| line[start..].to_owned())
    };
    part.lines().filter_map(comment).collect::<Vec<_>>().join(" ")
}

#[test]
fn parts_find_their_place() {
    let file = "# x\nname: a\nquery:\n  path: /x\n  pagination: { kind: none }\nsink: { kind: csv }\n";
    let check = |part: &str, expected: &str| assert_eq!(put(file, part), expected);
    check(
        "pagination: { kind: cursor }\n",
        "# x\nname: a\nquery:\n  path: /x\n  pagination: { kind: cursor }\nsink: { kind: csv }\n",
    );
    check(
        "sink: { kind: jsonl }\nchecks:\n  - x\n",
        "# x\nname: a\nquery:\n  path: /x\n  pagination: { kind: none }\nsink: { kind: jsonl }\nchecks:\n  - x\n",
    );
    check("tables:\n  t: 1\n", "# x\nname: a\ntables:\n  t: 1\n");
    assert_eq!(
        alternatives("# Stripe\npagination: 1\n# Slack\npagination: 2  # of users\n"),
        ["# Stripe\npagination: 1\n", "# Slack\npagination: 2  # of users\n"]
    );
    assert_eq!(alternatives("query: 1\nsink: 2\n"), ["query: 1\nsink: 2\n"]);
    assert_eq!(comments("# Slack\npagination: 2  # of users\n"), "# Slack  # of users");
}
