//! What can go wrong with a converter.

use std::{borrow::Cow, fmt, ops::Range, path::PathBuf};

use pipeline_config::escaped;
use serde::{Deserialize, Serialize};

use crate::{script::Script, selected::OTHER_FORMATS};

/// Why a page has no rows. `Display` is the whole text for the user, of several lines where code is shown.
#[derive(Debug, thiserror::Error)]
pub enum ConverterError {
    /// The file cannot be read.
    #[error("cannot read converter `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The code is not JavaScript.
    #[error("{0}")]
    Syntax(Box<Report>),
    /// A module cannot be imported.
    #[error("{0}")]
    Import(Box<Report>),
    /// The code outside of `convert` threw, or ran into a limit.
    #[error("{0}")]
    TopLevel(Box<Report>),
    /// There is no global function `convert`.
    #[error("{0}")]
    MissingConvert(Box<Report>),
    /// The body is not UTF-8.
    #[error("{1}")]
    Body(Where, Box<Report>),
    /// `convert` threw, or a getter of a row did.
    #[error("{1}")]
    Thrown(Where, Box<Report>),
    /// A limit ended the page.
    #[error("{2}")]
    Limit(Where, Limit, Box<Report>),
    /// `convert` returned what has no rows in it, or a promise that stays open.
    #[error("{1}")]
    ReturnType(Where, Box<Report>),
    /// A row is not an object.
    #[error("{1}")]
    Row(Where, Box<Report>),
    /// A value has no place in a table.
    #[error("{1}")]
    Cell(Where, Box<Report>),
    /// A value does not fit the declared columns.
    #[error("{1}")]
    Table(Where, Box<Report>),
    /// The engine failed: a bug of ours or of Boa.
    #[error("{}the JavaScript engine failed: {}; please report this with the converter and the page", .0.prefix(), .1)]
    Engine(Where, String),
}

impl ConverterError {
    /// The message and its place in the code, where there is one.
    pub fn report(&self) -> Option<&Report> {
        match self {
            Self::Syntax(report)
            | Self::Import(report)
            | Self::TopLevel(report)
            | Self::MissingConvert(report) => Some(report),
            Self::Body(_, report)
            | Self::Thrown(_, report)
            | Self::Limit(_, _, report)
            | Self::ReturnType(_, report)
            | Self::Row(_, report)
            | Self::Cell(_, report)
            | Self::Table(_, report) => Some(report),
            Self::Read { .. } | Self::Engine(..) => None,
        }
    }

    /// The same for a page that is of a file: the message names the file beside the page, and what is to be written for files.
    #[must_use]
    pub fn of_file(mut self, file: &str) -> Self {
        let Some(page) = self.at().page.map(|index| format!("page {}", index + 1)) else { return self };
        let report = match &mut self {
            Self::Body(_, report)
            | Self::Thrown(_, report)
            | Self::Limit(_, _, report)
            | Self::ReturnType(_, report)
            | Self::Row(_, report)
            | Self::Cell(_, report)
            | Self::Table(_, report) => report,
            _ => return self,
        };
        if let Some(rest) = report.message.strip_prefix(&page) {
            report.message = format!("{page} (`{}`){rest}", escaped(file));
        }
        for advice in OTHER_FORMATS {
            report.message = report.message.replace(advice.over_http, advice.of_files);
        }
        self
    }

    /// The page, row and column at fault.
    pub fn at(&self) -> Where {
        match self {
            Self::Body(at, _)
            | Self::Thrown(at, _)
            | Self::Limit(at, _, _)
            | Self::ReturnType(at, _)
            | Self::Row(at, _)
            | Self::Cell(at, _)
            | Self::Table(at, _)
            | Self::Engine(at, _) => at.clone(),
            Self::Read { .. }
            | Self::Syntax(_)
            | Self::Import(_)
            | Self::TopLevel(_)
            | Self::MissingConvert(_) => Where::default(),
        }
    }
}

/// Which part of the data, `page 3, row 2, column "a.b"`; numbers count from 0, and from 1 when displayed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Where {
    /// The page of the run.
    pub page: Option<usize>,
    /// The row of the page.
    pub row: Option<usize>,
    /// The column, and the way into its value: `assignee.links[2]`.
    pub column: Option<String>,
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.page.map(|index| format!("page {}", index + 1)),
            self.row.map(|index| format!("row {}", index + 1)),
            self.column.as_ref().map(|column| format!("column \"{column}\"")),
        ];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

impl Where {
    /// What messages begin with.
    pub(crate) fn prefix(&self) -> String {
        match self == &Self::default() {
            true => String::new(),
            false => format!("{self}: "),
        }
    }
}

/// Which limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Limit {
    /// Time.
    Timeout,
    /// Memory.
    Memory,
    /// Rows of a page.
    Rows,
    /// Bytes of a page's rows.
    Bytes,
    /// Bytes of a page's body.
    Page,
    /// Calls inside calls.
    Recursion,
    /// Iterations of one loop.
    LoopIterations,
    /// Arguments and local values.
    Stack,
}

/// A message with its place in the code; `Display` shows the code, a caret, help and the calls that led there.
#[derive(Debug, Clone)]
pub struct Report {
    /// What is wrong, on one line.
    pub message: String,
    /// What to do, one line each.
    pub help: Vec<String>,
    /// Where it stands.
    pub place: Option<Place>,
    pub(crate) script: Script,
    pub(crate) range: Option<Range<usize>>,
    /// The calls that led there, innermost first.
    pub(crate) calls: Vec<String>,
}

/// A place in a converter's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file; of an inline script, the YAML.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
}

impl Report {
    /// A message about `range` of the shown text; `None` and our own code show no code.
    pub(crate) fn new(script: &Script, message: String, range: Option<Range<usize>>) -> Self {
        let range = range.filter(|_| script.is_shown());
        let place = range.as_ref().map(|range| {
            let (line, column) = script.shown().line_column(range.start);
            Place { path: script.path().to_owned(), line, column }
        });
        // What a script throws may be any text.
        let message = match escaped(&message) {
            Cow::Owned(message) => message,
            Cow::Borrowed(_) => message,
        };
        Self { message, help: Vec::new(), place, script: script.clone(), range, calls: Vec::new() }
    }

    pub(crate) fn help(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        // Names of the page may be in it.
        self.help.extend(lines.into_iter().map(|line| escaped(&line).into_owned()));
        self
    }

    /// The calls that led here, innermost first, a line each.
    pub(crate) fn calls(mut self, calls: Vec<String>) -> Self {
        self.calls = calls.into_iter().map(|call| escaped(&call).into_owned()).collect();
        self
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.range {
            Some(range) => f.write_str(&self.script.excerpt(&self.message, range.clone(), &self.help))?,
            None => {
                f.write_str(&self.message)?;
                for line in &self.help {
                    write!(f, "\n  = help: {line}")?;
                }
            }
        }
        if !self.calls.is_empty() {
            f.write_str("\n  = calls:")?;
        }
        self.calls.iter().try_for_each(|call| write!(f, "\n      {call}"))
    }
}
