//! Code that is written into the file of its converter, and nothing else.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use pipeline_config::{Environment, Node, Reader, Style, Value, fingerprint, first_invisible};
use pipeline_converter::read_script;

use super::{SupervisorError, block, desk::DeskCode};

/// Writes `text` in the place of `current`; gives the version that it has then.
pub(super) fn save(current: &DeskCode, text: &str) -> Result<String, SupervisorError> {
    // Readers of files leave a byte order mark out, and editors on other systems paste one.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    check(text).map_err(|problem| refused(&current.path, problem))?;
    let cannot = |source| SupervisorError::Code { path: current.path.clone(), source };
    if !current.is_inline {
        let text = with_line_ends_of(&current.text, text);
        write(&current.path, (&current.text, &text))?;
        return Ok(fingerprint([text.as_str()]));
    }
    let begin = current.begin;
    let file = fs::read_to_string(&current.path).map_err(cannot)?;
    let path = current.path.clone();
    if !stands_at(&file, &current.text, begin.0) {
        return Err(SupervisorError::Changed { path });
    }
    // YAML has one line end.
    let text = text.replace("\r\n", "\n");
    match changed(&path, &file, ((&current.text, &text), begin)) {
        None => Err(SupervisorError::Inline { path, line: begin.0 }),
        Some(Err(problem)) => Err(refused(&path, problem)),
        Some(Ok(changed)) => {
            write(&path, (&file, &changed))?;
            Ok(fingerprint([text.as_str()]))
        }
    }
}

/// The file with other code in the place of the code that begins there; `None` where that is no block.
fn changed(
    path: &Path,
    file: &str,
    (codes, begin): ((&str, &str), (usize, usize)),
) -> Option<Result<String, String>> {
    let mut problem = None;
    for after in block::ways(file, codes, begin) {
        match (Edit { path, before: file, after: &after }).only_code(codes, begin.0) {
            Ok(()) => return Some(Ok(after)),
            Err(wrong) => problem = problem.or(Some(wrong)),
        }
    }
    problem.map(Err)
}

fn refused(path: &Path, problem: String) -> SupervisorError {
    SupervisorError::Unwritable { path: path.to_owned(), problem }
}

/// Refuses what no author means: no code at all, and characters that readers of YAML and of JavaScript take for more than
/// they look like.
fn check(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("there is no code to write".into());
    }
    match first_invisible(text) {
        Some((c, (line, column))) => Err(format!(
            "line {line}, column {column} of the code has the invisible character U+{:04X}; write `\\u{:04x}` in a text, and \
             remove it elsewhere",
            u32::from(c),
            u32::from(c)
        )),
        None => Ok(()),
    }
}

/// Where two trees of the same shape say something else.
fn find_changes((before, after): (&Node, &Node), place: &str, found: &mut Vec<String>) {
    match (&before.value, &after.value) {
        (Value::List(own), Value::List(others)) => {
            own.iter().zip(others).for_each(|pair| find_changes(pair, place, found));
        }
        (Value::Map(own), Value::Map(others)) => {
            for ((key, own), (_, other)) in own.iter().zip(others) {
                let dot = if place.is_empty() { "" } else { "." };
                find_changes((own, other), &format!("{place}{dot}{}", key.value), found);
            }
        }
        (own, other) if own != other => found.push(format!("`{place}`")),
        _ => {}
    }
}

/// What to do with code that YAML does not hold as it is.
const ELSEWHERE: &str = "put the code into a file of its own, and name that with `converter: { path: … }`";

/// A file before and after.
struct Edit<'a> {
    path: &'a Path,
    before: &'a str,
    after: &'a str,
}

impl Edit<'_> {
    /// Reads both as YAML: nothing but the code, which begins at `line`, is another, and that is `text`.
    fn only_code(&self, (code, text): (&str, &str), line: usize) -> Result<(), String> {
        let reader = Reader::new(Environment::empty());
        let read = |text: &str| reader.parse(self.path, text);
        let (Some(before), Some(after)) = (read(self.before), read(self.after)) else {
            let shown = reader.render(Style::Plain);
            return Err(format!("with this code it would not be YAML; {ELSEWHERE}\n{}", shown.trim_end()));
        };
        let is_code = |own: &Node| matches!(&own.value, Value::Text(own) if own == code);
        let is_text = |other: &Node| matches!(&other.value, Value::Text(other) if other == text);
        if !before.is_same_but(&after, &|own, other| is_code(own) && is_text(other)) {
            return Err(format!("with this code it would say something else than this code; {ELSEWHERE}"));
        }
        let mut places = Vec::new();
        find_changes((&before, &after), "", &mut places);
        if places.len() > 1 {
            return Err(format!(
                "{} are one code by an alias of YAML, and all of them would change; write `script: |` with code of its own at the \
                 one that is to be another, or name one file in all of them with `converter: {{ path: … }}`",
                places.join(", ")
            ));
        }
        let saved = |own: &Node, other: &Node| {
            (is_code(own) && is_at(&reader, own, line) && is_text(other)).then_some(())
        };
        first(&before, &after, &saved).ok_or_else(|| "the code is not found in it".into())
    }
}

