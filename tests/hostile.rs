//! Converters that mean harm, or go wrong as badly as if they did: each ends within its limits, and the next page is
//! converted as if nothing had been.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::StreamExt;
use pipeline_converter::{ConverterError, ConverterLimits, ConverterSpec, Isolation, Limit, Origin, Script};
use pipeline_datasource::Page;
use pipeline_query::Position;
use pipeline_worker::{ContainedConverter, ConverterSetup, WorkerError};

use crate::support::{all_or, every};

/// How a page with a hostile converter ends.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    /// A limit.
    At(Limit),
    /// An exception, or a result without rows, whose message holds this.
    Error(&'static str),
    /// So many rows: nothing bad came of it.
    Rows(usize),
}
use End::{At, Error, Rows};
use Limit::{Bytes, LoopIterations, Memory, Recursion, Stack, Timeout};

/// The bodies of `convert`.
const HOSTILE: &[(&str, End)] = &[
    // Time
    ("for (;;) {}", At(LoopIterations)),
    ("return [{ get a() { while (true) {} } }]", At(LoopIterations)),
    (
        "return [{ toString: 1, valueOf() { for (;;); } }]",
        Error("a function (valueOf) has no place in a table"),
    ),
    ("return +{ valueOf() { for (;;); } }", At(LoopIterations)),
    ("const loop = () => Promise.resolve().then(loop); return loop()", At(Timeout)),
    ("async function f() { for (;;) await 0 } return f()", Error("a promise that never settles")),
    ("return /^(a+)+$/.test('a'.repeat(40) + '!')", At(Timeout)),
    ("return 'x'.repeat(3e5).replace(/(x+x+)+y/, '')", At(LoopIterations)),
    ("return Array(3e3).fill(0).sort(() => { for (;;); })", At(LoopIterations)),
    ("return Array.from({ length: 2 ** 53 - 1 }, () => 0)", Error("invalid array length")),
    ("Array.prototype.forEach.call({ length: 2 ** 53 - 1 }, x => x)", At(Timeout)),
    ("return new Array(2 ** 32 - 1).fill(0)", At(Timeout)),
    (
        "return new Proxy([], { get: (t, key) => key === 'length' ? 2 ** 53 - 1 : undefined })",
        Error("a proxy"),
    ),
    ("return new Promise(() => {})", Error("a promise that never settles")),
    ("return { then() { for (;;); } }", Error("a function (then) has no place")),
    ("return (async () => ({ then() { for (;;); } }))()", At(LoopIterations)),
    ("for (const x of (function* () { for (;;) yield 1 })()) {}", At(LoopIterations)),
    ("console.log({ get a() { for (;;); } }); for (;;) console.log('noise')", At(LoopIterations)),
    ("throw { toString() { for (;;); }, get message() { for (;;); } }", Error("threw an object")),
    ("JSON.parse('[1,2]', function () { for (;;); })", At(LoopIterations)),
    ("JSON.stringify({ toJSON() { for (;;); } })", At(LoopIterations)),
    ("label: for (;;) { with ({ a: 1 }) { a; continue label } }", At(LoopIterations)),
    ("eval('for (;;) {}')", At(LoopIterations)),
    ("new Function('for (;;) {}')()", At(LoopIterations)),
    ("try { for (;;) {} } catch { for (;;) {} } finally { return [] }", At(LoopIterations)),
    // Memory
    ("return [{ a: 'x'.repeat(2 ** 30) }]", At(Memory)),
    ("let s = 'x'; for (;;) s += s", At(Memory)),
    ("const all = []; for (;;) all.push(new Float64Array(1e5))", At(Memory)),
    ("return [{ a: ''.padEnd(2 ** 29, 'ab') }]", At(Memory)),
    ("return [{ a: Array(1e8).join('xxxxxxxx') }]", Error("RangeError: Invalid string length")),
    ("return new Uint8Array(2 ** 33)", Error("cannot allocate a buffer")),
    ("return [{ a: [...Array(5e7).keys()].map(x => [x, { x }]) }]", At(Timeout)),
    ("const m = new Map(); for (let i = 0; ; i++) m.set(i, 'x' + i)", At(LoopIterations)),
    ("return [{ a: 10n ** (10n ** 9n) }]", Error("Maximum BigInt size exceeded")),
    ("return [{ a: 1n << (2n ** 40n) }]", Error("Maximum BigInt size exceeded")),
    ("return JSON.parse('['.repeat(1e4) + ']'.repeat(1e4))", Error("")),
    (
        "const o = {}; let p = o; for (let i = 0; i < 15e3; i++) p = p.a = {}; return [o]",
        Error("nested more than"),
    ),
    // Rows
    ("return (function* () { for (;;) yield { a: 1 } })()", At(Limit::Rows)),
    ("return { [Symbol.iterator]: () => ({ next: () => ({ value: { a: 1 } }) }) }", At(Limit::Rows)),
    ("return Array.from({ length: 20001 }, () => ({}))", At(Limit::Rows)),
    ("const a = 'x'.repeat(1000); return Array.from({ length: 9000 }, () => ({ a }))", At(Bytes)),
    ("return [Object.fromEntries(Array.from({ length: 20000 }, (_, i) => ['c' + i, i]))]", Error("10000")),
    // Depth
    ("function f() { f() } f()", At(Recursion)),
    ("function f() { [1].map(f) } f()", At(Recursion)),
    (
        "return new Proxy({}, { ownKeys: () => ['a'], getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true }), get: (t, k, r) => r })",
        Error("again"),
    ),
    (
        "const make = () => new Proxy({}, { ownKeys: () => ['a'], getOwnPropertyDescriptor: () => ({ configurable: true, enumerable: true }), get: make }); return [make()]",
        Error("nested more than"),
    ),
    ("return eval('('.repeat(15e3) + ')'.repeat(15e3))", Error("")),
    ("return ((...all) => all.length)(...Array(15e3))", At(Stack)),
    ("return new RegExp('(?:'.repeat(15e3) + ')'.repeat(15e3)).test('a')", Error("")),
    // Tampering
    ("Object.prototype.a = 1; Object.keys = Array.isArray = JSON.parse = null; return [{ b: 1 }]", Rows(1)),
    ("Array.prototype[Symbol.iterator] = () => { throw 1 }; return [{ b: [1] }]", Rows(1)),
    ("Promise.prototype.then = () => { throw 1 }; return Promise.resolve([{ b: 1 }])", Rows(1)),
    ("Object.defineProperty(Object.prototype, 'b', { set() { throw 1 } }); return [{ b: 1 }]", Rows(1)),
    ("Date.prototype.getTime = Date.prototype.valueOf = () => 'x'; return [{ b: new Date(0) }]", Rows(1)),
    ("return [{ get a() { throw new Error('no a') } }]", Error("no a")),
    ("return [new Proxy({}, { ownKeys() { throw new Error('no keys') } })]", Error("no keys")),
    ("const p = Proxy.revocable({}, {}); p.revoke(); return [p.proxy]", Error("TypeError")),
    ("return [{ __proto__: null, ['__proto__']: 1, constructor: 2, hasOwnProperty: 3 }]", Rows(1)),
    ("return [1, 2, 3].map(async () => { throw new Error('lost') }) && []", Error("lost")),
    // Ways out
    ("return [{ a: typeof Function('return this')().process }]", Rows(1)),
    ("return Function(\"return import('/etc/passwd')\")()", Error("import")),
    ("return Function(\"return import('https://example.com/x.js')\")()", Error("import")),
    ("return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)", Error("not defined")),
    ("new WeakRef({}); new FinalizationRegistry(() => { for (;;); }).register({}, 1); return []", Rows(0)),
    ("return [{ a: typeof require + typeof fetch + typeof process + typeof setTimeout }]", Rows(1)),
    ("return [].constructor.constructor('return fetch')()", Error("not defined")),
];

