//! Makes the engine's terse messages name the expression that failed.

use std::ops::Range;

use boa_engine::ast::Position;

use crate::{
    builtins::help_for_locale,
    hints::{self, Hints},
    page_path::{self, InPage},
    script::Script,
    suspects::{self, Fault, Suspect},
    thrown::Thrown,
    values::shorten,
};

/// A message with its place and help.
#[derive(Debug)]
pub(crate) struct Explained {
    pub(crate) message: String,
    pub(crate) place: Option<Range<usize>>,
    pub(crate) help: Vec<String>,
    /// The place of the page that had nothing in it.
    pub(crate) in_page: Option<InPage>,
    /// Whether the script alone is wrong, whatever the page has.
    pub(crate) is_of_script: bool,
}

/// Explains what was thrown at `innermost`: `None` is outside of the script, `Some(None)` somewhere in it.
pub(crate) fn explain(
    thrown: &Thrown,
    innermost: Option<Option<Position>>,
    (script, body): (&Script, &[u8]),
) -> Explained {
    let as_thrown = as_thrown(thrown, innermost, script);
    let Some(position) = innermost else {
        return as_thrown;
    };
    let Some(faults) = faults(thrown) else {
        return as_thrown;
    };
    let Ok(parsed) = script.parse() else {
        return as_thrown;
    };
    let suspects = suspects::at(&parsed, position);
    let mut found: Vec<Expression> = suspects
        .iter()
        .filter(|suspect| faults.contains(&suspect.fault))
        .map(|suspect| Expression::read(suspect, script))
        .filter(|expression| {
            expression.fault != Fault::Name || Some(expression.text.as_str()) == undefined_name(thrown)
        })
        .collect();
    if is_about_nullish(thrown) {
        for expression in &mut found {
            expression.in_page = page_path::of_nothing(&parsed, expression.extent, body);
        }
        // Of several that it may be, the page says which it is.
        if found.len() > 1 && found.iter().filter(|one| one.in_page.is_some()).count() == 1 {
            found.retain(|one| one.in_page.is_some());
        }
    }
    match found.as_slice() {
        [] => as_thrown,
        [name, ..] if name.fault == Fault::Name => Explained { place: Some(name.range.clone()), ..as_thrown },
        [only] => only.explained(thrown, script),
        several => {
            let list: Vec<String> = several.iter().take(4).map(|one| one.listed(script)).collect();
            let help = format!("the engine does not say which of these it is: {}", list.join(", "));
            Explained { help: vec![help], ..as_thrown }
        }
    }
}

/// The exception's own words.
pub(crate) fn as_thrown(thrown: &Thrown, innermost: Option<Option<Position>>, script: &Script) -> Explained {
    let message = match (thrown.name.as_str(), constant(thrown)) {
        (_, Some(constant)) => format!("TypeError: `{constant}` is a `const`, which is assigned once"),
        ("", _) => thrown.message.clone(),
        (name, _) => format!("{name}: {}", thrown.message),
    };
    let place = innermost.flatten().map(|position| script.range_at(position));
    let is_of_script = constant(thrown).is_some();
    Explained { message, place, help: help_for(thrown), in_page: None, is_of_script }
}

/// What Boa's message may be about; `None` for all other exceptions.
fn faults(thrown: &Thrown) -> Option<&'static [Fault]> {
    match (thrown.name.as_str(), thrown.message.as_str()) {
        _ if is_about_nullish(thrown) => {
            Some(&[Fault::Member, Fault::Assigned, Fault::Iterated, Fault::Argument])
        }
        ("TypeError", "not a callable function" | "not a constructor") => Some(&[Fault::Call]),
        ("TypeError", message) if message.starts_with("Cannot destructure '") => {
            Some(&[Fault::Destructured, Fault::Parameter])
        }
        ("TypeError", message) if message.ends_with("is not iterable") => Some(&[Fault::Iterated]),
        ("TypeError", "cannot mix BigInt and other types, use explicit conversions") => Some(&[Fault::Mixed]),
        ("ReferenceError", _) if undefined_name(thrown).is_some() => Some(&[Fault::Name]),
        _ => None,
    }
}

/// Whether a value was not what the script took it for, so that the page's shape may tell why.
pub(crate) fn is_about_value(thrown: &Thrown) -> bool {
    let about = faults(thrown).is_some_and(|faults| faults != [Fault::Name] && faults != [Fault::Mixed]);
    about || thrown.name == "SyntaxError"
}

