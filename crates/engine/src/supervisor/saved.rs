//! Code that is written into the file of its converter, and nothing else.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
};

use pipeline_config::{Environment, Node, Reader, Style, Value, fingerprint, first_invisible};
use pipeline_converter::read_script;

use super::{SupervisorError, desk::DeskCode};

/// Writes `text` in the place of `current`; gives the version that it has then.
pub(super) fn save(current: &DeskCode, text: &str) -> Result<String, SupervisorError> {
    check(text).map_err(|problem| refused(&current.path, problem))?;
    let cannot = |source| SupervisorError::Code { path: current.path.clone(), source };
    if !current.is_inline {
        let text = with_line_ends_of(&current.text, text);
        write(&current.path, (&current.text, &text))?;
        return Ok(fingerprint([text.as_str()]));
    }
    let begin = current.begin;
    let file = fs::read_to_string(&current.path).map_err(cannot)?;
    let Some(changed) = replaced(&file, (&current.text, text), begin) else {
        let path = current.path.clone();
        return Err(match stands_at(&file, &current.text, begin.0) {
            true => SupervisorError::Inline { path, line: begin.0 },
            false => SupervisorError::Changed { path },
        });
    };
    let edit = Edit { path: &current.path, before: &file, after: &changed };
    let saved = edit.only_code((&current.text, text), begin.0);
    let saved = saved.map_err(|problem| refused(&current.path, problem))?;
    write(&current.path, (&file, &changed))?;
    Ok(fingerprint([saved.as_str()]))
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

/// A file before and after.
struct Edit<'a> {
    path: &'a Path,
    before: &'a str,
    after: &'a str,
}

impl Edit<'_> {
    /// Reads both as YAML; gives the code of the second where nothing but the code, which begins at `line`, is another.
    fn only_code(&self, (code, text): (&str, &str), line: usize) -> Result<String, String> {
        let reader = Reader::new(Environment::empty());
        let read = |text: &str| reader.parse(self.path, text);
        let (Some(before), Some(after)) = (read(self.before), read(self.after)) else {
            let shown = reader.render(Style::Plain);
            return Err(format!("with this code it would not be YAML\n{}", shown.trim_end()));
        };
        // A block that has two names is one: it is another wherever it is named.
        let is_code = |own: &Node| matches!(&own.value, Value::Text(own) if own == code);
        let is_text = |other: &Node| {
            let wanted = text.trim_end().lines();
            matches!(&other.value, Value::Text(other) if other.trim_end_matches('\n').split('\n').eq(wanted))
        };
        if !before.is_same_but(&after, &|own, other| is_code(own) && is_text(other)) {
            return Err("with this code it would say something else than this code".into());
        }
        let is_here = |own: &Node| is_code(own) && is_at(&reader, own, line);
        let saved = |own: &Node, other: &Node| match (&other.value, is_here(own)) {
            (Value::Text(text), true) => Some(text.clone()),
            _ => None,
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

/// `file` with other code in the place of a block of it; `None` where the block is not what it was.
fn replaced(file: &str, (before, after): (&str, &str), (line, column): (usize, usize)) -> Option<String> {
    let indent = " ".repeat(column.checked_sub(1).filter(|n| *n > 0)?);
    let lines: Vec<&str> = file.split_inclusive('\n').collect();
    let n_before = before.lines().count();
    let block = lines.get(line - 1..line - 1 + n_before)?;
    let is_the_same = block.iter().zip(before.lines()).all(|(own, code)| {
        let own = own.trim_end_matches(['\n', '\r']);
        own.strip_prefix(&*indent).map_or(own.trim().is_empty() && code.is_empty(), |own| own == code)
    });
    if !is_the_same {
        return None;
    }
    let line_end = if block.first().is_some_and(|line| line.ends_with("\r\n")) { "\r\n" } else { "\n" };
    let mut changed: String = lines[..line - 1].concat();
    for code in after.trim_end().lines() {
        if !code.is_empty() {
            changed.push_str(&indent);
            changed.push_str(code);
        }
        changed.push_str(line_end);
    }
    changed.push_str(&lines[line - 1 + n_before..].concat());
    Some(changed)
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

    #[test]
    fn code_in_yaml_is_replaced_where_it_is_a_block() {
        let file =
            "converter:\n  script: |\n    function convert(json) {\n\n      return [];\n    }\nsink: x\n";
        let before = "function convert(json) {\n\n  return [];\n}\n";
        let after = "const a = 1;\n\nfunction convert() {\n  return [{ a }];\n}\n";
        let changed = replaced(file, (before, after), (3, 5)).unwrap();
        let expected = "converter:\n  script: |\n    const a = 1;\n\n    function convert() {\n      return [{ a }];\n    }\nsink: x\n";
        assert_eq!(changed, expected);
        assert_eq!(replaced(&changed, (after, before), (3, 5)).unwrap(), file);
        // Somebody has changed it, and a text on one line.
        assert_eq!(replaced(file, ("function convert(json) {\n}\n", after), (3, 5)), None);
        assert_eq!(replaced("script: \"a\\nb\"\n", ("a\nb", after), (1, 9)), None);
        let windows = file.replace('\n', "\r\n");
        assert_eq!(replaced(&windows, (before, after), (3, 5)).unwrap(), expected.replace('\n', "\r\n"));
    }

    /// Two tables share the code by an anchor; what follows it is not to be touched.
    const FILE: &str = "tables:\n  a: { converter: &c { path: x.js } }\n  b:\n    converter: &d\n      script: |\n        old()\n  e: { converter: *d }\nschedule: { cron: '* * * * *' }\n";

    fn edited(text: &str) -> Result<String, String> {
        let after = replaced(FILE, ("old()\n", text), (6, 9)).unwrap();
        let edit = Edit { path: Path::new("p.yaml"), before: FILE, after: &after };
        check(text).and_then(|()| edit.only_code(("old()\n", text), 6))
    }

    #[test]
    fn nothing_but_the_code_is_another_afterwards() {
        for text in [
            "new()",
            "new()\n",
            "new()\n\n\n",
            "new(`\n---\n...\nschedule: 1\n# x\n`)\n\n  // end",
            "\tnew()\r\n\tnext()\r\n",
            "- a: &d *c !!int |\n%YAML 1.2",
            "'\"#ä課🎉 \u{200e}",
        ] {
            let saved = edited(text).unwrap_or_else(|problem| panic!("{text:?}: {problem}"));
            assert!(saved.trim_end().lines().eq(text.trim_end().lines()), "{text:?}: {saved:?}");
        }
        // The first line tells readers of YAML how far the block is indented.
        for text in ["  new()\nnext()", "\n   new()\nnext()", "    new()\n  next()"] {
            let problem = edited(text).unwrap_err();
            assert!(problem.contains("with this code it would"), "{text:?}: {problem}");
        }
    }

    #[test]
    fn code_is_found_where_it_stands_now() {
        assert_eq!(inline(FILE, "b"), Some(("old()\n".into(), (6, 9))));
        assert_eq!(inline(FILE, "e"), Some(("old()\n".into(), (6, 9))));
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