fn setup(body: &str, timeout: Duration, isolation: Isolation) -> Arc<ConverterSetup> {
    let text =
        format!("function convert(json) {{\nif (json === 'good') return [{{ good: true }}];\n{body}\n}}");
    let origin = Origin { path: "hostile.js".into(), line: 1, column: 1 };
    Arc::new(ConverterSetup {
        spec: ConverterSpec {
            script: Script::inline(text, origin),
            limits: ConverterLimits {
                timeout,
                memory: 192 << 20,
                max_loop_iterations: 20_000,
                max_rows: 10_000,
                max_bytes: 4 << 20,
                max_stack_values: 10_000,
                ..ConverterLimits::default()
            },
            isolation,
        },
        columns: Arc::default(),
        takes_types: false,
        deterministic: Default::default(),
        table: "hostile".into(),
        written_params: Vec::new(),
        run_id: "run".into(),
        program: Some(Path::new(env!("CARGO_BIN_EXE_pipeline")).to_owned()),
    })
}

fn page(body: &'static str) -> Arc<Page> {
    let page = Page::new(6, Position::First, "https://example.com/".into(), body.into());
    Arc::new(Page { status: 200, ..page })
}

/// What is wrong about a case, if anything.
async fn check(body: &str, expected: End) -> Option<String> {
    // Only where time is the limit is it short, so that a busy machine cannot fail the others.
    let timeout = Duration::from_secs(if expected == At(Timeout) { 1 } else { 120 });
    let mut converter = ContainedConverter::new(setup(body, timeout, Isolation::Process));
    let begun = Instant::now();
    let result = converter.convert(page("bad")).await;
    let took = begun.elapsed();
    let text = match &result {
        Ok(batch) => format!("{} rows", batch.n_rows()),
        Err(error) => error.to_string(),
    };
    let is_expected = match (&result, expected) {
        (Ok(batch), Rows(n)) => batch.n_rows() == n,
        (Err(WorkerError::Converter(ConverterError::Limit(at, limit, _))), At(expected)) => {
            *limit == expected && at.page == Some(6)
        }
        (Err(WorkerError::Converter(ConverterError::Engine(..))), _) => false,
        (Err(error), Error(part)) => error.to_string().contains(part),
        _ => false,
    };
    let good = converter.convert(page("good")).await;
    let goes_on = good.as_ref().is_ok_and(|batch| batch.n_rows() == 1);
    let is_in_time = took < timeout + Duration::from_secs(10);
    (!is_expected || !goes_on || !is_in_time)
        .then(|| format!("{body}\n  expected {expected:?}, {took:?}, then {good:?}\n  {text}"))
}

