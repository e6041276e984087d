//! The user's code and where it stands.

mod kind;
mod places;
mod written;

use std::{
    io,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use boa_engine::{
    Source as JsSource,
    ast::{self, Position, scope::Scope},
    interner::Interner,
    parser::{Error as ParseError, Parser},
};
use pipeline_config::{Excerpt, Source};
use serde::{Deserialize, Serialize};

use self::kind::{is_module, is_script, mentions_module};
use crate::{
    code::{Ambiguous, Code},
    deep,
    error::ConverterError,
    imports,
    json::BigIntegers,
    outline::Outline,
    rewrite::{ChangedPattern, Refusal},
    selected::Selection,
    syntax::Goal,
};

/// A converter's source; cheap to clone and to send to the threads that run it.
#[derive(Debug, Clone)]
pub struct Script {
    text: Arc<str>,
    /// What the engine gets.
    code: Arc<Code>,
    /// The text as it stands in its file, for messages.
    shown: Arc<Source>,
    /// Where the text begins in `shown`, both 0-based.
    shift: (usize, usize),
    /// Set where the text stands otherwise in its file.
    written: Option<Arc<Written>>,
    author: Author,
    form: Form,
    big_integers: BigIntegers,
    /// The modules that it imports, and those that they import.
    modules: Arc<[Arc<Source>]>,
}

/// A script in quotation marks, or in another way in which YAML has other characters for it.
#[derive(Debug)]
struct Written {
    text: String,
    /// Where in `shown` each byte of the script stands.
    places: Vec<usize>,
}

/// How the text is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As a sloppy script.
    Script,
    /// As a module: it imports or exports something.
    Module,
}

impl Form {
    pub(crate) fn goal(self) -> Goal {
        match self {
            Self::Script => Goal::Script,
            Self::Module => Goal::Module,
        }
    }
}

/// Where the code of an inline script stands; both numbers are 1-based.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The YAML file.
    pub path: PathBuf,
    /// The line of the script's first line.
    pub line: usize,
    /// The column of its first character, which in a block is that of every line.
    pub column: usize,
}

/// What a script is made of, for another process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ScriptParts {
    text: String,
    path: PathBuf,
    line: usize,
    column: usize,
    /// Where the records stand, where there is no script.
    selection: Option<Selection>,
    #[serde(default)]
    big_integers: BigIntegers,
    /// How the YAML has it, where that is not line by line.
    #[serde(default)]
    written: Option<String>,
    /// Path and text of each module.
    modules: Vec<(PathBuf, String)>,
}

#[derive(Debug, Clone)]
enum Author {
    User,
    /// Nobody: the rows are the records of the page.
    Nobody(Selection),
}

/// The syntax tree and what resolves its names.
pub(crate) struct Parsed {
    pub(crate) tree: Tree,
    pub(crate) interner: Interner,
}

/// What was parsed.
pub(crate) enum Tree {
    /// A script.
    Script(ast::Script),
    /// A module.
    Module(ast::Module),
}

impl Tree {
    /// The script, if it is no module.
    pub(crate) fn script(&self) -> Option<&ast::Script> {
        match self {
            Self::Script(script) => Some(script),
            Self::Module(_) => None,
        }
    }
}

