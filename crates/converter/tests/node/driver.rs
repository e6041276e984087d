//! Reads programs with pages as JSON lines and writes what becomes of them, for `fuzz.mjs`.
//!
//! `{"id", "code", "pages", "mode"}` becomes `{"id", "optimized", "plain", "n_direct"}`, the answers with the optimizations and
//! without; each answer is `{"rows"}` or `{"error", "message"}`. `mode` may name one of the two. A program that does not end within
//! [`PATIENCE`] ends this process.

use std::{
    io::{self, BufRead, Write},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use pipeline_converter::{Origin, Script};
use serde_json::{Value, json};

use crate::run::{Answer, Mode, run, with_stack};

mod run;

/// How long a program may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// When the program that is running began, in milliseconds; 0 while none does.
static BEGAN: AtomicU64 = AtomicU64::new(0);

fn main() {
    let start = Instant::now();
    let now = move || start.elapsed().as_millis() as u64 + 1;
    let id = Mutex::new(Value::Null);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            loop {
                std::thread::sleep(Duration::from_millis(200));
                let began = BEGAN.load(Ordering::SeqCst);
                if began != 0 && now().saturating_sub(began) > PATIENCE.as_millis() as u64 {
                    let id = id.lock().expect("nothing panics with the lock").clone();
                    print(&json!({ "id": id, "hangs": true }));
                    std::process::exit(3);
                }
            }
        });
        with_stack(|| {
            for line in io::stdin().lock().lines() {
                let line = line.expect("standard input can be read");
                let program: Value = serde_json::from_str(&line).expect("each line is JSON");
                *id.lock().expect("nothing panics with the lock") = program["id"].clone();
                BEGAN.store(now(), Ordering::SeqCst);
                let answer = answer(&program);
                BEGAN.store(0, Ordering::SeqCst);
                print(&answer);
            }
            std::process::exit(0);
        });
    });
}

fn answer(program: &Value) -> Value {
    let code = program["code"].as_str().unwrap_or_default();
    let pages: Vec<String> = serde_json::from_value(program["pages"].clone()).unwrap_or_default();
    let mut answer = json!({ "id": program["id"], "n_direct": n_direct_columns(code) });
    for (name, mode) in [("optimized", Mode::Optimized), ("plain", Mode::Plain)] {
        if program["mode"].as_str().is_none_or(|wanted| wanted == name) {
            answer[name] = run(code, &pages, mode).iter().map(shown).collect();
        }
    }
    answer
}

/// How many columns are read from the page without the script.
fn n_direct_columns(code: &str) -> usize {
    let script = Script::inline(code, Origin { path: "converter.js".into(), line: 1, column: 1 });
    script.direct_columns().map_or(0, |(n_direct, _)| n_direct)
}

fn shown(answer: &Answer) -> Value {
    match answer {
        Answer::Rows(rows) => json!({ "rows": rows }),
        Answer::Error { kind, message } => json!({ "error": kind, "message": message }),
    }
}

fn print(line: &Value) {
    let mut stdout = io::stdout().lock();
    // Nobody listens any more if this fails.
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}
