//! What JavaScript threw, in the user's terms.

use std::error::Error as _;

use boa_engine::{
    Context, JsError, JsValue,
    ast::Position,
    builtins::error::Error,
    error::{EngineError, RuntimeLimitError},
    js_string,
    object::JsObject,
};

use crate::{
    cells,
    error::{Limit, Report},
    explain,
    json::Json,
    page_shape, refused,
    script::Script,
    values::{describe, own_data, shorten},
};

/// More calls are not shown.
const MAX_CALLS: usize = 8;

/// Longer messages are cut; some put the whole page into theirs.
const MAX_MESSAGE: usize = 500;

/// Causes of causes are not shown from here on.
const MAX_CAUSES: usize = 3;

/// How places in our own helpers begin.
const HELPER: &str = "(pipeline:";

/// What Boa calls whatever has no name.
const NAMELESS: &str = "<main>";

/// An exception, read while its context lives.
#[derive(Debug)]
pub(crate) struct Thrown {
    /// `TypeError`; empty for values that are no errors.
    pub(crate) name: String,
    pub(crate) message: String,
    pub(crate) end: End,
    /// Innermost first.
    frames: Vec<Frame>,
    /// The error that it says was its cause.
    cause: Option<Box<Self>>,
}

/// What kind of end it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// An exception that the script could have caught.
    Exception,
    /// A limit.
    Limit(Limit),
    /// A bug of the engine's.
    Engine,
}

/// One call that led to the exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    function: String,
    place: FramePlace,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FramePlace {
    /// In a file of the script, its own being the first, at the engine's position, if it has one.
    Script(usize, Option<Position>),
    /// In a function of the language.
    BuiltIn,
    /// In code that `eval` or `Function` made.
    Eval,
}

impl Thrown {
    /// Reads an exception; may run getters of the exception itself, whose own exceptions are dropped.
    pub(crate) fn read(error: &JsError, script: &Script, context: &mut Context) -> Self {
        Self::read_with_causes(error, MAX_CAUSES, (script, context))
    }

    fn read_with_causes(
        error: &JsError,
        n_causes: usize,
        (script, context): (&Script, &mut Context),
    ) -> Self {
        let native = error.as_native().or_else(|| refused::of(error));
        let (name, message, end) = match (native, error.as_opaque(), limit(error)) {
            (Some(native), _, _) => (native.kind().to_string(), native.message().to_owned(), End::Exception),
            (_, Some(value), _) => {
                let (name, message) = read_value(value, context);
                (name, message, End::Exception)
            }
            (_, _, Some(limit)) => {
                let (limit, message) = read_limit(limit, context);
                (String::new(), message, End::Limit(limit))
            }
            _ => {
                (String::new(), error.to_string().lines().next().unwrap_or_default().to_owned(), End::Engine)
            }
        };
        let explained = Json::of(context).ok().and_then(|json| json.explained(&message));
        let message = explained.filter(|_| name == "SyntaxError").unwrap_or(message);
        let mut frames = frames(error, script);
        if let Some(value) = error.as_opaque() {
            leave_constructors(&mut frames, value);
        }
        let cause = error.as_opaque().filter(|_| n_causes > 0).and_then(cause).map(JsError::from_opaque);
        let cause =
            cause.map(|cause| Box::new(Self::read_with_causes(&cause, n_causes - 1, (script, context))));
        Self { name, message: shorten(&message, MAX_MESSAGE), end, frames, cause }
    }

    /// The same, thrown before `convert` was called, where the outermost code is no function.
    pub(crate) fn at_top_level(mut self) -> Self {
        if let Some(frame) = self.frames.last_mut().filter(|frame| frame.function == NAMELESS) {
            frame.function = "the top level".into();
        }
        self
    }

