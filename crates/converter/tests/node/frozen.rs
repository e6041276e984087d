//! Three thousand programs, every 75th of them where `PIPELINE_TESTS` is not `all`, whose rows are those that node gave for the same pages.
//!
//! `programs.jsonl` has on its first line the sets of pages, and on each further one a program with node's answers;
//! `freeze.mjs` writes it. Every program runs with the optimizations over all its pages, and every third one without them over the first:
//! there each page has a scope of its own, so that others would only show other data. An error in place of rows has to be one that
//! `refusals.json` lists; rows in place of an error, or other rows, pass only for programs whose line says what is `open`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use serde::Deserialize;
use serde_json::Value;

use self::run::{Answer, Mode, run, with_stack};

mod run;

/// The first line.
#[derive(Deserialize)]
struct Pages {
    pages: Vec<Vec<String>>,
}

#[derive(Deserialize)]
struct Program {
    code: String,
    /// Which of the two functions that show values it uses.
    show: Show,
    /// Which set of pages it is for.
    pages: usize,
    /// Node's, one for each page: an array of rows, or `{ "error": name }`.
    answers: Vec<Value>,
    /// What is known to be computed otherwise; the test fails when it no longer is.
    open: Option<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Show {
    Short,
    Long,
}

/// What is not as in node.
enum Difference {
    /// An error where node has rows: the kind of error and its message without what is the program's.
    Refused(String),
    /// Anything else, for the reader of a failed test.
    Wrong(String),
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node")
}

fn read(name: &str) -> String {
    fs::read_to_string(folder().join(name)).expect("the file is in the repository")
}

fn prelude(name: &str) -> String {
    read(name).lines().filter(|line| !line.starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn frozen_programs_give_what_node_gave() {
    let text = read("programs.jsonl");
    let mut lines = text.lines();
    let Pages { pages } = serde_json::from_str(lines.next().unwrap()).unwrap();
    let mut programs: Vec<Program> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(programs.len() >= 3_000, "{} programs", programs.len());
    let all = std::env::var("PIPELINE_TESTS").is_ok_and(|which| which == "all");
    if !all {
        programs = programs.into_iter().step_by(75).collect();
    }

    // Panics of the engine are answers, and are not printed; those of the assertions below are.
    let hook = std::panic::take_hook();
    let (open, programs): (Vec<_>, Vec<_>) = programs.into_iter().partition(|program| program.open.is_some());
    let cured: Vec<&String> = open
        .iter()
        .filter(|program| differences(std::slice::from_ref(program), &pages).is_empty())
        .map(|program| &program.code)
        .collect();
    let found = differences(&programs, &pages);
    std::panic::set_hook(hook);
    assert!(cured.is_empty(), "these give node's rows now; take out their `open`: {cured:#?}");

    let mut refusals: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for difference in found {
        match difference {
            Difference::Refused(kind) => *refusals.entry(kind).or_default() += 1,
            Difference::Wrong(text) => wrong.push(text),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} answers are not node's\n{}",
        wrong.len(),
        wrong[..wrong.len().min(25)].join("\n")
    );
    let listed: BTreeMap<String, usize> = serde_json::from_str(&read("refusals.json")).unwrap();
    match all {
        true => assert_eq!(refusals, listed, "programs that node runs and this refuses, by their message"),
        false => {
            let new: Vec<_> = refusals.keys().filter(|message| !listed.contains_key(*message)).collect();
            assert!(new.is_empty(), "programs that node runs and this refuses: {new:?}");
        }
    }
}

/// Those of all programs, found on all processors.
fn differences(programs: &[Program], pages: &[Vec<String>]) -> Vec<Difference> {
    let (short, long) = (prelude("short_prelude.js"), prelude("prelude.js"));
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(program) = programs.get(index) else { break };
            let show = match program.show {
                Show::Short => &short,
                Show::Long => &long,
            };
            let (code, pages) = (format!("{}\n{show}", program.code), &pages[program.pages]);
            let n_plain = usize::from(index.is_multiple_of(3));
            for (mode, pages) in [(Mode::Optimized, &pages[..]), (Mode::Plain, &pages[..n_plain])] {
                let answers = run(&code, pages, mode);
                let compared = answers.iter().zip(&program.answers);
                // One page is enough to see what is wrong with a program.
                let first = compared.filter_map(|(ours, node)| difference(program, mode, ours, node)).next();
                // Refusals are counted once for each program.
                let counts =
                    |found: &Difference| mode == Mode::Optimized || matches!(found, Difference::Wrong(_));
                found.extend(first.filter(counts));
            }
        }
        found
    };
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..n_threads).map(|_| scope.spawn(|| with_stack(work))).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no program panics")).collect()
    })
}

fn difference(program: &Program, mode: Mode, ours: &Answer, node: &Value) -> Option<Difference> {
    let wrong = |ours: &str| {
        Some(Difference::Wrong(format!("\n{mode:?}: {}\n  here {ours}\n  node {node}", program.code)))
    };
    match ours {
        Answer::Error { kind, message } if kind == "Engine" || kind == "Limit" => wrong(message),
        Answer::Error { kind, message } => match node.is_array() {
            // What the product would compute wrongly, it says when it reads the script.
            true if kind != "Syntax" || message.contains("syntax error") => wrong(message),
            true => Some(Difference::Refused(format!("{kind}: {}", without_names(message)))),
            false => None,
        },
        Answer::Rows(rows) => {
            let parsed: Value = serde_json::from_str(rows).expect("rows are JSON");
            if same(&parsed, node) { None } else { wrong(rows) }
        }
    }
}

/// Whether two values are equal, where 1 and 1.0 are the same number.
fn same(ours: &Value, node: &Value) -> bool {
    match (ours, node) {
        (Value::Array(ours), Value::Array(node)) => {
            ours.len() == node.len() && ours.iter().zip(node).all(|(ours, node)| same(ours, node))
        }
        (Value::Object(ours), Value::Object(node)) => {
            ours.len() == node.len()
                && ours.iter().all(|(name, ours)| node.get(name).is_some_and(|node| same(ours, node)))
        }
        (Value::Number(ours), Value::Number(node)) => ours.as_f64() == node.as_f64(),
        _ => ours == node,
    }
}

/// A message without the page's number and what stands in quotation marks.
fn without_names(message: &str) -> String {
    let mut shown = String::new();
    for (index, part) in message.trim_start_matches("page 1: ").split('`').enumerate() {
        match index % 2 {
            0 => shown.push_str(part),
            _ => shown.push_str("`…`"),
        }
    }
    shown
}
