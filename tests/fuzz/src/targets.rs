//! One function for each reader.

use std::{cell::OnceCell, fs, path::PathBuf, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};
use pipeline_config::{Environment, Node, Reader, Style, Value};
use pipeline_converter::fuzzing as converter;
use pipeline_datasource::fuzzing::{Body, decoded};
use pipeline_engine::{LoadOptions, Registry, Silent, fuzzing as engine, load};
use pipeline_history::Outputs;
use pipeline_query::{Cursor, CursorKind, fuzzing as query};
use pipeline_schedule::Times;
use pipeline_transport::Redactor;

/// What reads an input.
pub type Target = fn(&[u8]);

/// Every target: its name, and what it does with an input.
pub const TARGETS: &[(&str, Target)] = &[
    ("cron", cron),
    ("csv", |data| decoded(Body::Csv, data)),
    ("cursor", cursor),
    ("env", env),
    ("journal", journal),
    ("json", json),
    ("link", |data| with_text(data, query::link)),
    ("manifest", pipeline_sink::fuzzing::manifest),
    ("ndjson", |data| decoded(Body::Ndjson, data)),
    ("packed", |data| decoded(Body::Packed, data)),
    ("pipeline", |data| with_text(data, pipeline)),
    ("script", |data| with_text(data, converter::script)),
    ("tape", converter::tape),
    ("tsv", |data| decoded(Body::Tsv, data)),
    ("wire", wire),
    ("xml", |data| decoded(Body::Xml, data)),
    ("yaml", |data| with_text(data, yaml)),
];

/// The target with this name.
pub fn target(name: &str) -> Option<Target> {
    TARGETS.iter().find(|(known, _)| *known == name).map(|(_, target)| *target)
}

fn with_text(data: &[u8], read: fn(&str)) {
    if let Ok(text) = str::from_utf8(data) {
        read(text);
    }
}

/// The parts before and after the first line's end.
fn parts(data: &[u8]) -> (&[u8], &[u8]) {
    let at = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    (&data[..at], data.get(at + 1..).unwrap_or_default())
}

/// A file whose content is this; one for each thread, in memory where there is such a place.
fn with_file(content: &[u8], name: &str, read: impl FnOnce(PathBuf)) {
    thread_local! {
        static FOLDER: OnceCell<tempfile::TempDir> = const { OnceCell::new() };
    }
    FOLDER.with(|folder| {
        let memory = PathBuf::from("/dev/shm");
        let place = if memory.is_dir() { memory } else { std::env::temp_dir() };
        let folder = folder.get_or_init(|| tempfile::tempdir_in(place).expect("a folder"));
        let path = folder.path().join(name);
        fs::write(&path, content).expect("a file");
        read(path);
    });
}

fn yaml(text: &str) {
    let read = |text: &str| {
        let reader = Reader::new(Environment::empty());
        let node = reader.parse("fuzz.yaml", text);
        if let Some(node) = &node {
            places(&reader, node, &mut 100);
        }
        let rendered = reader.render(Style::Plain);
        assert_eq!(node.is_some(), rendered.is_empty(), "{rendered}");
        node.map(|node| node.meaning(&[]))
    };
    let meaning = read(text);
    // `\r` is an end of a line, too, and what is no YAML without a mark has one within.
    let marked = format!("\u{feff}{}", text.trim_start_matches('\u{feff}'));
    if !text.contains('\u{feff}') {
        assert_eq!(read(&marked), meaning);
    }
}

/// Each node stands somewhere. Lines are counted for some of them only: each time the text is read from its beginning.
fn places(reader: &Reader, node: &Node, n_positions: &mut usize) {
    reader.text(node.span);
    reader.scalar(node);
    if *n_positions > 0 {
        *n_positions -= 1;
        let (_, line, column) = reader.position(node.span);
        assert!(line > 0 && column > 0 && node.span.start <= node.span.end, "{:?}", node.span);
    }
    match &node.value {
        Value::List(items) => items.iter().for_each(|item| places(reader, item, n_positions)),
        Value::Map(entries) => {
            for (key, value) in entries {
                reader.text(key.span);
                places(reader, value, n_positions);
            }
        }
        _ => {}
    }
}

