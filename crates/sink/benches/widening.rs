//! Measures what it costs that types widen in mid-run: rows that went to the file are read back and written again,
//! or all rows wait on disk for the end.
//!
//! `cargo bench -p pipeline-sink --bench widening -- 1000000`

use std::{
    borrow::Cow,
    io::{self, Write},
    path::PathBuf,
    sync::Arc,
    time::Instant,
};

use pipeline_config::{Environment, Reader, Section, Style};
use pipeline_sink::{Commit, KINDS, Output, Run, RunWriter, Sink, SinkError, Writer};
use pipeline_table::{Batch, BatchBuilder, Cell, Columns, DeclaredColumns, TableError};

/// Rows of one page.
const PAGE_ROWS: usize = 1000;

type Failure = Box<dyn std::error::Error>;

/// A sink whose rows all wait for the end of the run.
#[derive(Debug)]
struct Spooling(Arc<dyn Sink>);

struct SpoolingOutput(Box<dyn Output>);

impl Sink for Spooling {
    fn target(&self) -> Cow<'_, str> {
        self.0.target()
    }

    fn open(&self, run: &Run) -> Result<Box<dyn Output>, SinkError> {
        Ok(Box::new(SpoolingOutput(self.0.open(run)?)))
    }
}

impl Output for SpoolingOutput {
    fn create(
        &mut self,
        columns: &Columns,
        pairs: &[(String, String)],
    ) -> Result<Box<dyn Writer>, SinkError> {
        self.0.create(columns, pairs)
    }

    fn scratch(&self) -> PathBuf {
        self.0.scratch()
    }
}

fn sink(yaml: &str) -> Result<Arc<dyn Sink>, Failure> {
    let reader = Reader::new(Environment::empty());
    let sink = reader.parse("bench.yaml", yaml).and_then(|node| {
        let (section, kind) = Section::read_kind(&reader, &node, KINDS, "sink")?;
        (kind.build)(&section)
    });
    Ok(reader.finish(sink, Style::Plain)?)
}

/// A page like those of an issue tracker; from `widen_at` on, one column is text instead of a number.
fn page(first: usize, widen_at: usize) -> Result<Batch, TableError> {
    let mut builder = BatchBuilder::new(DeclaredColumns::default().into());
    for row in first..first + PAGE_ROWS {
        builder.push("key", Cell::Text(format!("ABC-{row}").into()))?;
        builder.push("status", Cell::Text(Cow::Borrowed(["To Do", "In Progress", "Done"][row % 3])))?;
        builder.push("points", Cell::Int((row % 13) as i64))?;
        builder.push("at", Cell::Timestamp(1_700_000_000_000_000 + row as i64))?;
        let text = format!("issue {row} {}", "lorem ipsum dolor sit amet ".repeat(row % 5));
        builder.push("summary", Cell::Text(text.into()))?;
        let value = if row < widen_at { Cell::Int(row as i64) } else { Cell::Text(format!("n{row}").into()) };
        builder.push("value", value)?;
        builder.end_row()?;
    }
    builder.finish()
}

fn main() -> Result<(), Failure> {
    let n_rows: usize = std::env::args()
        .filter(|word| word != "--bench")
        .nth(1)
        .map_or(Ok(1_000_000), |text| text.parse())?;
    let home = tempfile::tempdir()?;
    let mut stdout = io::stdout().lock();
    for kind in ["parquet", "arrow"] {
        for (what, widen_at) in [("never", usize::MAX), ("half way", n_rows / 2), ("at the end", n_rows - 1)]
        {
            for way in ["read back", "spool"] {
                let inner = sink(&format!("{{kind: {kind}, path: '{}/rows'}}", home.path().display()))?;
                let sink = if way == "spool" { Arc::new(Spooling(inner)) as Arc<dyn Sink> } else { inner };
                let mut writer = RunWriter::new(sink, Arc::default(), Run::default())?;
                let mut spent = std::time::Duration::ZERO;
                for first in (0..n_rows).step_by(PAGE_ROWS) {
                    let page = page(first, widen_at)?;
                    let started = Instant::now();
                    writer.write(page)?;
                    spent += started.elapsed();
                }
                let started = Instant::now();
                let files = writer.commit(Commit::default())?.files;
                let commit = started.elapsed();
                writeln!(
                    stdout,
                    "{kind:8} widens {what:10} {way:9}  write {:.2} s  commit {:.2} s  sum {:.2} s  {} MB",
                    spent.as_secs_f64(),
                    commit.as_secs_f64(),
                    (spent + commit).as_secs_f64(),
                    files[0].bytes / 1_000_000
                )?;
            }
        }
    }
    Ok(())
}
