//! Measures upserts: what a run costs that changes few rows of a large table, by how many files these are in.
//!
//! `cargo bench -p pipeline-sink --bench upsert -- 1000000 10000`

use std::{
    io::{self, Write},
    sync::Arc,
    time::Instant,
};

use pipeline_config::{Environment, Reader, Section, Style};
use pipeline_sink::{Commit, KINDS, Run, RunWriter, Sink};
use pipeline_table::{BatchBuilder, Cell, DeclaredColumns};

type Failure = Box<dyn std::error::Error>;

fn sink(yaml: &str) -> Result<Arc<dyn Sink>, Failure> {
    let reader = Reader::new(Environment::empty());
    let sink = reader.parse("bench.yaml", yaml).and_then(|node| {
        let (section, kind) = Section::read_kind(&reader, &node, KINDS, "sink")?;
        (kind.build)(&section)
    });
    Ok(reader.finish(sink, Style::Plain)?)
}

/// One run with a row for each of these keys; says how long it took and how many files it wrote.
fn run(sink: &Arc<dyn Sink>, id: &str, keys: impl Iterator<Item = usize>) -> Result<(f64, usize), Failure> {
    let started = Instant::now();
    let run = Run { id: id.to_owned(), ..Run::default() };
    let mut writer = RunWriter::new(Arc::clone(sink), Arc::default(), run)?;
    let declared: Arc<DeclaredColumns> = Arc::default();
    let mut page = BatchBuilder::new(Arc::clone(&declared));
    for key in keys {
        page.push("key", Cell::Text(format!("ABC-{key}").into()))?;
        page.push("run", Cell::Text(id.to_owned().into()))?;
        page.push("summary", Cell::Text(format!("issue {key} {}", "lorem ipsum ".repeat(key % 9)).into()))?;
        page.end_row()?;
        if page.n_rows() == 1000 {
            writer.write(std::mem::replace(&mut page, BatchBuilder::new(Arc::clone(&declared))).finish()?)?;
        }
    }
    writer.write(page.finish()?)?;
    let committed = writer.commit(Commit::default())?;
    Ok((started.elapsed().as_secs_f64(), committed.files.len()))
}

fn main() -> Result<(), Failure> {
    let argument = |index, default| {
        std::env::args().filter(|word| word != "--bench").nth(index).map_or(Ok(default), |text| text.parse())
    };
    let (n_rows, n_changed): (usize, usize) = (argument(1, 1_000_000)?, argument(2, 10_000)?);
    let mut stdout = io::stdout().lock();
    for size in ["512MiB", "2MiB"] {
        let home = tempfile::tempdir()?;
        let path = home.path().join("t");
        let settings = format!("mode: upsert, key: [key], target_file_size: {size}");
        let sink = sink(&format!("{{kind: parquet, path: '{}', {settings}}}", path.display()))?;
        let mut show = |what: &str, (seconds, n_files): (f64, usize)| {
            writeln!(stdout, "{size:7} {what:32} {seconds:.2} s  {n_files} files written")
        };
        show("first load", run(&sink, "r1", 0..n_rows)?)?;
        show("changes of the last rows", run(&sink, "r2", n_rows - n_changed..n_rows)?)?;
        show("changes spread over all rows", run(&sink, "r3", (0..n_rows).step_by(n_rows / n_changed))?)?;
        show("new rows alone", run(&sink, "r4", n_rows..n_rows + n_changed)?)?;
    }
    Ok(())
}