fn pipeline(text: &str) {
    // Patterns of files are looked for while a file is read, in folders that others fill.
    with_file(text.as_bytes(), "fuzz.yaml", |path| {
        let state = path.with_file_name("state");
        let options = LoadOptions {
            environment: Environment::empty().with([("TOKEN".into(), "hunter2-hunter2".into())]),
            params: Vec::new(),
            now: Timestamp::UNIX_EPOCH,
            logins: state.clone(),
            state,
            outputs: Outputs::default(),
            redactor: Redactor::default(),
            observer: Arc::new(Silent),
            style: Style::Plain,
        };
        match load(&Registry::builtin(), &path, &options) {
            Ok(loaded) => assert!(!loaded.plan.name.is_empty()),
            Err(invalid) => {
                assert!(invalid.n_errors > 0);
                assert!(!invalid.rendered.contains("hunter2-hunter2"), "{}", invalid.rendered);
            }
        }
    });
}

fn env(data: &[u8]) {
    with_file(data, ".env", |path| {
        if let Ok(environment) = Environment::empty().with_dotenv(&path) {
            environment.names().for_each(|name| assert!(environment.get(name).is_some()));
        }
    });
}

/// The first line is a selector, the rest a body.
fn json(data: &[u8]) {
    let (selector, body) = parts(data);
    if let Ok(selector) = str::from_utf8(selector) {
        query::selected(selector, body);
    }
}

/// The first byte says whether the rest is a pipe, or a head and, below its line, a body.
fn wire(data: &[u8]) {
    match data.split_first() {
        Some((b'|', pipe)) => converter::answers(pipe),
        _ => {
            let (head, body) = parts(data);
            converter::frame(head, body);
        }
    }
}

const BETWEEN: &[u8] = b"\n--\n";

/// A file, or what its records have, with a line `--` between them: a line of a head, and rows.
fn journal(data: &[u8]) {
    let file = if data.starts_with(b"pipelinejournal") {
        data.to_vec()
    } else {
        let (mut records, mut rest) = (Vec::new(), data);
        while let Some(at) = rest.windows(BETWEEN.len()).position(|bytes| bytes == BETWEEN) {
            records.push(parts(&rest[..at]));
            rest = &rest[at + BETWEEN.len()..];
        }
        records.push(parts(rest));
        engine::journal_of(records)
    };
    with_file(&file, "fuzz.journal", |path| engine::journal(&path));
}

fn cursor(data: &[u8]) {
    with_text(data, |text| {
        for kind in [CursorKind::Time, CursorKind::Integer] {
            if let Some(cursor) = Cursor::parse(text, kind) {
                let shown = cursor.shown(kind);
                assert_eq!(Cursor::parse(&shown, kind), Some(cursor), "{shown}");
            }
        }
    });
}

/// The first line is a cron expression, the second a time zone.
fn cron(data: &[u8]) {
    let (cron, zone) = parts(data);
    let (Ok(cron), Ok(zone)) = (str::from_utf8(cron), str::from_utf8(zone)) else { return };
    let Ok(zone) = TimeZone::get(zone) else { return };
    // croner looks for hours of an empty list through 5,000 years: 0.2 s in a release, many seconds with counters.
    if cron.split_whitespace().any(|field| field.split(',').any(str::is_empty)) {
        return;
    }
    let Ok(times) = Times::parse(cron, zone) else { return };
    times.words();
    let mut moment = Timestamp::UNIX_EPOCH;
    for _ in 0..5 {
        let Some(planned) = times.after(moment) else { return };
        assert!(planned.at > moment, "times go forward");
        moment = planned.at;
    }
}
