//! What users see of a converter: rows for what it returns, text for what goes wrong.

mod builtins;
mod cells;
mod depth;
mod differential;
mod direct;
mod engine;
mod errors;
mod guide;
mod isolation;
mod json;
mod limits;
mod locales;
mod log;
mod mistakes;
mod modules;
#[path = "../../tests/node/frozen.rs"]
mod node;
mod numbers;
mod results;
mod scopes;
mod sort;
mod texts;

use pipeline_table::{Batch, ColumnText, DeclaredColumns, cast};

use crate::{Converter, ConverterError, ConverterLimits, Metadata, Origin, PageInput, Script, syntax};

/// Scripts go to the threads that run them, errors come back.
#[test]
fn scripts_and_errors_cross_threads() {
    fn check<T: Send + Sync>() {}
    check::<Script>();
    check::<ConverterError>();
}

/// A script that stands in a file of its own.
fn script(text: &str) -> Script {
    Script::inline(text, Origin { path: "converters/test.js".into(), line: 1, column: 1 })
}

fn page(body: &str) -> PageInput<'_> {
    PageInput { index: 2, body: body.as_bytes(), metadata: Metadata::default() }
}

fn convert_page(text: &str, page: &PageInput<'_>) -> Result<Batch, ConverterError> {
    Converter::new(&script(text), DeclaredColumns::default().into(), ConverterLimits::default())?
        .convert(page)
}

fn convert(text: &str, body: &str) -> Result<Batch, ConverterError> {
    convert_page(text, &page(body))
}

/// Bodies of Jira by name: our own, and real ones where those are beside the checkout.
fn jira_bodies() -> Vec<(String, String)> {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut bodies = Vec::new();
    for folder in [here.join("src/tests/data/jira"), here.join("../../../shared/fixtures/jira")] {
        let Ok(files) = std::fs::read_dir(&folder) else { continue };
        for path in files
            .map(|file| file.unwrap().path())
            .filter(|path| path.extension().is_some_and(|e| e == "json"))
        {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            bodies.push((name, std::fs::read_to_string(&path).unwrap()));
        }
    }
    assert!(bodies.len() >= 6, "our own are in the repository");
    bodies.sort();
    bodies
}

/// Runs `work` with the stack that converters have.
fn with_stack<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(Converter::THREAD_STACK);
        thread.spawn_scoped(scope, work).unwrap().join().unwrap()
    })
}

/// How many of what takes long and says little more than a part of it: `all` where `PIPELINE_TESTS` is `all`, as CI has it.
pub(crate) fn all_or(part: usize, all: usize) -> usize {
    if std::env::var("PIPELINE_TESTS").is_ok_and(|which| which == "all") { all } else { part }
}

/// `script` gives a row for each answer of node that its page has: of all three pages, or of the first one, and there every 29th where
/// each case has one ([`all_or`]).
fn assert_answers(code: &str, by_node: &str) {
    let pages: Vec<serde_json::Value> = serde_json::from_str(by_node).unwrap();
    assert_eq!(pages.len(), 3);
    let every = all_or(29, 1);
    with_stack(move || {
        let mut converter = Converter::new(&script(code), Default::default(), Default::default()).unwrap();
        for mut node in pages.into_iter().take(all_or(1, 3)) {
            let (n_cases, n_answers) = (length(&node, "cases"), length(&node, "answers"));
            assert!(n_answers >= 100, "{n_answers}");
            if n_cases == n_answers {
                for list in
                    node.as_object_mut().unwrap().values_mut().filter_map(|value| value.as_array_mut())
                {
                    *list = list.iter().step_by(every).cloned().collect();
                }
            }
            let batch = converter.convert(&page(&node.to_string())).unwrap();
            let (rows, answers) = (json_rows(&batch), node["answers"].as_array().unwrap());
            assert_eq!(rows.len(), answers.len());
            let different: Vec<String> = (rows.iter().zip(answers).enumerate())
                .filter(|(_, (row, answer))| **row != format!("{{answer: {answer}}}"))
                .map(|(index, (row, answer))| format!("{index}\n  ours {row}\n  node {answer}"))
                .collect();
            assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
        }
    });
}

fn length(page: &serde_json::Value, list: &str) -> usize {
    page[list].as_array().map_or(0, Vec::len)
}

/// The text of an error; anything else is a failure of the test.
fn error(text: &str, body: &str) -> String {
    match convert(text, body) {
        Err(error) => error.to_string(),
        Ok(batch) => panic!("{text} gave {} rows", batch.n_rows()),
    }
}

/// Rows as JSON, every column of every row.
fn json_rows(batch: &Batch) -> Vec<String> {
    let rows = cast(batch, &batch.columns().published()).unwrap();
    let columns = ColumnText::of(&rows).unwrap();
    let names: Vec<&str> = rows.schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
    let row = |row| {
        let mut json = String::from("{");
        for (name, column) in names.iter().zip(&columns) {
            json.push_str(&format!("{}{name}: ", if json.len() > 1 { ", " } else { "" }));
            column.push_json(row, &mut json);
        }
        json + "}"
    };
    (0..batch.n_rows()).map(row).collect()
}

/// `cases` with what `text` gives for each, for one snapshot.
fn listing(cases: &[(&str, &str)], text: impl Fn(&str) -> String) -> String {
    let entry = |(name, code): &(&str, &str)| format!("### {name}\n{}\n", text(code));
    cases.iter().map(entry).collect::<Vec<_>>().join("\n")
}
