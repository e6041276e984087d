//! What runs the converters: node, Boa as it comes, and this crate.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use boa_engine::{Context, JsString, JsValue, Source, js_string, object::JsObject};
use pipeline_converter::{Converter, ConverterLimits, Metadata, Origin, PageInput, Script};

/// Runs `n` pages with a converter on each of `threads` threads.
pub(crate) trait Engine {
    fn run(&mut self, converter: &str, threads: usize, n: usize) -> Duration;
}

/// node as a child process that keeps its compiled code between rounds.
pub(crate) struct Node {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Node {
    /// Starts it, unless there is none.
    pub(crate) fn start(converters: &Path, pages: &Path) -> Option<Self> {
        let mut command = Command::new("node");
        command.arg(converters.join("node.js")).arg(converters).arg(pages);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        let (input, output) = (child.stdin.take()?, BufReader::new(child.stdout.take()?));
        Some(Self { child, input, output })
    }
}

impl Engine for Node {
    fn run(&mut self, converter: &str, threads: usize, n: usize) -> Duration {
        let mut line = String::new();
        writeln!(self.input, "{converter} {threads} {n}").expect("node takes a line");
        self.output.read_line(&mut line).expect("node answers");
        Duration::from_secs_f64(line.trim().parse().expect("node answers with seconds"))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Contexts live on one thread, so each thread makes its own and is timed once it is warm.
fn timed<T>(threads: usize, start: impl Fn() -> T + Sync, run: impl Fn(&mut T) + Sync) -> Duration {
    let barrier = std::sync::Barrier::new(threads);
    std::thread::scope(|scope| {
        let timed = || {
            let mut state = start();
            barrier.wait();
            let begin = Instant::now();
            run(&mut state);
            begin.elapsed()
        };
        let spawn = |_| {
            let thread = std::thread::Builder::new().stack_size(Converter::THREAD_STACK);
            thread.spawn_scoped(scope, timed).expect("a thread starts")
        };
        let handles: Vec<_> = (0..threads).map(spawn).collect();
        let times = handles.into_iter().map(|handle| handle.join().expect("no page fails"));
        times.max().unwrap_or_default()
    })
}

/// Pages a new context runs before it is timed.
const WARM_UP: usize = 16;

/// Boa with its own `JSON.parse`; rows leave as JSON values.
pub(crate) struct Stock<'a> {
    pub(crate) pages: &'a [String],
    pub(crate) scripts: &'a [(&'static str, String)],
}

impl Engine for Stock<'_> {
    fn run(&mut self, converter: &str, threads: usize, n: usize) -> Duration {
        let code = code(self.scripts, converter);
        let start = || {
            let mut context = Context::default();
            context.eval(Source::from_bytes(code)).expect("the script runs");
            let convert = context.global_object().get(js_string!("convert"), &mut context);
            (convert.ok().and_then(|convert| convert.as_object()).expect("there is a `convert`"), context)
        };
        timed(threads, start, |(convert, context): &mut (JsObject, Context)| {
            for page in self.pages.iter().cycle().take(n) {
                let page = JsString::from(page.as_str()).into();
                let rows = convert.call(&JsValue::undefined(), &[page], context).expect("the page is right");
                assert!(rows.to_json(context).is_ok_and(|rows| rows.is_some()));
            }
        })
    }
}

/// This crate, up to Arrow record batches.
pub(crate) struct Ours<'a> {
    pub(crate) pages: &'a [String],
    pub(crate) scripts: &'a [(&'static str, String)],
}

impl Engine for Ours<'_> {
    fn run(&mut self, converter: &str, threads: usize, n: usize) -> Duration {
        let script = script(code(self.scripts, converter));
        let start = || {
            let mut converter = Converter::new(&script, Default::default(), ConverterLimits::default())
                .expect("the script runs");
            convert(&mut converter, self.pages.iter().cycle().take(WARM_UP));
            converter
        };
        timed(threads, start, |converter| convert(converter, self.pages.iter().cycle().take(n)))
    }
}

pub(crate) fn script(code: &str) -> Script {
    Script::inline(code, Origin { path: "bench.js".into(), line: 1, column: 1 })
}

pub(crate) fn convert<'p>(converter: &mut Converter, pages: impl Iterator<Item = &'p String>) {
    for (index, page) in pages.enumerate() {
        let input = PageInput { index, body: page.as_bytes(), metadata: Metadata::default() };
        let batch = converter.convert(&input).expect("the page is right");
        assert_ne!(batch.n_rows(), 0);
    }
}

fn code<'s>(scripts: &'s [(&'static str, String)], name: &str) -> &'s str {
    scripts
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, code)| code.as_str())
        .expect("a known converter")
}