    /// The message for the user, with `at` before it.
    ///
    /// `body` is the page's, empty where there is none yet.
    pub(crate) fn report(&self, at: &str, script: &Script, body: &[u8]) -> Report {
        let innermost = self.frames.iter().find_map(|frame| match frame.place {
            FramePlace::Script(file, position) => Some((file, position)),
            _ => None,
        });
        let calls = self.calls(script);
        let (file, innermost) = innermost.unzip();
        let script = &nth_file(script, file.unwrap_or_default());
        let in_eval = self.frames.first().is_some_and(|frame| frame.place == FramePlace::Eval);
        let explained = match in_eval {
            true => explain::as_thrown(self, innermost, script),
            false => explain::explain(self, innermost, (script, body)),
        };
        let in_page = explained.in_page.as_ref();
        // Where the page lacks a member at its top, it is likely another page than the script is for.
        let is_other_page =
            in_page.map_or(explain::is_about_value(self), |in_page| !in_page.path.contains('['));
        let is_other_page = is_other_page && !explained.is_of_script && !body.is_empty();
        let shape = is_other_page.then(|| page_shape::shape(body));
        let about_page = in_page
            .map(|in_page| match &in_page.absent {
                Some(absent) => absent.help(),
                None => vec![format!("in the page, `{}` is null or missing", in_page.path)],
            })
            .into_iter()
            .flatten()
            .chain(shape.map(|shape| format!("the page is {shape}")));
        let cause = self.cause.as_ref().map(|cause| cause.as_cause(script, body));
        Report::new(script, format!("{at}{}", explained.message), explained.place)
            .help(cause.into_iter().flatten())
            .help(about_page)
            .help(explained.help)
            .calls(calls)
    }

    /// A line for the cause with its place, then its help.
    fn as_cause(&self, script: &Script, body: &[u8]) -> Vec<String> {
        let report = self.report("", script, body);
        let place = report.range.map(|range| {
            let (line, column) = report.script.shown().line_column(range.start);
            format!(", {}:{line}:{column}", report.script.path().display())
        });
        let cause = format!("its cause: {}{}", report.message, place.unwrap_or_default());
        std::iter::once(cause).chain(report.help).collect()
    }

    /// The calls that led here, innermost first, each once however often it is repeated.
    fn calls(&self, script: &Script) -> Vec<String> {
        let mut calls: Vec<String> = Vec::new();
        for same in self.frames.chunk_by(|a, b| a == b).take(MAX_CALLS) {
            let times =
                if same.len() > 1 { format!(", {} times or more", same.len()) } else { String::new() };
            calls.extend(same.first().map(|frame| frame.line(script) + &times));
        }
        // One call says nothing that the caret does not.
        if self.frames.len() > 1 { calls } else { Vec::new() }
    }
}

fn read_value(value: &JsValue, context: &mut Context) -> (String, String) {
    let Some(error) = value.as_object().filter(JsObject::is::<Error>) else {
        return (String::new(), format!("the converter threw {}", describe(value)));
    };
    let mut text = |name: &str| {
        let value = error.get(js_string!(name), context).ok()?;
        value.as_string().map(|text| cells::text(&text))
    };
    let (name, mut message) = (text("name").unwrap_or("Error".into()), text("message").unwrap_or_default());
    let given = error.get(js_string!("cause"), context).ok().filter(|cause| !cause.is_undefined());
    if let Some(given) = given.filter(|_| cause(value).is_none()) {
        message = format!("{message} (its cause: {})", describe(&given));
    }
    (name, message)
}

/// The error that an error has as its cause.
fn cause(error: &JsValue) -> Option<JsValue> {
    let error = error.as_object().filter(JsObject::is::<Error>)?;
    let cause = own_data(&error, "cause")?;
    let is_other =
        cause.as_object().is_some_and(|cause| cause.is::<Error>() && !JsObject::equals(&cause, &error));
    is_other.then_some(cause)
}

/// Takes the constructors of the error's own classes away: an error is where it was made, which is `new BadIssue(…)`.
fn leave_constructors(frames: &mut Vec<Frame>, error: &JsValue) {
    let mut classes = Vec::new();
    let mut prototype = error.as_object().filter(JsObject::is::<Error>).and_then(|error| error.prototype());
    while let Some(object) = prototype.filter(|_| classes.len() < MAX_CALLS) {
        let class = own_data(&object, "constructor").and_then(|class| class.as_object());
        let name = class.and_then(|class| own_data(&class, "name")?.as_string());
        classes.extend(name.map(|name| name.to_std_string_lossy()));
        prototype = object.prototype();
    }
    let is_constructor =
        |frame: &Frame| matches!(frame.place, FramePlace::Script(..)) && classes.contains(&frame.function);
    let n_constructors = frames.iter().take_while(|frame| is_constructor(frame)).count();
    let has_caller =
        frames[n_constructors..].iter().any(|frame| matches!(frame.place, FramePlace::Script(..)));
    if has_caller {
        frames.drain(..n_constructors);
    }
}

