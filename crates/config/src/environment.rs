//! Where `${VAR}` comes from.

use std::{collections::BTreeMap, fmt, io, path::Path};

use crate::source::{read_bounded, without_byte_order_mark};

/// The variables a file may name: those set for this run, those of the process, those of `.env`; first one wins.
#[derive(Clone, Default)]
pub struct Environment {
    set: BTreeMap<String, String>,
    process: BTreeMap<String, String>,
    dotenv: BTreeMap<String, String>,
}

impl Environment {
    /// No variables at all.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The variables of this process; those that are not UTF-8 are left out.
    pub fn process() -> Self {
        let process = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Self { process, ..Self::default() }
    }

    /// The same with these set for this run, above all others.
    #[must_use]
    pub fn with(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.set.extend(variables);
        self
    }

    /// The same with the lines of `path`, if there is such a file, below all others.
    ///
    /// # Errors
    /// A sentence naming the file and line that is not `NAME=value`; it never holds the value.
    pub fn with_dotenv(mut self, path: &Path) -> Result<Self, String> {
        /// Larger ones are not written by people.
        const MAX_BYTES: u64 = 1 << 20;
        const PROBLEM: &str = "it has more than 1 MiB; a file of variables is smaller";
        let text = match read_bounded(path, (MAX_BYTES, PROBLEM)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(self),
            Err(error) => return Err(format!("{}: {error}", path.display())),
        };
        let text = without_byte_order_mark(&text);
        let mut lines = text.lines().enumerate();
        for entry in dotenvy::from_read_iter(text.as_bytes()) {
            // The library's own message quotes the line, which may hold a secret.
            let (name, value) = entry
                .map_err(|error| format!("{}: {}", path.display(), wrong_line(lines.clone(), &error)))?;
            if let Some((index, line)) = lines.find(|(_, line)| name_in(line) == name) {
                let is_known =
                    |name: &str| self.dotenv.contains_key(name) || std::env::var_os(name).is_some();
                if let Some(problem) = changed_value(line, is_known) {
                    return Err(format!("{}: line {} {problem}", path.display(), index + 1));
                }
            }
            self.dotenv.entry(name).or_insert(value);
        }
        Ok(self)
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&str> {
        [&self.set, &self.process, &self.dotenv]
            .into_iter()
            .find_map(|layer| layer.get(name))
            .map(String::as_str)
    }

    /// All names, for "did you mean".
    pub fn names(&self) -> impl Iterator<Item = &str> + Clone {
        [&self.set, &self.process, &self.dotenv]
            .into_iter()
            .flat_map(|layer| layer.keys())
            .map(String::as_str)
    }
}

/// The name in a line of `.env`.
fn name_in(line: &str) -> &str {
    let line = line.trim_start();
    let line = line.strip_prefix("export ").unwrap_or(line);
    line.split('=').next().unwrap_or_default().trim()
}

/// Why the value of a line is read as another text than the one that is written, without an error of the library.
fn changed_value(line: &str, is_known: impl Fn(&str) -> bool) -> Option<&'static str> {
    let value = line.split_once('=')?.1;
    if value.starts_with('#') {
        return Some("has a value that begins with `#`, which begins a comment; put it into single quotes");
    }
    let mut quote = None;
    let mut rest = value.char_indices();
    while let Some((at, sign)) = rest.next() {
        let after = &value[at + sign.len_utf8()..];
        match (sign, quote) {
            ('\'', None) | ('"', None) => quote = Some(sign),
            (_, Some(open)) if sign == open => quote = None,
            (_, Some('\'')) => {}
            ('\\', None) if after.starts_with('n') => {
                return Some("has `\\n`, which would be the end of a line; put the value into single quotes");
            }
            ('\\', _) => drop(rest.next()),
            ('#', None) if value[..at].ends_with([' ', '\t']) => return None,
            ('$', _) if !is_known(variable_in(after)) => {
                return Some(
                    "has a `$`, with which the value of another variable would begin, and there is none of that name; put the value into single quotes",
                );
            }
            _ => {}
        }
    }
    None
}

/// The name of the variable that the library looks for behind a `$`.
fn variable_in(after: &str) -> &str {
    match after.strip_prefix('{') {
        Some(inside) => inside.split('}').next().unwrap_or_default(),
        None => after.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default(),
    }
}