fn is_about_nullish(thrown: &Thrown) -> bool {
    thrown.name == "TypeError" && thrown.message == "cannot convert 'null' or 'undefined' to object"
}

/// The constant that was assigned to.
fn constant(thrown: &Thrown) -> Option<&str> {
    thrown.message.strip_prefix("cannot mutate an immutable binding '")?.strip_suffix('\'')
}

fn undefined_name(thrown: &Thrown) -> Option<&str> {
    thrown.message.strip_suffix(" is not defined").filter(|_| thrown.name == "ReferenceError")
}

fn help_for(thrown: &Thrown) -> Vec<String> {
    if thrown.message.starts_with("import: ") {
        return vec![
            "modules are files of the converter's folder: `import { … } from './helpers.js'`".into(),
        ];
    }
    if let Some(help) = help_for_locale(&thrown.message).filter(|_| thrown.name == "RangeError") {
        return vec![help];
    }
    if constant(thrown).is_some() {
        return vec!["declare it with `let`".into()];
    }
    if thrown.message == "argument must not be a bigint" {
        return vec!["write `Number(…)` around the BigInt".into()];
    }
    let Some(help) = undefined_name(thrown).and_then(alternative) else {
        return Vec::new();
    };
    vec![help.into()]
}

/// What to write in the place of a name that converters do not have.
fn alternative(name: &str) -> Option<&'static str> {
    Some(match name {
        "fetch" | "XMLHttpRequest" | "WebSocket" | "axios" => {
            "converters have no network; what they need must be in the page, or in another table"
        }
        "setTimeout" | "setInterval" | "setImmediate" | "queueMicrotask" | "performance" => {
            "converters have no timers: a page is converted at once, and `Date.now()` is when the run began"
        }
        "require" => "converters load no packages; `import` takes modules from the converter's own folder",
        "process" | "Deno" | "Bun" | "fs" | "__dirname" | "__filename" => {
            "converters see the page and its `metadata`, and nothing of the machine"
        }
        "module" | "exports" => {
            "write `function convert(json)`, without exports, or `export function convert(json)`"
        }
        "Temporal" => "use `Date`; all times are UTC",
        "Buffer" => "use `TextEncoder` and `TextDecoder`, `atob` and `btoa`",
        "crypto" => "converters have no source of true chance; use keys that the page has",
        "moment" | "dayjs" | "luxon" => "`PocketQuery.formatDate(value, format)` has the format of moment.js",
        "_" | "lodash" => "there is `Object.groupBy`, `structuredClone`, `flatMap` and `toSorted`",
        "window" | "document" | "self" | "navigator" | "localStorage" => {
            "a converter does not run in a browser; what is global is in `globalThis`"
        }
        "Atomics" | "WebAssembly" | "Worker" => "this part of JavaScript is not available in converters",
        _ => return None,
    })
}

/// A suspect with its text.
struct Expression {
    fault: Fault,
    text: String,
    range: Range<usize>,
    detail: Option<Detail>,
    extent: (Position, Position),
    in_page: Option<InPage>,
}

/// The property that is used, or the pattern that is filled.
struct Detail {
    /// `name`, `[key]`, `{ a: { b } }`
    text: String,
    /// Whether it is called at once: `.map(`.
    is_called: bool,
}

impl Detail {
    fn read(range: Range<usize>, text: &str) -> Self {
        let written = shorten(&text[range.clone()], 30);
        let is_called = text[range.end..].trim_start_matches([']', ' ']).starts_with('(');
        match text[..range.start].trim_end().ends_with('[') {
            true => Self { text: format!("[{written}]"), is_called },
            false => Self { text: written, is_called },
        }
    }

    fn is_nested_pattern(&self) -> bool {
        self.text.chars().skip(1).any(|c| matches!(c, '{' | '['))
    }
}

impl Expression {
    fn read(suspect: &Suspect, script: &Script) -> Self {
        let text = &script.shown().text;
        let bytes = |(start, end): (Position, Position)| {
            let start = script.range_at(start).start;
            start..script.range_at(end).start.max(start)
        };
        let range = bytes(suspect.extent);
        let range = range.start..close_bracket(text, range);
        let detail = suspect.detail.map(|extent| Detail::read(bytes(extent), text));
        let shown = text[range.clone()].split_whitespace().collect::<Vec<_>>().join(" ");
        let text = shorten(&shown, 60);
        Self { fault: suspect.fault, text, range, detail, extent: suspect.extent, in_page: None }
    }