/// The limit that was reached; where Boa does not expect one, it wraps it into an engine error.
fn limit(error: &JsError) -> Option<&RuntimeLimitError> {
    match error.as_engine()? {
        EngineError::RuntimeLimit(limit) => Some(limit),
        EngineError::Panic(panic) => {
            let cause = panic.source()?;
            let boxed = cause.downcast_ref::<Box<JsError>>().map(|boxed| &**boxed);
            limit(boxed.or_else(|| cause.downcast_ref())?)
        }
    }
}

fn read_limit(error: &RuntimeLimitError, context: &Context) -> (Limit, String) {
    let limits = context.runtime_limits();
    match error {
        RuntimeLimitError::LoopIteration => {
            let message = format!("a loop ran more than {} times", limits.loop_iteration_limit());
            (Limit::LoopIterations, message)
        }
        RuntimeLimitError::Recursion => {
            let message = format!("calls are nested more than {} deep", limits.recursion_limit());
            (Limit::Recursion, message)
        }
        RuntimeLimitError::StackSize => {
            let message = format!("calls need more than {} values on the stack", limits.stack_size_limit());
            (Limit::Stack, message)
        }
    }
}

/// Boa shows its backtrace only as text, one `at NAME (PLACE)` per line after the error itself.
fn frames(error: &JsError, script: &Script) -> Vec<Frame> {
    let whole = error.to_string();
    let head = match (error.as_native(), error.as_opaque(), error.as_engine()) {
        (Some(native), _, _) => native.to_string(),
        (_, Some(value), _) => value.display().to_string(),
        (_, _, Some(engine)) => engine.to_string(),
        _ => String::new(),
    };
    let paths: Vec<String> = script.paths().map(|path| format!("({}:", path.display())).collect();
    let backtrace = whole.strip_prefix(&head).unwrap_or_default();
    backtrace.lines().filter_map(|line| frame(line.strip_prefix("    at ")?, &paths)).collect()
}

fn nth_file(script: &Script, index: usize) -> Script {
    let path = script.paths().nth(index);
    path.and_then(|path| script.file(path)).unwrap_or_else(|| script.clone())
}

fn frame(line: &str, paths: &[String]) -> Option<Frame> {
    let found = paths.iter().enumerate().find_map(|(file, path)| Some((file, path, line.rfind(path)?)));
    let (function, place) = match found {
        Some((file, path, at)) => {
            let numbers = line[at + path.len()..].strip_suffix(')')?;
            let (row, column) = numbers.split_once(':')?;
            let position = row.parse().ok().zip(column.parse().ok());
            let position = position.map(|(row, column)| Position::new(row, column));
            (&line[..at], FramePlace::Script(file, position))
        }
        // What runs after an `await` is called by a function without a name.
        None if line.trim() == "(native)" => return None,
        // What a helper of ours does inside is not the user's affair.
        None if line.contains(HELPER) => (&line[..line.rfind(HELPER)?], FramePlace::BuiltIn),
        None if line.ends_with("(native)") => (line.trim_end_matches("(native)"), FramePlace::BuiltIn),
        None => (&line[..line.rfind('(')?], FramePlace::Eval),
    };
    Some(Frame { function: shorten(function.trim(), 60), place })
}

impl Frame {
    /// `in convert, jira.js:4:10`
    pub(crate) fn line(&self, script: &Script) -> String {
        let function = match self.function.as_str() {
            "" | NAMELESS => "an anonymous function",
            name => name,
        };
        match self.place {
            FramePlace::Script(file, Some(position)) => {
                let script = nth_file(script, file);
                let start = script.range_at(position).start;
                let (line, column) = script.shown().line_column(start);
                format!("in {function}, {}:{line}:{column}", script.path().display())
            }
            FramePlace::Script(_, None) => format!("in {function}"),
            FramePlace::BuiltIn => format!("in {function}, built in"),
            FramePlace::Eval => format!("in {function}, evaluated text"),
        }
    }
}
