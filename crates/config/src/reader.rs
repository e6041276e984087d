//! Collects sources and diagnostics while a pipeline's files are read.

use std::{
    cell::{Ref, RefCell},
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use crate::{
    connection::credentials_in,
    credential::{
        deciding_name, is_credential_name, is_credential_parameter, is_everyday, looks_like_credential,
        may_be_credential_name, names_thing,
    },
    diagnostic::{Diagnostic, Severity, Style},
    environment::Environment,
    fingerprint::fingerprint,
    secret::Secret,
    source::{Source, SourceId, Span, read_bounded, without_byte_order_mark},
    template::{Part, Template},
    yaml::{self, Node, Value},
};

/// What one load of a pipeline knows: the variables, the texts read so far, and what is wrong with them.
#[derive(Debug)]
pub struct Reader {
    environment: Environment,
    sources: RefCell<Vec<Source>>,
    diagnostics: RefCell<Vec<Diagnostic>>,
    /// Literal credentials, which no message may show.
    hidden: RefCell<Vec<Span>>,
    /// The variables that were replaced by their values, credentials left out.
    used: RefCell<BTreeMap<String, String>>,
    /// Their names.
    variables: RefCell<BTreeSet<String>>,
    /// Values that no message may show.
    secrets: RefCell<Vec<Secret>>,
    /// The same, of which no name is surely that of a credential: that of a `KEY` may be the key of a project.
    likely: RefCell<Vec<Secret>>,
    /// The same that stand in the file itself.
    written: RefCell<Vec<Secret>>,
    /// Values of variables that may be credentials, though no name says so.
    suspects: RefCell<Vec<Secret>>,
}

/// The files are wrong; `Display` shows every diagnostic with its source line.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{rendered}")]
pub struct Invalid {
    /// All diagnostics as text, in the order of their places.
    pub rendered: String,
    /// How many of them are errors.
    pub n_errors: usize,
}

/// The largest file that is read: nobody writes more YAML, and devices have no end.
const MAX_FILE: u64 = 16 << 20;

impl Reader {
    /// A reader that takes `${VAR}` from `environment`.
    pub fn new(environment: Environment) -> Self {
        Self {
            environment,
            sources: RefCell::default(),
            diagnostics: RefCell::default(),
            hidden: RefCell::default(),
            used: RefCell::default(),
            variables: RefCell::default(),
            secrets: RefCell::default(),
            likely: RefCell::default(),
            written: RefCell::default(),
            suspects: RefCell::default(),
        }
    }

    /// The variables.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Reads and parses a file; `None` after reporting why it cannot be.
    ///
    /// `named_at` is the place that names the file, for the message when there is no such file.
    pub fn read_file(&self, path: &Path, named_at: Option<Span>) -> Option<Node> {
        match read_bounded(path, (MAX_FILE, "it is larger than 16 MiB, and no pipeline is")) {
            Ok(text) => self.parse(path, &text),
            Err(error) => {
                self.report(Diagnostic {
                    severity: Severity::Error,
                    code: "C010",
                    message: format!("cannot read `{}`: {error}", path.display()),
                    span: named_at,
                    help: Vec::new(),
                });
                None
            }
        }
    }

    /// Parses `text` as the file `path`; `None` after reporting that it is not YAML.
    pub fn parse(&self, path: impl Into<PathBuf>, text: &str) -> Option<Node> {
        let source = Source { path: path.into(), text: without_byte_order_mark(text).to_owned() };
        let id = SourceId(self.sources.borrow().len() as u32);
        let parsed = yaml::parse(&source, id);
        let mut doubts = Vec::new();
        if let Ok(node) = &parsed {
            yaml::values_in_comments(&source.text, node, &mut doubts);
        }
        let wrong = parsed.as_ref().err().into_iter().chain(&doubts).filter_map(|diagnostic| diagnostic.span);
        for place in yaml::credentials_in_lines(&source.text, wrong.map(|span| span.start)) {
            self.hide(Span { source: id, start: place.start, end: place.end });
        }
        self.sources.borrow_mut().push(source);
        doubts.into_iter().for_each(|doubt| self.report(doubt));
        parsed.map_err(|diagnostic| self.report(diagnostic)).ok()
    }

    /// Adds a diagnostic.
    pub fn report(&self, diagnostic: Diagnostic) {
        self.diagnostics.borrow_mut().push(diagnostic);
    }

    /// Keeps the text at `span` out of every message.
    pub fn hide(&self, span: Span) {
        self.hidden.borrow_mut().push(span);
    }

    /// Keeps everything that is written in `node` out of every message.
    pub(crate) fn hide_all(&self, node: &Node) {
        match &node.value {
            Value::List(items) => items.iter().for_each(|item| self.hide_all(item)),
            Value::Map(entries) => {
                for (key, item) in entries {
                    self.hide(key.span);
                    self.hide_all(item);
                }
            }
            _ => self.hide(node.span),
        }
    }

    /// Remembers what a text with variables was read as; not for credentials.
    pub(crate) fn note_used(&self, written: &str, value: &str) {
        self.used.borrow_mut().insert(written.to_owned(), value.to_owned());
    }

    /// Remembers that a variable was asked for; not for credentials.
    pub(crate) fn note_variable(&self, name: &str) {
        self.variables.borrow_mut().insert(name.to_owned());
    }

    /// Remembers what a variable holds whose name says that it is a credential.
    pub(crate) fn note_value(&self, variable: &str, value: &str) {
        let is_likely = || may_be_credential_name(variable) && !is_everyday(value);
        match is_credential_name(variable) {
            _ if value.contains("://") => {}
            true => self.note_secret(value),
            false if is_likely() => self.likely.borrow_mut().push(Secret::new(value)),
            false => {}
        }
    }

    /// Remembers what variables hold of which no name says what they are, where it looks like a credential.
    pub(crate) fn note_origins(&self, text: &str) {
        for (_, value) in self.values_in(text).filter(|(name, _)| !names_thing(name)) {
            if looks_like_credential(value) {
                self.suspects.borrow_mut().push(Secret::new(value));
            }
        }
    }

    /// The variables that a text names, with what they hold.
    fn values_in(&self, text: &str) -> impl Iterator<Item = (String, &str)> {
        let parts = Template::parse(text).unwrap_or_default().parts;
        parts.into_iter().filter_map(|part| match part {
            Part::Variable { name, .. } => self.environment.get(&name).map(|value| (name, value)),
            _ => None,
        })
    }

    /// Warns of the credential at `span` where it is written in the file and no variable, and keeps it out of every message: of a
    /// connection string its password decides.
    pub fn warn_of_written_credential(&self, span: Span) {
        let written = self.text(span);
        let passwords = credentials_in(written.trim().trim_matches(['"', '\'']));
        let has_variable = written.replace("$${", "").contains("${");
        if has_variable && passwords.iter().all(|password| password.contains("${")) {
            return;
        }
        self.hide(span);
        let warning = Diagnostic::warning("C009", span, "this credential is written in the file");
        self.report(warning.help("put it into the environment or `.env` and write `${NAME}` here"));
    }

    /// Remembers a credential.
    pub fn note_secret(&self, value: &str) {
        self.secrets.borrow_mut().push(Secret::new(value));
    }

    /// Remembers the value of a header, a parameter or a setting, where its name says that it is a credential, and keeps it out of
    /// the lines that messages show.
    pub fn note_named(&self, name: &str, node: &Node) {
        let Some(text) = self.scalar(node).filter(|text| !text.is_empty()) else { return };
        let whole = self.whole(&text);
        let within = whole.as_deref().map(credentials_in).unwrap_or_default();
        within.iter().for_each(|password| self.note_secret(password));
        if is_credential_parameter(name) {
            whole.into_iter().for_each(|whole| self.note_secret(&whole));
        }
        if (is_credential_parameter(name) || !within.is_empty()) && !text.contains("${") {
            self.hide(node.span);
        }
        self.note_origins(&text);
        // What the file itself has there goes to the server as it is, and is no key of a row.
        let is_perhaps = may_be_credential_name(name) && !is_credential_name(name);
        if is_perhaps && !text.contains("${") && !is_everyday(&text) {
            self.written.borrow_mut().push(Secret::new(text.as_str()));
        }
        let is_secret = |(variable, value): &(String, &str)| {
            may_be_credential_name(name) && !names_thing(variable) && !is_everyday(value)
        };
        let likely = self.values_in(&text).filter(is_secret).map(|(_, value)| Secret::new(value));
        self.likely.borrow_mut().extend(likely);
    }

    /// A text with what its variables hold; `None` where a part of it is only known while it runs, and has a name of its own.
    fn whole(&self, text: &str) -> Option<String> {
        let pieces = Template::parse(text).unwrap_or_default().parts.into_iter().map(|part| match part {
            Part::Text(text) => Some(text),
            Part::Variable { name, default, .. } => {
                let value = self.environment.get(&name).filter(|value| !value.is_empty());
                value.map(str::to_owned).or(default)
            }
            Part::Placeholder { .. } => None,
        });
        pieces.collect()
    }

    /// The same for all members of what is sent, by their names and those of the members around them.
    pub fn note_members(&self, name: &str, node: &Node) {
        match &node.value {
            Value::List(items) => items.iter().for_each(|item| self.note_members(name, item)),
            Value::Map(entries) => {
                for (key, item) in entries {
                    self.note_members(deciding_name(name, &key.value), item);
                }
            }
            _ => self.note_named(name, node),
        }
    }

    /// The credentials that were read, but for those that their owners keep as [`Secret`]s.
    pub fn secrets(&self) -> Vec<Secret> {
        self.secrets.borrow().clone()
    }

    /// Values that are likely to be credentials: their names say so, and also what rows are called by.
    pub fn likely_secrets(&self) -> Vec<Secret> {
        self.likely.borrow().clone()
    }

    /// The same that no variable brings: pages have them too where they are what rows are called by.
    pub fn written_secrets(&self) -> Vec<Secret> {
        self.written.borrow().clone()
    }

    /// Values of variables that messages had better not show, though no name says that they are credentials.
    pub fn suspects(&self) -> Vec<Secret> {
        self.suspects.borrow().clone()
    }

    /// The variables that what was read so far stands on, with their values, credentials left out.
    pub fn variables(&self) -> BTreeMap<String, String> {
        let names = self.variables.borrow();
        let value = |name: &String| Some((name.clone(), self.environment.get(name)?.to_owned()));
        names.iter().filter_map(value).collect()
    }

    /// Names what was read: the texts of all files, and the values of the variables in them, credentials left out.
    pub fn fingerprint(&self) -> String {
        let (sources, used) = (self.sources.borrow(), self.used.borrow());
        let texts = sources.iter().map(|source| source.text.as_str());
        fingerprint(texts.chain(used.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()])))
    }

    /// Names what the values with variables in `meanings`, which [`Node::meaning`](crate::Node::meaning) gives, were read
    /// as, credentials left out.
    pub fn variables_fingerprint(&self, meanings: &[String]) -> String {
        let used = self.used.borrow();
        let stands_there = |written: &str| meanings.iter().any(|text| text.contains(&format!("{written:?}")));
        let there = used.iter().filter(|(written, _)| stands_there(written));
        fingerprint(there.flat_map(|(written, value)| [written.as_str(), value.as_str()]))
    }

    /// Everything reported so far.
    pub fn diagnostics(&self) -> Ref<'_, [Diagnostic]> {
        Ref::map(self.diagnostics.borrow(), Vec::as_slice)
    }

    /// How many errors (not warnings) were reported so far.
    pub fn n_errors(&self) -> usize {
        self.diagnostics.borrow().iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count()
    }

    /// The folder of the file that holds `span`; paths in that file start there.
    pub fn folder(&self, span: Span) -> PathBuf {
        self.source(span, |source| source.path.parent().map(Path::to_path_buf)).unwrap_or_default()
    }

    /// Path, line and column (1-based) of a place.
    pub fn position(&self, span: Span) -> (PathBuf, usize, usize) {
        self.source(span, |source| {
            let (line, column) = source.line_column(span.start);
            (source.path.clone(), line, column)
        })
    }

    /// The text at `span`, as it is written.
    pub fn text(&self, span: Span) -> String {
        self.source(span, |source| source.text[span.start..span.end].to_owned())
    }

    /// A single value as text: what is written, also where it is a number, a boolean or null, such as `1.10`, `True`
    /// or `~`. `None` for lists, mappings and where nothing is written.
    pub fn scalar(&self, node: &Node) -> Option<String> {
        match &node.value {
            Value::Text(text) | Value::Number(text) => Some(text.clone()),
            Value::Boolean(value) => {
                let written = self.text(node.span);
                Some(yaml::plain_scalar(&written).map_or_else(|| value.to_string(), str::to_owned))
            }
            Value::Null => yaml::plain_scalar(&self.text(node.span)).map(str::to_owned),
            Value::List(_) | Value::Map(_) => None,
        }
    }

    fn source<T>(&self, span: Span, read: impl FnOnce(&Source) -> T) -> T {
        read(&self.sources.borrow()[span.source.0 as usize])
    }

    /// All diagnostics as text, ordered by place, literal credentials shown as `*`.
    pub fn render(&self, style: Style) -> String {
        let mut sources = self.sources.borrow().clone();
        for span in self.hidden.borrow().iter() {
            let text = &mut sources[span.source.0 as usize].text;
            // Line ends stay, so that positions do not move.
            let stars: String = text[span.start..span.end]
                .chars()
                .flat_map(|c| std::iter::repeat_n(if c == '\n' { '\n' } else { '*' }, c.len_utf8()))
                .collect();
            text.replace_range(span.start..span.end, &stars);
        }
        let mut ordered: Vec<Diagnostic> = self.diagnostics.borrow().clone();
        ordered.sort_by_key(|diagnostic| diagnostic.span);
        ordered.dedup();
        let mut rendered = String::new();
        let lines: Vec<Vec<usize>> = sources.iter().map(Source::line_begins).collect();
        for diagnostic in ordered {
            let source = diagnostic.span.map(|span| span.source.0 as usize);
            let source = source.map(|index| (&sources[index], lines[index].as_slice()));
            rendered.push_str(&diagnostic.render(source, style));
            rendered.push('\n');
        }
        rendered
    }

    /// `value` if no error was reported, otherwise all of them.
    ///
    /// # Errors
    /// [`Invalid`] holds every diagnostic.
    pub fn finish<T>(&self, value: Option<T>, style: Style) -> Result<T, Invalid> {
        match (value, self.n_errors()) {
            (Some(value), 0) => Ok(value),
            (_, n_errors) => Err(Invalid { rendered: self.render(style), n_errors }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_yaml_shows_no_credential() {
        for text in [
            "auth:\n  password: @hunter2 x",
            "auth: { password: \"hunter2 }",
            "auth:\n  password: \"hunter2\"hunter2\"",
            "auth:\n  token: *hunter2",
            "auth:\n  token: #hunter2",
            "auth:\n  token: 'hunter2'hunter2",
            "token: |\n  hunter2\n hunter2\n",
            "password: hunter2: hunter2",
            "password: \"\\hunter2\"",
        ] {
            let reader = Reader::new(Environment::empty());
            reader.parse("p.yaml", text);
            let rendered = reader.render(Style::Plain);
            assert!(rendered.contains("--> p.yaml:") && !rendered.contains("unter2"), "{text}: {rendered}");
        }
    }

    #[test]
    fn deep_nesting_is_read_or_an_error_on_a_small_stack() {
        let told = |text: String| {
            let reader = Reader::new(Environment::empty());
            let node = reader.parse("a.yaml", &text);
            (node.is_some(), reader.render(Style::Plain))
        };
        let deep = |open: &str, close: &str, n: usize| open.repeat(n) + "1" + &close.repeat(n);
        let small = std::thread::Builder::new().stack_size(1 << 20);
        let found = small.spawn(move || {
            for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")] {
                for n in [55, 63] {
                    let (is_read, problem) = told(deep(open, close, n));
                    assert!(is_read || open == "? ", "{open} {n}: {problem}");
                }
                for n in [100, 10_000] {
                    let (is_read, problem) = told(deep(open, close, n));
                    assert!(!is_read && problem.starts_with("error[C001]: not YAML: "), "{problem}");
                }
            }
            told(deep("[", "]", 100)).1
        });
        let problem = found.unwrap().join().unwrap();
        assert!(problem.contains("nested more than 64 levels deep"), "{problem}");
    }

    #[test]
    fn thousands_of_mistakes_are_told_each_with_its_line() {
        let mut text: String = (1..=5000).map(|n| format!("käse{n}: 1\r\n")).collect();
        text.push_str("last: 2");
        let reader = Reader::new(Environment::empty());
        let node = reader.parse("p.yaml", &text).unwrap();
        for (key, _) in node.entries() {
            let (severity, message, span) = (Severity::Error, format!("no `{}`", key.value), Some(key.span));
            reader.report(Diagnostic { severity, code: "C002", message, span, help: Vec::new() });
        }
        let rendered = reader.render(Style::Plain);
        assert_eq!(rendered.matches("error[C002]").count(), 5001);
        for expected in [
            "error[C002]: no `käse1`\n --> p.yaml:1:1\n  |\n1 | käse1: 1\n  | ^^^^^\n",
            "error[C002]: no `käse4999`\n    --> p.yaml:4999:1\n     |\n4999 | käse4999: 1\n     | ^^^^^^^^\n",
            "error[C002]: no `last`\n    --> p.yaml:5001:1\n     |\n5001 | last: 2\n     | ^^^^\n",
        ] {
            assert!(rendered.contains(expected), "{}", &rendered[rendered.len() - 300..]);
        }
    }
}
