//! The `converter` section of a pipeline.

use pipeline_config::{Diagnostic, Field, Node, Reader, Section, Shape, Span};

use crate::{
    error::ConverterError,
    limits::{ConverterLimits, LIMIT_FIELDS},
    script::{Origin, Script},
};

/// The keys of `converter`, where it is not just a path.
pub const CONVERTER_FIELDS: &[Field] = &[
    Field::optional("path", Shape::Text, "The file of the script."),
    Field::optional("script", Shape::Verbatim, "The script itself."),
    Field::optional("select", Shape::Text, "Where the records stand in the body, when there is no script."),
    Field::default(
        "big_integers",
        Shape::OneOf(&["number", "bigint"]),
        "number",
        "What `JSON.parse` makes of whole numbers beyond 2^53: numbers, which lose digits there, as in every engine; or \
         BigInts, which have all digits. Smaller ones are numbers in both cases.",
    ),
    Field::default(
        "isolation",
        Shape::OneOf(&["process", "thread"]),
        "process",
        "Where the script runs: in a process that can be ended, or faster, for scripts you trust, on a thread.",
    ),
    // `datasource` has a section of the same name; the reference tells them apart.
    Field::optional(
        "limits",
        Shape::Any,
        "How far the script may go with one page; see `limits` of `converter`.",
    ),
];

/// Where scripts run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Isolation {
    /// In a process of its own, which is killed when a limit is reached.
    #[default]
    Process,
    /// On a thread of this process; a script that does not come back ends the run.
    Thread,
}

/// A converter as a pipeline describes it.
#[derive(Debug, Clone)]
pub struct ConverterSpec {
    /// The code.
    pub script: Script,
    /// How far it may go.
    pub limits: ConverterLimits,
    /// Where it runs.
    pub isolation: Isolation,
}

impl ConverterSpec {
    /// Runs `script` with the default limits.
    pub fn new(script: Script) -> Self {
        Self { script, limits: ConverterLimits::default(), isolation: Isolation::default() }
    }

    /// Reads `converter` after a look at the script's syntax; `None` after reporting what is wrong.
    ///
    /// Without the section the rows are at `select`, or are the body.
    pub fn read(section: &Section<'_>, select: Option<&str>) -> Option<Self> {
        let reader = section.reader();
        let Some(node) = section.node("converter") else {
            // Our own script.
            let script = Script::default_converter(select);
            return Some(Self { isolation: Isolation::Thread, ..Self::new(script) });
        };
        if let Some(path) = reader.scalar(node) {
            return checked(reader, node, file(reader, node.span, &path)).map(Self::new);
        }
        let fields = Section::read(reader, node, CONVERTER_FIELDS);
        let sources =
            [fields.optional_text("path"), fields.optional_text("script"), fields.optional_text("select")];
        let script = match sources {
            [Some(path), None, None] => file(reader, fields.span_of("path"), &path),
            [None, Some(text), None] if is_file_name(&text) => {
                let message =
                    format!("`script` is the code itself, and `{text}` looks like the name of a file");
                let diagnostic = Diagnostic::error("J001", fields.span_of("script"), message);
                reader.report(diagnostic.help("write `path` in place of `script`"));
                return None;
            }
            [None, Some(text), None] => inline(reader, fields.span_of("script"), &text),
            [None, None, Some(select)] => Ok(Script::default_converter(Some(&select))),
            [None, None, None] => Ok(Script::default_converter(select)),
            _ => {
                let message = "a converter has one of `path`, `script` and `select`";
                reader.report(Diagnostic::error("J001", node.span, message));
                return None;
            }
        };
        let limits = fields.section("limits", LIMIT_FIELDS);
        let mut script = checked(reader, node, script)?;
        if fields.text("big_integers") == "bigint" {
            script = script.with_big_integers();
        }
        let isolation = match (fields.node("isolation"), fields.text("isolation").as_str()) {
            (Some(_), "process") => Isolation::Process,
            (None, _) if script.is_shown() => Isolation::Process,
            _ => Isolation::Thread,
        };
        Some(Self {
            script,
            limits: limits.map(|limits| ConverterLimits::read(&limits)).unwrap_or_default(),
            isolation,
        })
    }
}

fn is_file_name(text: &str) -> bool {
    let text = text.trim();
    !text.contains(char::is_whitespace) && [".js", ".mjs", ".ts"].iter().any(|end| text.ends_with(end))
}

fn inline(reader: &Reader, span: Span, text: &str) -> Result<Script, ConverterError> {
    let script = Script::inline(text, origin(reader, span));
    let written = reader.text(span);
    let script = if written.starts_with('|') { script } else { script.written_as(&written) };
    script.with_modules()
}

fn file(reader: &Reader, span: Span, path: &str) -> Result<Script, ConverterError> {
    Script::from_file(reader.folder(span).join(path))
}

fn checked(reader: &Reader, node: &Node, script: Result<Script, ConverterError>) -> Option<Script> {
    match script.and_then(|script| script.check().map(|()| script)) {
        Ok(script) => Some(script),
        Err(error) => {
            reader.report(Diagnostic::error("J001", node.span, error.to_string()));
            None
        }
    }
}

/// Where the code under `script:` begins, so that its errors point into the YAML.
fn origin(reader: &Reader, span: Span) -> Origin {
    let (path, line, column) = reader.position(span);
    let text = reader.text(span);
    if !text.starts_with('|') {
        return Origin { path, line, column };
    }
    let indent = text
        .lines()
        .skip(1)
        .find(|line| !line.trim().is_empty())
        .map_or(0, |line| line.len() - line.trim_start().len());
    Origin { path, line: line + 1, column: indent + 1 }
}