    fn explained(&self, thrown: &Thrown, script: &Script) -> Explained {
        let message = format!("{}: {}", thrown.name, self.message(thrown));
        let hints = Hints::of(script);
        let of_script = hints.as_ref().and_then(|hints| self.help_of_script(hints));
        let is_of_script = of_script.is_some();
        let help = of_script.or_else(|| self.help(thrown)).into_iter().collect();
        let in_page = self.in_page.clone().filter(|_| !is_of_script);
        Explained { message, place: Some(self.range.clone()), help, in_page, is_of_script }
    }

    /// What is wrong whatever the page has: a promise is no list, and behind its last item a list has nothing.
    fn help_of_script(&self, hints: &Hints<'_>) -> Option<String> {
        match self.fault {
            Fault::Member => hints.missing_await(&self.text).or_else(|| hints.counted(&self.text)),
            Fault::Call | Fault::Iterated | Fault::Destructured | Fault::Argument => {
                hints.missing_await(&self.text)
            }
            Fault::Assigned | Fault::Parameter | Fault::Name | Fault::Mixed => None,
        }
    }

    fn message(&self, thrown: &Thrown) -> String {
        let text = &self.text;
        let detail = self.detail.as_ref().map(|detail| detail.text.as_str()).unwrap_or_default();
        match self.fault {
            Fault::Member | Fault::Assigned => {
                format!("`{text}` is null or undefined, so it has no `{detail}`")
            }
            Fault::Call if thrown.message == "not a constructor" => format!("`{text}` is not a constructor"),
            Fault::Call => format!("`{text}` is not a function"),
            Fault::Argument => format!("`{text}` was called with null or undefined"),
            Fault::Iterated if is_about_nullish(thrown) => {
                format!("`{text}` is null or undefined, so there is nothing to iterate")
            }
            Fault::Iterated => format!("`{text}` is not iterable"),
            Fault::Destructured if self.detail.as_ref().is_some_and(Detail::is_nested_pattern) => {
                format!("`{text}`, or a part of it that the pattern takes apart, is null or undefined")
            }
            Fault::Destructured => format!("`{text}` is null or undefined, so it has nothing for `{detail}`"),
            Fault::Parameter => format!("the argument for `{text}` is null or undefined, or a part of it is"),
            Fault::Mixed => format!("`{text}` computes with a BigInt and a value of another type"),
            Fault::Name => thrown.message.clone(),
        }
    }

    fn help(&self, thrown: &Thrown) -> Option<String> {
        // What no record has is not missing here and there: an `?.` would make a column of nulls.
        if self.in_page.as_ref().is_some_and(|in_page| in_page.absent.is_some()) {
            return None;
        }
        match (self.fault, &self.detail) {
            // An `?.` here would turn a page of another shape into a page without rows.
            (Fault::Member, Some(detail)) if detail.is_called => {
                Some("`console.log(json)` shows how the page begins".into())
            }
            (Fault::Member, Some(detail)) => {
                Some(format!("if it may be missing, write `{}?.{}`", self.text, detail.text))
            }
            (Fault::Iterated, _) if is_about_nullish(thrown) => {
                Some(format!("if it may be missing, write `{} ?? []`", self.text))
            }
            (Fault::Call, _) => {
                let (_, name) = self.text.rsplit_once('.')?;
                Some(format!("did you mean `{}`?", hints::near_method(name)?))
            }
            (Fault::Mixed, Some(right)) => Some(match right.text.parse::<u64>() {
                Ok(number) => format!("write `{number}n`, or `Number(…)` around the BigInt"),
                Err(_) => "write `Number(…)` around the BigInt, or `BigInt(…)` around the other value".into(),
            }),
            _ => None,
        }
    }

    fn listed(&self, script: &Script) -> String {
        let (line, column) = script.shown().line_column(self.range.start);
        format!("`{}` ({line}:{column})", self.text)
    }
}

/// The engine's span of `a[b]` ends before the bracket, that of `f(x)` after it.
fn close_bracket(text: &str, range: Range<usize>) -> usize {
    let inside = &text[range.clone()];
    let is_open = inside.matches('[').count() > inside.matches(']').count();
    let rest = &text[range.end..];
    match rest.trim_start().starts_with(']') && is_open {
        true => range.end + rest.find(']').map_or(0, |at| at + 1),
        false => range.end,
    }
}