/// The code of a table that stands in a pipeline's file, and where it begins; `None` where the file cannot be read as YAML.
pub(super) fn inline(file: &str, table: &str) -> Option<(String, (usize, usize))> {
    let reader = Reader::new(Environment::empty());
    let root = reader.parse("file", file)?;
    let owner = match root.get("tables") {
        Some(tables) => tables.get(table)?,
        None => &root,
    };
    let script = owner.get("converter")?.get("script")?;
    let (_, line, column) = reader.position(script.span);
    match &script.value {
        Value::Text(text) => Some((text.clone(), (line, column))),
        _ => None,
    }
}

/// Whether the code is what a value in this line says, however it is written.
fn stands_at(file: &str, code: &str, line: usize) -> bool {
    let reader = Reader::new(Environment::empty());
    let is_code = |own: &Node, _: &Node| {
        let is_code = matches!(&own.value, Value::Text(own) if own == code);
        (is_code && is_at(&reader, own, line)).then_some(())
    };
    reader.parse("file", file).is_some_and(|file| first(&file, &file, &is_code).is_some())
}

/// Whether a value begins in the line; the header of a block, `script: |`, may stand in the one before.
fn is_at(reader: &Reader, node: &Node, line: usize) -> bool {
    let begins = reader.position(node.span).1;
    begins == line || begins + 1 == line
}

/// The first answer for two nodes in the same place of two trees of the same shape.
fn first<T>(before: &Node, after: &Node, find: &impl Fn(&Node, &Node) -> Option<T>) -> Option<T> {
    find(before, after).or_else(|| match (&before.value, &after.value) {
        (Value::List(own), Value::List(others)) => {
            own.iter().zip(others).find_map(|(own, other)| first(own, other, find))
        }
        (Value::Map(own), Value::Map(others)) => {
            own.iter().zip(others).find_map(|((_, own), (_, other))| first(own, other, find))
        }
        _ => None,
    })
}

/// Browsers know lines, but not how they end.
fn with_line_ends_of(current: &str, text: &str) -> String {
    match current.contains("\r\n") && !text.contains('\r') {
        true => text.replace('\n', "\r\n"),
        false => text.to_owned(),
    }
}

