//! Errors of a converter in another process, and those that its end tells of.

use std::{ops::Range, path::PathBuf, time::Duration};

use pipeline_config::escaped;
use serde::{Deserialize, Serialize};

use crate::{
    error::{ConverterError, Limit, Report, Where},
    script::Script,
};

/// A [`ConverterError`] without the script, which the parent has.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Failure {
    kind: Kind,
    at: Where,
    message: String,
    help: Vec<String>,
    /// The file and the bytes that the message is about.
    range: Option<(PathBuf, Range<usize>)>,
    calls: Vec<String>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
enum Kind {
    Read,
    Syntax,
    Import,
    TopLevel,
    MissingConvert,
    Body,
    Thrown,
    Limit(Limit),
    ReturnType,
    Row,
    Cell,
    Table,
    Engine,
}

impl Failure {
    /// A failure of the program itself.
    pub(crate) fn engine(page: usize, message: String) -> Self {
        Self::from(&ConverterError::Engine(Where { page: Some(page), ..Where::default() }, message))
    }

    /// The error again, about this script.
    pub(crate) fn into_error(self, script: &Script) -> ConverterError {
        let at = self.at;
        let (path, range) = self.range.unzip();
        let script = path.and_then(|path| script.file(&path)).unwrap_or_else(|| script.clone());
        // A range that is not one of this text would be a bug of the other side.
        let range = range.filter(|range| script.shown().text.get(range.clone()).is_some());
        let message = escaped(&self.message).into_owned();
        let report = Box::new(Report::new(&script, self.message, range).help(self.help).calls(self.calls));
        match self.kind {
            Kind::Syntax => ConverterError::Syntax(report),
            Kind::Import => ConverterError::Import(report),
            Kind::TopLevel => ConverterError::TopLevel(report),
            Kind::MissingConvert => ConverterError::MissingConvert(report),
            Kind::Body => ConverterError::Body(at, report),
            Kind::Thrown => ConverterError::Thrown(at, report),
            Kind::Limit(limit) => ConverterError::Limit(at, limit, report),
            Kind::ReturnType => ConverterError::ReturnType(at, report),
            Kind::Row => ConverterError::Row(at, report),
            Kind::Cell => ConverterError::Cell(at, report),
            Kind::Table => ConverterError::Table(at, report),
            Kind::Read | Kind::Engine => ConverterError::Engine(at, message),
        }
    }
}

impl From<&ConverterError> for Failure {
    fn from(error: &ConverterError) -> Self {
        let kind = match error {
            ConverterError::Read { .. } => Kind::Read,
            ConverterError::Syntax(_) => Kind::Syntax,
            ConverterError::Import(_) => Kind::Import,
            ConverterError::TopLevel(_) => Kind::TopLevel,
            ConverterError::MissingConvert(_) => Kind::MissingConvert,
            ConverterError::Body(..) => Kind::Body,
            ConverterError::Thrown(..) => Kind::Thrown,
            ConverterError::Limit(_, limit, _) => Kind::Limit(*limit),
            ConverterError::ReturnType(..) => Kind::ReturnType,
            ConverterError::Row(..) => Kind::Row,
            ConverterError::Cell(..) => Kind::Cell,
            ConverterError::Table(..) => Kind::Table,
            ConverterError::Engine(..) => Kind::Engine,
        };
        let message = match error {
            ConverterError::Engine(_, message) => message.clone(),
            other => other.report().map_or_else(|| other.to_string(), |report| report.message.clone()),
        };
        let report = error.report();
        let range = report.and_then(|report| Some((report.script.path().to_owned(), report.range.clone()?)));
        Self {
            kind,
            at: error.at(),
            message,
            help: report.map(|report| report.help.clone()).unwrap_or_default(),
            range,
            calls: report.map(|report| report.calls.clone()).unwrap_or_default(),
        }
    }
}

/// The engine has no texts that are made of others.
const GROWING_TEXT: &str = "does a text of a megabyte grow by `+=`? it is copied each time: `push` its parts to an array, and `join('')` \
     them at the end";

/// What takes the longer the more members there are.
const GROWING_TIME: [(&str, &str); 5] = [
    ("delete ", "delete"),
    (".splice(", "splice"),
    (".unshift(", "unshift"),
    (".shift(", "shift"),
    (".delete(", "delete()"),
];

