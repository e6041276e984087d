//! One thing that is wrong with what the user wrote.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::source::{Source, Span, clip};

/// How text for people is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Without colours, for files and pipes.
    #[default]
    Plain,
    /// With ANSI colours, for a terminal.
    Colored,
}

impl Style {
    fn renderer(self) -> Renderer {
        match self {
            Style::Plain => Renderer::plain(),
            Style::Colored => Renderer::styled(),
        }
    }
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The pipeline runs, but the user should know.
    Warning,
    /// The pipeline cannot run.
    Error,
}

/// What is wrong, where, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Whether the pipeline can still run.
    pub severity: Severity,
    /// A stable code such as `C002`; each has a page in the docs.
    pub code: &'static str,
    /// What is wrong: lower case, names in backticks, no secret.
    pub message: String,
    /// Where it stands, if it stands anywhere.
    pub span: Option<Span>,
    /// What to do, one line each.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// An error without help.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Error, code, message: message.into(), span: Some(span), help: Vec::new() }
    }

    /// A warning without help.
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    /// The same with one more line of help.
    #[must_use]
    pub fn help(mut self, line: impl Into<String>) -> Self {
        self.help.push(line.into());
        self
    }

    /// As text; `source` comes with the places where its lines begin.
    pub(crate) fn render(&self, source: Option<(&Source, &[usize])>, style: Style) -> String {
        let level = match self.severity {
            Severity::Warning => Level::WARNING,
            Severity::Error => Level::ERROR,
        };
        let shown_path = source.map(|(source, _)| source.path.display().to_string()).unwrap_or_default();
        let title = level.primary_title(self.message.as_str()).id(self.code);
        let group = match (source, self.span) {
            (Some((source, lines)), Some(span)) => {
                // The line alone: going through the whole text for each of its mistakes would take the square of its length.
                let range = clip(&source.text, span.start..span.end);
                let number = lines.partition_point(|begin| *begin <= range.start);
                let begin = lines[number.saturating_sub(1)];
                let line = &source.text[begin..lines.get(number).copied().unwrap_or(source.text.len())];
                title.element(
                    Snippet::source(line)
                        .line_start(number)
                        .path(shown_path.as_str())
                        .annotation(AnnotationKind::Primary.span(range.start - begin..range.end - begin)),
                )
            }
            _ => title.elements(std::iter::empty::<annotate_snippets::Message<'_>>()),
        };
        let group = group.elements(self.help.iter().map(|line| Level::HELP.message(line.as_str())));
        style.renderer().render(&[group])
    }
}