/// Replaces a file as a whole, with the rights that it had, where it is still what it was; behind a link, what that leads
/// to.
fn write(path: &Path, (before, after): (&str, &str)) -> Result<(), SupervisorError> {
    let replace = || {
        let path: PathBuf = fs::canonicalize(path)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(after.as_bytes())?;
        file.as_file().sync_all()?;
        fs::set_permissions(file.path(), fs::metadata(&path)?.permissions())?;
        let is_the_same = read_script(&path)? == before;
        if is_the_same {
            file.persist(&path)?;
        }
        io::Result::Ok(is_the_same)
    };
    match replace() {
        Ok(true) => Ok(()),
        Ok(false) => Err(SupervisorError::Changed { path: path.to_owned() }),
        Err(source) => Err(SupervisorError::Code { path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two tables share a converter by an anchor; what follows the code is not to be touched.
    const FILE: &str = "tables:\n  a: { converter: &c { path: x.js } }\n  b:\n    converter: &d\n      script: |\n        old()\n  e: { converter: *c }\nschedule: { cron: '* * * * *' }\n";

    /// The code of one table is that of another by an alias.
    const SHARED: [&str; 2] = [
        "tables:\n  b:\n    converter: &d\n      script: |\n        old()\n  e: { converter: *d }\n",
        "tables:\n  b:\n    converter:\n      script: &d |\n        old()\n  e: { converter: { script: *d } }\n",
    ];

    fn edited(text: &str) -> Result<String, String> {
        check(text)?;
        changed(Path::new("p.yaml"), FILE, (("old()\n", text), (6, 9))).expect("a block")
    }

    #[test]
    fn nothing_but_the_code_is_another_afterwards() {
        for text in [
            "new()",
            "new()\n",
            "new()\n\n\n",
            "new(`\n---\n...\nschedule: 1\n# x\n`)\n\n  // end",
            "\tnew()\n\tnext()\n",
            "- a: &d *c !!int |\n%YAML 1.2",
            "'\"#ä課🎉 \u{200e}",
            "  new()\nnext()",
            "    new()\n  next()\n",
            "\n   new()\nnext()",
            "\n\n\n new()\n\n",
            "   \nnew()\n",
            "            \n  new()\n",
            "\t\n\tnew()",
            "new()   \n  \n\t",
            "new()\n        ",
            "new()\n\u{a0}",
            "\u{a0}\nnew()\n\u{a0}\n",
            "# new()\n",
            "---\n...\n",
            "...",
            "| a |",
        ] {
            let file = edited(text).unwrap_or_else(|problem| panic!("{text:?}: {problem}"));
            let (saved, begin) = inline(&file, "b").expect("code");
            assert_eq!(saved, text, "{file}");
            // It can be saved again, and leads back to what was there.
            for next in ["old()\n", "\n  next()"] {
                let again = changed(Path::new("p.yaml"), &file, ((text, next), begin)).expect("a block");
                let again = again.unwrap_or_else(|problem| panic!("{text:?}: {problem}"));
                assert!(stands_at(&file, text, begin.0), "{text:?}");
                assert_eq!(inline(&again, "b").map(|(code, _)| code).as_deref(), Some(next), "{again}");
                if next == "old()\n" {
                    let back = again.replace("|2", "|").replace("|-", "|").replace("|+", "|");
                    assert_eq!(back, FILE, "{text:?}");
                }
            }
        }
    }

    #[test]
    fn blocks_of_all_forms_are_replaced() {
        for file in [
            "converter:\n  script: |\n    old()\n\n\nsink: x\n",
            "converter:\n  script: |- # why | not\n    old()",
            "converter:\n  script: |4\n      old()\n# end\n",
            "converter:\n  script: |+\n    old()\n\n\nsink: x\n",
            "converter:\n  script:\n    |\n    old()\n",
            "converter: { path: x.js }\ntables:\n  a:\n    converter:\n                 script: &c |\n                              old()\n",
            "converter:\r\n  script: |\r\n    old()\r\n\r\nsink: x\r\n",
            "converter:\n  script: |\n\n    old()\n  x: 1\n",
        ] {
            let table = "a";
            let Some((code, begin)) = inline(file, table) else { panic!("{file:?}") };
            for text in ["new()\n", "new()", "\n\n  new()\n\n\n", "  new()\n  "] {
                let after = changed(Path::new("p.yaml"), file, ((&code, text), begin));
                let after = after.unwrap_or_else(|| panic!("no block: {file:?}"));
                let after = after.unwrap_or_else(|problem| panic!("{file:?} {text:?}: {problem}"));
                assert_eq!(inline(&after, table).map(|(code, _)| code).as_deref(), Some(text), "{after}");
            }
        }
    }

    #[test]
    fn code_that_another_table_shares_is_not_replaced() {
        for file in SHARED {
            for table in ["b", "e"] {
                let (code, begin) = inline(file, table).expect("code");
                let after = changed(Path::new("p.yaml"), file, ((&code, "new()\n"), begin)).expect("a block");
                let problem = after.unwrap_err();
                assert!(
                    problem
                        .starts_with("`tables.b.converter.script`, `tables.e.converter.script` are one code"),
                    "{problem}"
                );
                assert!(problem.contains("code of its own"), "{problem}");
            }
        }
    }

    #[test]
    fn code_is_found_where_it_stands_now() {
        assert_eq!(inline(FILE, "b"), Some(("old()\n".into(), (6, 9))));
        assert_eq!(inline(SHARED[0], "e"), Some(("old()\n".into(), (5, 9))));
        assert_eq!((inline(FILE, "a"), inline(FILE, "z"), inline("a: [", "a")), (None, None, None));
        let one = "# moved\nconverter:\n  script: |\n    {broken\n\n    code\n";
        assert_eq!(inline(one, "any"), Some(("{broken\n\ncode\n".into(), (4, 5))));
    }

    #[test]
    fn a_text_on_one_line_is_told_from_one_that_has_changed() {
        let file = "a: 1\nconverter: { script: \"old()\" }\n";
        assert!(stands_at(file, "old()", 2));
        assert!(!stands_at(file, "old()", 1) && !stands_at(file, "new()", 2) && !stands_at("[", "old()", 1));
    }

    #[test]
    fn invisible_characters_are_refused_with_their_place() {
        for c in [
            '\0', '\u{1}', '\u{8}', '\u{b}', '\u{c}', '\r', '\u{1b}', '\u{7f}', '\u{85}', '\u{2028}',
            '\u{2029}', '\u{202e}', '\u{2067}',
        ] {
            for end in ["schedule: { on_failure: [id] }", "\nschedule: {}", "", "\n"] {
                if c == '\r' && end.starts_with('\n') {
                    continue;
                }
                let problem = edited(&format!("a()\n b(){c}{end}")).unwrap_err();
                assert!(problem.starts_with("line 2, column 5 of the code"), "{c:?} {problem}");
            }
        }
        assert_eq!(edited(" \n").unwrap_err(), "there is no code to write");
    }

    #[test]
    fn a_file_keeps_its_line_ends() {
        assert_eq!(with_line_ends_of("a\r\nb\r\n", "c\nd\n"), "c\r\nd\r\n");
        assert_eq!(with_line_ends_of("a\r\nb\r\n", "c\r\nd\n"), "c\r\nd\n");
        assert_eq!(with_line_ends_of("a\n", "c\nd"), "c\nd");
    }
}