/// What to write for the slow forms that a script has.
fn slow_forms(script: &Script) -> Option<String> {
    let is_there = |form: &str| script.texts().any(|text| text.contains(form));
    let found: Vec<_> =
        GROWING_TIME.iter().filter(|(form, _)| is_there(form)).map(|(_, name)| format!("`{name}`")).collect();
    let forms = found.join(", ");
    (!found.is_empty()).then(|| {
        format!(
            "is {forms} in a loop over tens of thousands? it takes the longer the more there is: make a new list or object of \
             what stays (`filter`, `Object.fromEntries`)"
        )
    })
}

/// What only those who run a converter can find out.
impl ConverterError {
    /// The converter did not come back in time.
    pub fn timed_out(script: &Script, page: usize, timeout: Duration) -> Self {
        let message = format!("the converter did not come back within {timeout:?}");
        let help = [
            "is there a loop, a recursion or a regular expression that has no end?",
            "which one? `limits: { loop_iterations: 1000000 }` of `converter` names the line of a loop",
            "`limits: { timeout: … }` allows more time",
        ];
        let slow = script.texts().any(|text| text.contains("+=")).then_some(GROWING_TEXT);
        let help = help.into_iter().chain(slow).map(str::to_owned).chain(slow_forms(script));
        Self::limit(script, (page, Limit::Timeout), &message, help)
    }

    /// The converter needed more memory than it may have.
    pub fn out_of_memory(script: &Script, page: usize, memory: Option<u64>) -> Self {
        let message = match memory {
            Some(memory) => format!("the converter needs more than {} of memory", bytes(memory)),
            None => "the converter needs more memory than there is".to_owned(),
        };
        let help = [
            "does it build a text or an array that has no end?".to_owned(),
            "`limits: { memory: … }` of `converter` allows more".to_owned(),
        ];
        Self::limit(script, (page, Limit::Memory), &message, help)
    }

    /// Its process was killed from outside, such as by a system that has no memory left.
    pub fn killed(script: &Script, page: usize, how: &str) -> Self {
        let message = format!("the converter's process was killed from outside ({how})");
        let help = [
            "most likely the machine or its container is out of memory; the kernel's log names what it kills"
                .to_owned(),
            "give it more memory, run fewer converters at once with `--threads 1`, or ask for fewer records per page"
                .to_owned(),
            "`limits: { memory: … }` of `converter` makes one that needs too much an error of its own".to_owned(),
        ];
        Self::limit(script, (page, Limit::Memory), &message, help)
    }

    /// Built-ins called each other until their stack was used up.
    pub fn out_of_stack(script: &Script, page: usize) -> Self {
        let message = "calls are nested deeper than the stack allows";
        let help =
            ["is there a recursion without an end, or a value that is nested without an end?".to_owned()];
        Self::limit(script, (page, Limit::Recursion), message, help)
    }

    /// The process with the converter ended for a reason that is not the script's.
    pub fn worker_ended(page: usize, how: &str) -> Self {
        let at = Where { page: Some(page), ..Where::default() };
        Self::Engine(at, format!("its process ended ({how})"))
    }

    pub(crate) fn page_too_large(script: &Script, page: usize, (size, max): (u64, u64)) -> Self {
        let message = format!("the page has {}, and a converter takes {}", bytes(size), bytes(max));
        let help =
            ["ask for fewer records per page, or raise `limits: { page: … }` of `converter`".to_owned()];
        Self::limit(script, (page, Limit::Page), &message, help)
    }

    /// A panic in the engine; some are its way to say that there is not so much memory.
    pub(crate) fn panicked(script: &Script, page: usize, message: String) -> Self {
        if message.contains("capacity overflow") || message.contains("memory allocation") {
            return Self::out_of_memory(script, page, None);
        }
        Self::Engine(Where { page: Some(page), ..Where::default() }, message)
    }

    fn limit(
        script: &Script,
        (page, limit): (usize, Limit),
        message: &str,
        help: impl IntoIterator<Item = String>,
    ) -> Self {
        let at = Where { page: Some(page), ..Where::default() };
        let message = at.prefix() + message;
        Self::Limit(at, limit, Box::new(Report::new(script, message, None).help(help)))
    }
}

/// `64 MiB`, `1 GiB`, `1,234 bytes`.
pub(crate) fn bytes(n: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.iter().find(|(size, _)| n >= *size) {
        Some((size, unit)) if n.is_multiple_of(*size) => format!("{} {unit}", n / size),
        Some((size, unit)) => format!("{:.1} {unit}", n as f64 / *size as f64),
        None => format!("{n} bytes"),
    }
}
