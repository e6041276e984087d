//! Runs a converter over its pages, with the optimizations and without.

use std::{fmt::Write, panic};

use pipeline_converter::{Converter, ConverterError, ConverterLimits, Metadata, Origin, PageInput, Script};
use pipeline_table::{Batch, ColumnText, DeclaredColumns, cast};

/// What the analysis of a script cannot see through: with these statements at its end a script runs with whole objects, without
/// columns that are read past it, and in a new scope for each page.
const WITHOUT_OPTIMIZATIONS: &str = "\nthis; '' in {};\n";

/// What became of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Rows as a JSON array of objects; cells that are null are left out.
    Rows(String),
    /// The kind of the error, which is the name of its variant, and the first line of its message.
    Error { kind: String, message: String },
}

/// Whether a script is run as it is or without the optimizations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Optimized,
    Plain,
}

/// The answer for each page; an error of the script itself is that of every page.
pub(crate) fn run(code: &str, pages: &[String], mode: Mode) -> Vec<Answer> {
    let text = match mode {
        Mode::Optimized => code.to_owned(),
        Mode::Plain => format!("{code}{WITHOUT_OPTIMIZATIONS}"),
    };
    let script = Script::inline(&text, Origin { path: "converter.js".into(), line: 1, column: 1 });
    let mut converter = match Converter::new(&script, DeclaredColumns::default().into(), limits()) {
        Ok(converter) => converter,
        Err(error) => return vec![Answer::error(&error); pages.len()],
    };
    let convert = |(index, page): (usize, &String)| {
        let metadata =
            Metadata { query_name: "fuzz", url: "https://example.com/", status: 200, ..Metadata::default() };
        match converter.convert(&PageInput { index, body: page.as_bytes(), metadata }) {
            Ok(batch) => Answer::Rows(rows(&batch)),
            Err(error) => Answer::error(&error),
        }
    };
    pages.iter().enumerate().map(convert).collect()
}

/// Runs `work` with the stack that converters need, and without the backtraces of panics, which are answers here.
pub(crate) fn with_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    panic::set_hook(Box::new(|_| {}));
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(Converter::THREAD_STACK);
        let thread = thread.spawn_scoped(scope, work).expect("a thread can be started");
        thread.join().expect("panics of the engine are caught by the converter")
    })
}

/// Small ones, so that a program that does not end stops soon.
fn limits() -> ConverterLimits {
    ConverterLimits {
        max_loop_iterations: 100_000,
        max_recursion: 250,
        max_rows: 5_000,
        ..ConverterLimits::default()
    }
}

impl Answer {
    fn error(error: &ConverterError) -> Self {
        let mut kind = Name(String::new());
        // Ends with an error where the name does.
        let _ = write!(kind, "{error:?}");
        let message = error.to_string().lines().next().unwrap_or_default().to_owned();
        Self::Error { kind: kind.0, message }
    }
}

/// Takes what stands before the first character that cannot be in a name.
struct Name(String);

impl Write for Name {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let name = text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        self.0.push_str(name);
        if name.len() == text.len() { Ok(()) } else { Err(std::fmt::Error) }
    }
}

fn rows(batch: &Batch) -> String {
    let rows = cast(batch, &batch.columns().published()).expect("published types are wider");
    let columns = ColumnText::of(&rows).expect("all types have a text");
    let names: Vec<String> = rows.schema_ref().fields().iter().map(|field| quoted(field.name())).collect();
    let mut json = String::from("[");
    for row in 0..batch.n_rows() {
        json.push_str(if row == 0 { "{" } else { ",{" });
        let mut separator = "";
        for (name, column) in names.iter().zip(&columns).filter(|(_, column)| !column.is_null(row)) {
            json.push_str(separator);
            json.push_str(name);
            json.push(':');
            column.push_json(row, &mut json);
            separator = ",";
        }
        json.push('}');
    }
    json + "]"
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