#[test]
fn every_hostile_converter_ends_and_the_next_page_is_converted() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let wrong: Vec<String> = runtime.block_on(
        futures::stream::iter(every(7, HOSTILE))
            .map(|(body, expected)| check(body, *expected))
            .buffer_unordered(4)
            .filter_map(std::future::ready)
            .collect(),
    );
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), HOSTILE.len(), wrong.join("\n\n"));
}

#[test]
fn a_thread_that_does_not_come_back_is_left_behind() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // As long as it takes, it goes on beside the other tests.
    let body = "return /^(a+)+$/.test('a'.repeat(17) + '!')";
    let setup = setup(body, Duration::from_millis(1), Isolation::Thread);
    let mut converter = ContainedConverter::new(setup);
    let error = runtime.block_on(converter.convert(page("bad"))).unwrap_err();
    assert!(matches!(error, WorkerError::Converter(ConverterError::Limit(_, Timeout, _))), "{error:?}");
    runtime.shutdown_background();
}

/// Members of objects are memory too: what pages of many columns leave behind is collected before it comes to the limit.
#[cfg(target_os = "linux")]
#[test]
fn wide_pages_leave_nothing_behind() {
    let home = crate::support::Home::new();
    let row: Vec<String> = (0..500).map(|at| format!("\"column_{at}\":{at}")).collect();
    let n_rows = all_or(400, 2_000);
    home.write("data/rows.ndjson", &format!("{{{}}}\n", row.join(",")).repeat(n_rows));
    home.write(
        "p.yaml",
        "datasource: { kind: file, folder: data, page_size: 100 }
query: { path: rows.ndjson }
converter:
  limits: { memory: 32MiB }
  script: |
    function convert(json) { return JSON.parse(json); }
sink: { kind: parquet, path: rows }
",
    );
    assert_eq!(home.summary(&["p.yaml"])["tables"][0]["rows"], n_rows);
}
