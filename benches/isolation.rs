//! What a process per converter costs against a thread: `cargo bench --bench isolation`.
//!
//! Prints, for small and large pages and for one and two converters, pages per second both ways.

#![expect(clippy::print_stdout, reason = "a benchmark is read on stdout")]

use std::{
    fmt::Write,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use pipeline_converter::{ConverterSpec, Isolation, Origin, Script};
use pipeline_datasource::Page;
use pipeline_query::Position;
use pipeline_worker::{ContainedConverter, ConverterSetup};

const GUIDE: &str = "function convert(json) {
  const parsed = JSON.parse(json);
  return parsed['issues'].map(issue => ({
    'Issue Key': issue.key,
    'Description': issue.fields.description,
  }));
}";

fn body(n_issues: usize, n_characters: usize) -> Vec<u8> {
    let mut body = String::from("{\"issues\":[");
    for n in 0..n_issues {
        let comma = if n == 0 { "" } else { "," };
        let text = "lorem ipsum dolor sit amet ".repeat(n_characters / 27);
        write!(
            body,
            "{comma}{{\"key\":\"ABC-{n}\",\"fields\":{{\"summary\":\"s{n}\",\"description\":\"{text}\",\"labels\":[\"a\",\"b\"]}}}}"
        )
        .expect("strings take everything");
    }
    (body + "]}").into_bytes()
}

fn setup(isolation: Isolation) -> Arc<ConverterSetup> {
    let script = Script::inline(GUIDE, Origin { path: "guide.js".into(), line: 1, column: 1 });
    Arc::new(ConverterSetup {
        spec: ConverterSpec { isolation, ..ConverterSpec::new(script) },
        columns: Arc::default(),
        takes_types: false,
        deterministic: Default::default(),
        table: "issues".into(),
        written_params: Vec::new(),
        run_id: "run".into(),
        program: Some(Path::new(env!("CARGO_BIN_EXE_pipeline")).to_owned()),
    })
}

/// How long each of `n_converters` takes for `n_pages`, its start left out and told apart.
async fn measure(
    setup: &Arc<ConverterSetup>,
    body: &[u8],
    (n_converters, n_pages): (usize, usize),
) -> (Duration, Duration) {
    let page = |index| {
        let url = "https://example.com/rest/api/2/search".into();
        Arc::new(Page { status: 200, ..Page::new(index, Position::First, url, body.to_vec().into()) })
    };
    let begun = Instant::now();
    let mut converters: Vec<_> =
        (0..n_converters).map(|_| ContainedConverter::new(Arc::clone(setup))).collect();
    for converter in &mut converters {
        converter.convert(page(0)).await.expect("the first page");
    }
    let start = begun.elapsed();
    let begun = Instant::now();
    let tasks = converters.into_iter().map(|mut converter| {
        let pages: Vec<_> = (0..n_pages / n_converters).map(page).collect();
        tokio::spawn(async move {
            for page in pages {
                converter.convert(page).await.expect("a page");
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("no panic");
    }
    (start, begun.elapsed())
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    println!(
        "{:>9} {:>10} {:>9} {:>12} {:>9} {:>10}",
        "page", "converters", "isolation", "pages/s", "MB/s", "start"
    );
    for (n_issues, n_characters, n_pages) in [(10, 200, 2000), (100, 4000, 400), (100, 40_000, 60)] {
        let body = body(n_issues, n_characters);
        for n_converters in [1, 2] {
            for (name, isolation) in [("thread", Isolation::Thread), ("process", Isolation::Process)] {
                let shape = (n_converters, n_pages);
                let (start, took) = runtime.block_on(measure(&setup(isolation), &body, shape));
                let pages = n_pages as f64 / took.as_secs_f64();
                let megabytes = pages * body.len() as f64 / 1e6;
                println!(
                    "{:>8}K {n_converters:>10} {name:>9} {pages:>12.1} {megabytes:>9.1} {:>8.1}ms",
                    body.len() / 1000,
                    start.as_secs_f64() * 1e3
                );
            }
        }
    }
}