/// What is wrong with one of the lines of `.env`, and what to write.
fn wrong_line<'t>(mut lines: impl Iterator<Item = (usize, &'t str)>, error: &dotenvy::Error) -> String {
    let dotenvy::Error::LineParse(written, at) = error else { return error.to_string() };
    let first = written.lines().next().unwrap_or_default().trim();
    let found = lines.find(|(_, line)| line.contains(first));
    let number = found.map_or(0, |(index, _)| index) + 1;
    let is_value = found.is_some_and(|(_, line)| line.trim() != first);
    let before: String = written.chars().take(*at).collect();
    let problem = match is_value {
        false if *at >= written.len() && written.contains(['"', '\'']) => {
            "has a quote that is never closed; close it, or put a value with a quote in it between quotes of the other kind"
        }
        true if before.ends_with('\\') => {
            "has a `\\` before a sign that needs none; write `\\\\`, or put the value into single quotes"
        }
        true => "has text behind its value; put the whole value into quotes: `NAME=\"two words\"`",
        false => "is not NAME=value; a name has letters, digits and `_` alone",
    };
    format!("line {number} {problem}")
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be secrets.
        f.debug_tuple("Environment").field(&self.names().count()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_wins_over_dotenv_and_errors_hide_values() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        std::fs::write(&path, "A=file\nB='two words'\n").unwrap();
        let environment = Environment::empty().with([("A".into(), "run".into())]).with_dotenv(&path).unwrap();
        assert_eq!(environment.get("A"), Some("run"));
        assert_eq!(environment.get("B"), Some("two words"));
        assert_eq!(environment.get("C"), None);
        std::fs::write(&path, "A=1\nhunter2 is my password\n").unwrap();
        let error = Environment::empty().with_dotenv(&path).unwrap_err();
        assert!(error.contains("line 2 is not NAME=value") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn values_are_the_text_that_is_written_or_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        for (line, expected) in [
            ("P=ab#cd", Ok("ab#cd")),
            ("P='ab$cd\\n#'", Ok("ab$cd\\n#")),
            ("P=ab\\$cd", Ok("ab$cd")),
            ("P=\"a\\nb\"", Ok("a\nb")),
            ("P=ab # $cd", Ok("ab")),
            ("P= # nothing", Ok("")),
            ("P=x-$A-y", Ok("x-1-y")),
            ("P=\"x-${A}\"", Ok("x-1")),
            ("P=ab$cd", Err("a `$`")),
            ("P=\"ab${cd}\"", Err("a `$`")),
            ("P=pa$$word", Err("a `$`")),
            ("P=pass$", Err("a `$`")),
            ("P=\"it's $5 each\"", Err("a `$`")),
            ("P=#hash", Err("begins with `#`")),
            ("P=C:\\new", Err("end of a line")),
        ] {
            std::fs::write(&path, format!("A=1\n{line}\nB=2\n")).unwrap();
            let read = Environment::empty().with_dotenv(&path);
            match expected {
                Ok(value) => {
                    let environment = read.unwrap_or_else(|error| panic!("{line}: {error}"));
                    assert_eq!(
                        (environment.get("P"), environment.get("B")),
                        (Some(value), Some("2")),
                        "{line}"
                    );
                }
                Err(problem) => {
                    let error = read.unwrap_err();
                    assert!(error.contains("line 2 has") && error.contains(problem), "{line}: {error}");
                    assert!(error.contains("single quotes") && !error.contains("cd"), "{line}: {error}");
                }
            }
        }
    }

    #[test]
    fn a_wrong_line_says_where_it_is_and_what_to_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Environment::empty().with_dotenv(&path)
        };
        for (text, expected) in [
            ("A=1\n# x\n\nB=\"hunter2\nC=3\n", "line 4 has a quote that is never closed"),
            ("A=1\nB='hunter2\n", "line 2 has a quote that is never closed"),
            ("B=it's\n", "line 1 has a quote that is never closed"),
            (
                "A=x\n\nexport B=\"x\" hunter2\n",
                "line 3 has text behind its value; put the whole value into quotes",
            ),
            ("A=1\nB=hunter2 and more\n", "line 2 has text behind its value"),
            ("A=hunter\\2\n", "line 1 has a `\\` before a sign"),
            ("A=1\n1A=hunter2\n", "line 2 is not NAME=value"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected) && !error.contains("hunter"), "{text:?}: {error}");
        }
        assert!(read(&"A=1\n".repeat(300_000)).unwrap_err().contains("more than 1 MiB"));
        assert_eq!(read("\u{feff}A=1 # x\r\nB=\r\n").unwrap().get("A"), Some("1"));
    }
}