impl Script {
    /// Reads a file, and the modules that it imports.
    ///
    /// # Errors
    /// [`ConverterError::Read`], also for text that is not UTF-8; [`ConverterError::Import`] and
    /// [`ConverterError::Syntax`] for modules.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, ConverterError> {
        let path = path.as_ref();
        let real = std::fs::canonicalize(path);
        if !is_script(path) || real.is_ok_and(|real| !is_script(&real)) {
            let what = "it is no script: the name of a converter's file ends in `.js` or `.mjs`, and begins with no dot";
            let source = io::Error::new(io::ErrorKind::InvalidInput, what);
            return Err(ConverterError::Read { path: path.to_owned(), source });
        }
        match imports::read_script(path) {
            Ok(text) => {
                Self::inline(text, Origin { path: path.to_owned(), line: 1, column: 1 }).with_modules()
            }
            Err(source) => Err(ConverterError::Read { path: path.to_owned(), source }),
        }
    }

    /// Code that stands in the YAML itself.
    pub fn inline(text: impl AsRef<str>, origin: Origin) -> Self {
        let text = text.as_ref();
        let read = deep::with_room(|| Self::new(text, origin.clone(), Author::User));
        read.unwrap_or_else(|error| {
            let refusal = Refusal::new(0..0, format!("there is no thread to read the script: {error}"));
            let refusal = Refusal { is_kept_back: true, ..refusal };
            Self::of(text, (origin, Author::User), (Code::refused(text, refusal), Form::Script))
        })
    }

    /// The same, where the YAML has `written` for the text, such as `"a\nb"`; places lead there.
    #[must_use]
    pub fn written_as(self, written: &str) -> Self {
        let mut shown = "\n".repeat(self.shift.0);
        shown.extend(std::iter::repeat_n(' ', self.shift.1));
        let begins_at = shown.len();
        shown.push_str(written);
        let Some(mut places) = written::places(&self.text, written) else { return self };
        places.iter_mut().for_each(|place| *place += begins_at);
        let shown = Arc::new(Source { path: self.path().to_owned(), text: shown });
        let written = Some(Arc::new(Written { text: written.to_owned(), places }));
        Self { shown, written, ..self }
    }

    /// The script with the modules that it imports, which are looked for where its file is.
    ///
    /// # Errors
    /// [`ConverterError::Import`], and [`ConverterError::Syntax`] for modules.
    pub fn with_modules(mut self) -> Result<Self, ConverterError> {
        if self.form == Form::Module {
            self.modules = self.with_room(|| imports::read(&self))??.into();
        }
        Ok(self)
    }

    /// Does what needs syntax trees.
    fn with_room<T: Send>(&self, work: impl FnOnce() -> T + Send) -> Result<T, ConverterError> {
        deep::with_room(work).map_err(|source| ConverterError::Read { path: self.path().to_owned(), source })
    }

    /// A module on its own.
    pub(crate) fn module(shown: Arc<Source>) -> Self {
        let text = shown.text.as_str().into();
        let code = Arc::new(Code::of(&shown.text, Form::Module));
        let modules = Arc::new([]);
        let (author, form) = (Author::User, Form::Module);
        let (shift, written, big_integers) = ((0, 0), None, BigIntegers::default());
        Self { text, code, shown, shift, written, author, form, big_integers, modules }
    }

    /// What makes the rows when a query names no converter: no script at all, but the records at `select`, a dotted
    /// path or a JSON Pointer.
    pub fn default_converter(select: Option<&str>) -> Self {
        let origin = Origin { path: "default converter".into(), line: 1, column: 1 };
        let selection = Selection::new(select);
        Self::new(&selection.text(), origin, Author::Nobody(selection))
    }

    fn new(text: &str, origin: Origin, author: Author) -> Self {
        let mut script = Self::of(text, (origin, author), (Code::of(text, Form::Script), Form::Script));
        let is_module = is_module(text)
            .unwrap_or_else(|| mentions_module(text) && script.parse_as(Form::Script).is_err());
        if is_module {
            script.form = Form::Module;
            script.code = Arc::new(Code::of(text, Form::Module));
        }
        script
    }

    fn of(text: &str, (origin, author): (Origin, Author), (code, form): (Code, Form)) -> Self {
        let shift = (origin.line.saturating_sub(1), origin.column.saturating_sub(1));
        let mut shown = "\n".repeat(shift.0);
        for line in text.split_inclusive('\n') {
            if !line.trim().is_empty() {
                shown.extend(std::iter::repeat_n(' ', shift.1));
            }
            shown.push_str(line);
        }
        let shown = Arc::new(Source { path: origin.path, text: shown });
        let (code, modules) = (Arc::new(code), Arc::new([]));
        let (big_integers, written) = (BigIntegers::default(), None);
        Self { text: text.into(), code, shown, shift, written, author, form, big_integers, modules }
    }

    pub(crate) fn to_parts(&self) -> ScriptParts {
        ScriptParts {
            text: self.text.to_string(),
            path: self.path().to_owned(),
            line: self.shift.0 + 1,
            column: self.shift.1 + 1,
            selection: self.selection().cloned(),
            big_integers: self.big_integers,
            written: self.written.as_ref().map(|written| written.text.clone()),
            modules: self.modules.iter().map(|module| (module.path.clone(), module.text.clone())).collect(),
        }
    }

    pub(crate) fn from_parts(parts: ScriptParts) -> Self {
        let author = parts.selection.map_or(Author::User, Author::Nobody);
        let origin = Origin { path: parts.path, line: parts.line, column: parts.column };
        let module = |(path, text): (PathBuf, String)| Arc::new(Source { path, text });
        let modules = parts.modules.into_iter().map(module).collect();
        let big_integers = parts.big_integers;
        let script = Self { modules, big_integers, ..Self::new(&parts.text, origin, author) };
        match parts.written {
            Some(written) => script.written_as(&written),
            None => script,
        }
    }

    /// Names the code: the same for the same text, with that of the modules it imports.
    pub fn fingerprint(&self) -> String {
        let modules = self.modules.iter().map(|module| module.text.as_str());
        // The same text makes other rows then; without it, the name is what it has always been.
        let option = (self.big_integers == BigIntegers::BigInt).then_some("big_integers");
        pipeline_config::fingerprint(std::iter::once(&*self.text).chain(modules).chain(option))
    }

    /// The code; `None` where it is not the user's.
    pub fn text(&self) -> Option<&str> {
        self.is_shown().then_some(&*self.text)
    }

    /// Where the first character of the code stands in its file: line and column, from 1.
    pub fn begins_at(&self) -> (usize, usize) {
        (self.shift.0 + 1, self.shift.1 + 1)
    }

    /// Other code in the same place.
    ///
    /// # Errors
    /// As of [`with_modules`](Self::with_modules).
    pub fn edited(&self, text: &str) -> Result<Self, ConverterError> {
        let (line, column) = self.begins_at();
        let origin = Origin { path: self.path().to_owned(), line, column };
        let edited = Self::inline(text, origin);
        Self { big_integers: self.big_integers, ..edited }.with_modules()
    }

    /// The same code, where `JSON.parse` makes BigInts of whole numbers beyond 2^53.
    #[must_use]
    pub fn with_big_integers(self) -> Self {
        Self { big_integers: BigIntegers::BigInt, ..self }
    }

    pub(crate) fn big_integers(&self) -> BigIntegers {
        self.big_integers
    }

    /// A body without records, where there is no script of the user's and the records stand at a path.
    pub fn empty_body(&self) -> Option<String> {
        self.selection().map(Selection::empty_body)
    }

    /// Where the records stand, if no script makes the rows.
    pub(crate) fn selection(&self) -> Option<&Selection> {
        match &self.author {
            Author::User => None,
            Author::Nobody(selection) => Some(selection),
        }
    }

    /// The file the code stands in.
    pub fn path(&self) -> &Path {
        &self.shown.path
    }

    /// Finds what is wrong without running anything: syntax, and no mention of `convert` at all.
    ///
    /// # Errors
    /// [`ConverterError::Syntax`] and [`ConverterError::MissingConvert`], with the place.
    pub fn check(&self) -> Result<(), ConverterError> {
        if self.selection().is_some() {
            return Ok(());
        }
        self.with_room(|| {
            let parsed = self.parse_for_run()?;
            let outline = Outline::read(&parsed, self);
            match outline.may_have_convert {
                true => Ok(()),
                false => Err(outline.missing_convert(self)),
            }
        })?
    }

    pub(crate) fn parse(&self) -> Result<Parsed, ParseError> {
        self.parse_as(self.form)
    }

    fn parse_as(&self, form: Form) -> Result<Parsed, ParseError> {
        if !self.code.may_be_parsed() {
            let (message, position) = ("this code cannot be run".into(), Position::new(1, 1));
            return Err(ParseError::General { message, position });
        }
        let (mut interner, scope) = (Interner::default(), Scope::new_global());
        let mut parser = Parser::new(self.js_source());
        let tree = match form {
            Form::Script => Tree::Script(parser.parse_script(&scope, &mut interner)?),
            Form::Module => Tree::Module(parser.parse_module(&scope, &mut interner)?),
        };
        Ok(Parsed { tree, interner })
    }

    pub(crate) fn form(&self) -> Form {
        self.form
    }

    pub(crate) fn js_source(&self) -> JsSource<'_, boa_engine::parser::source::UTF8Input<&[u8]>> {
        JsSource::from_bytes(self.code.text.as_bytes()).with_path(&self.shown.path)
    }

    /// What the rows are, for messages: `convert returned …`, `the body is …`.
    pub(crate) fn result_is(&self) -> String {
        let subject = self.selection().map(|selection| format!("{} is", selection.subject()));
        subject.unwrap_or_else(|| "`convert` returned".into())
    }

    /// Whether there is code that messages may show.
    pub fn is_shown(&self) -> bool {
        self.selection().is_none()
    }

    /// The script in this file, if it is one of this script's.
    pub(crate) fn file(&self, path: &Path) -> Option<Self> {
        if self.path() == path {
            return Some(self.clone());
        }
        let module = self.modules.iter().find(|module| module.path == path)?;
        // It is asked for where errors are told, on any thread.
        let module = deep::with_room(|| Self::module(Arc::clone(module))).ok()?;
        Some(Self { modules: Arc::clone(&self.modules), ..module })
    }

    /// What it imports, and what those import.
    pub(crate) fn modules(&self) -> &[Arc<Source>] {
        &self.modules
    }

    /// The paths of all files of the script, its own first.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        std::iter::once(self.path()).chain(self.modules.iter().map(|module| module.path.as_path()))
    }

    /// The text that ranges count in.
    pub(crate) fn shown(&self) -> &Source {
        &self.shown
    }

    /// The code itself, in which the engine counts its positions.
    pub(crate) fn code(&self) -> Source {
        Source { path: self.path().to_owned(), text: self.code.text.clone() }
    }

    /// The code without some of its parts, in their order; places in it are not those of its file.
    pub(crate) fn without(&self, parts: impl IntoIterator<Item = Range<usize>>) -> Self {
        Self { code: Arc::new(self.code.without(parts)), ..self.clone() }
    }

    /// The author's words for a function, if the engine has others.
    ///
    /// # Errors
    /// Several functions have the engine's.
    pub(crate) fn original(&self, part: &str) -> Result<Option<&str>, Ambiguous> {
        self.code.original(&self.text, part)
    }

    /// Regular expressions of this file that the engine gets in other words.
    pub(crate) fn changed_patterns(&self) -> &[ChangedPattern] {
        &self.code.patterns
    }

    /// Whether names need not stand in the texts as they are.
    pub(crate) fn has_escaped_names(&self) -> bool {
        self.code.has_escaped_names || self.modules.iter().any(|module| module.text.contains("\\u"))
    }

    /// Whether the script has the name, or may spell it otherwise: `\u0061tob`, or in code that it makes at run time.
    pub(crate) fn may_name(&self, name: &str) -> bool {
        let is_named = |text: &str| text.contains(name) || text.contains("eval") || text.contains("Function");
        self.has_escaped_names() || self.texts().any(is_named)
    }

    /// All texts that may name something, the script's own first.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&*self.text).chain(self.modules.iter().map(|module| module.text.as_str()))
    }

    /// `title` over the line of `range` with a caret, and `help` below.
    pub(crate) fn excerpt(&self, title: &str, range: Range<usize>, help: &[String]) -> String {
        let rendered = Excerpt { path: self.path(), text: &self.shown.text, range }.render(title, help);
        // The caller of `Display` says that it is an error.
        rendered.strip_prefix("error: ").unwrap_or(&rendered).to_owned()
    }
}
