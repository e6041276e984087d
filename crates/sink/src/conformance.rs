//! What every kind of sink must do.

use std::{fs, path::Path, sync::Arc};

use ::arrow::{array::RecordBatch, compute::concat_batches, ipc::reader::FileReader};
use ::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReaderBuilder};
use pipeline_config::{Environment, Reader, Section, Style};
use pipeline_table::{Batch, BatchBuilder, Cell, ColumnText, ColumnType, DeclaredColumn, DeclaredColumns};

use crate::{Commit, KINDS, Run, RunWriter, Sink, SinkError, WrittenFile};

/// The sink of a YAML section, or the diagnostics.
pub(crate) fn sink(yaml: &str) -> Result<Arc<dyn Sink>, String> {
    let reader = Reader::new(Environment::empty());
    let node = reader.parse("pipeline.yaml", yaml).unwrap();
    let sink =
        Section::read_kind(&reader, &node, KINDS, "sink").and_then(|(section, kind)| (kind.build)(&section));
    reader.finish(sink, Style::Plain).map_err(|invalid| invalid.rendered)
}

fn sink_in(folder: &Path, kind: &str) -> Arc<dyn Sink> {
    sink(&format!("{{kind: {kind}, path: '{}/out/Jira issues'}}", folder.display())).unwrap()
}

pub(crate) type Row = Vec<(&'static str, Cell<'static>)>;

pub(crate) fn page(declared: &DeclaredColumns, rows: &[Row]) -> Batch {
    let mut builder = BatchBuilder::new(declared.clone().into());
    for row in rows {
        for (column, cell) in row {
            builder.push(column, cell.clone()).unwrap();
        }
        builder.end_row().unwrap();
    }
    builder.finish().unwrap()
}

/// Writes pages of inferred columns with a buffer of so many rows.
fn write(sink: &Arc<dyn Sink>, pages: &[Vec<Row>], max_buffered_rows: usize) -> WrittenFile {
    let declared = DeclaredColumns::default();
    let mut run = RunWriter::with_buffer(Arc::clone(sink), &declared, (jira(), max_buffered_rows)).unwrap();
    for rows in pages {
        run.write(page(&declared, rows)).unwrap();
    }
    let files = run.commit(Commit::default()).unwrap().files;
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].bytes, fs::metadata(&files[0].path).unwrap().len());
    files[0].clone()
}

fn jira() -> Run {
    Run { metadata: vec![("pipeline".to_owned(), "jira".to_owned())], ..Run::default() }
}

/// The file's rows, one text per row; files of Arrow types as JSON, text files as they are.
pub(crate) fn read(path: &Path) -> Vec<String> {
    let file = fs::File::open(path).unwrap();
    let batches: Vec<RecordBatch> = match path.extension().unwrap().to_str().unwrap() {
        "parquet" => ParquetRecordBatchReaderBuilder::try_new(file)
            .unwrap()
            .build()
            .unwrap()
            .map(Result::unwrap)
            .collect(),
        "arrow" => FileReader::try_new(file, None).unwrap().map(Result::unwrap).collect(),
        _ => return fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect(),
    };
    let mut rows = Vec::new();
    for batch in &batches {
        let columns = ColumnText::of(batch).unwrap();
        for row in 0..batch.num_rows() {
            let mut line = String::from("{");
            for (index, (column, field)) in columns.iter().zip(batch.schema_ref().fields()).enumerate() {
                line.push_str(if index > 0 { "," } else { "" });
                line.push_str(&format!("\"{}\":", field.name()));
                column.push_json(row, &mut line);
            }
            rows.push(line + "}");
        }
    }
    rows
}

fn text(text: &'static str) -> Cell<'static> {
    Cell::Text(text.into())
}

fn object(members: &[(&'static str, Cell<'static>)]) -> Cell<'static> {
    Cell::Struct(members.iter().map(|(name, cell)| ((*name).into(), cell.clone())).collect())
}

/// Pages whose types widen in mid-run: null to text, int to float, a new column, scalars to mixed ones, shapes to JSON.
fn widening_pages() -> Vec<Vec<Row>> {
    vec![
        vec![
            vec![
                ("Issue Key", text("Ä-1")),
                ("points", Cell::Int(1)),
                ("any", Cell::Int(7)),
                ("sprint", Cell::Null),
            ],
            vec![
                ("Issue Key", text("Ä-2")),
                ("points", Cell::Null),
                ("any", object(&[("b", Cell::Int(1)), ("a", Cell::Null)])),
            ],
        ],
        vec![vec![("Issue Key", text("Ä-3")), ("points", Cell::Float(0.5)), ("sprint", text("a,\"b\"\n"))]],
        vec![vec![
            ("Issue Key", text("")),
            ("mixed", Cell::Bool(true)),
            ("when", Cell::Timestamp(1_000_001)),
        ]],
        vec![vec![
            ("Issue Key", text("Ä-5")),
            ("mixed", Cell::Int(5)),
            ("labels", Cell::List(vec![text("x"), Cell::Null])),
        ]],
    ]
}

const WIDENED: [&str; 5] = [
    r#"{"Issue Key":"Ä-1","points":1,"any":7,"sprint":null,"mixed":null,"when":null,"labels":null}"#,
    r#"{"Issue Key":"Ä-2","points":null,"any":{"b":1},"sprint":null,"mixed":null,"when":null,"labels":null}"#,
    r#"{"Issue Key":"Ä-3","points":0.5,"any":null,"sprint":"a,\"b\"\n","mixed":null,"when":null,"labels":null}"#,
    r#"{"Issue Key":"","points":null,"any":null,"sprint":null,"mixed":"true","when":"1970-01-01T00:00:01.000001Z","labels":null}"#,
    r#"{"Issue Key":"Ä-5","points":null,"any":null,"sprint":null,"mixed":"5","when":null,"labels":["x",null]}"#,
];

const WIDENED_CSV: &str = "Issue Key,points,any,sprint,mixed,when,labels\r\n\
    Ä-1,1,7,,,,\r\n\
    Ä-2,,\"{\"\"b\"\":1}\",,,,\r\n\
    Ä-3,0.5,,\"a,\"\"b\"\"\n\",,,\r\n\
    \"\",,,,true,1970-01-01T00:00:01.000001Z,\r\n\
    Ä-5,,,,5,,\"[\"\"x\"\",null]\"\r\n";

#[test]
fn rows_are_the_same_whenever_their_types_widen() {
    for kind in KINDS {
        let folder = tempfile::tempdir().unwrap();
        let sink = sink_in(folder.path(), kind.name);
        for max_buffered_rows in [1, 2, 3, 100] {
            let written = write(&sink, &widening_pages(), max_buffered_rows);
            assert_eq!(written.rows, 5);
            assert_eq!(written.path, folder.path().join(format!("out/Jira issues.{}", kind.name)));
            match kind.name {
                "csv" => assert_eq!(fs::read_to_string(&written.path).unwrap(), WIDENED_CSV),
                _ => assert_eq!(read(&written.path), WIDENED, "{} with {max_buffered_rows}", kind.name),
            }
            assert_eq!(fs::read_dir(folder.path().join("out")).unwrap().count(), 1, "{}", kind.name);
        }
    }
}

#[test]
fn rows_that_do_not_widen_go_straight_through() {
    for kind in KINDS {
        let folder = tempfile::tempdir().unwrap();
        let sink = sink_in(folder.path(), kind.name);
        let pages: Vec<Vec<Row>> = (0..20).map(|n| vec![vec![("n", Cell::Int(n))]]).collect();
        let written = write(&sink, &pages, 3);
        assert_eq!(written.rows, 20);
        let rows = read(&written.path);
        let (first, header) = if kind.name == "csv" { ("0", 1) } else { ("{\"n\":0}", 0) };
        assert_eq!((rows.len(), rows[header].as_str()), (20 + header, first), "{}", kind.name);
    }
}

#[test]
fn a_key_that_comes_first_on_page_900_is_a_column() {
    for kind in KINDS {
        let folder = tempfile::tempdir().unwrap();
        let sink = sink_in(folder.path(), kind.name);
        let mut pages: Vec<Vec<Row>> =
            (0..900).map(|n| vec![vec![("n", Cell::Int(n)), ("null", Cell::Null)], vec![]]).collect();
        pages.push(vec![vec![("late", text("x"))]]);
        let written = write(&sink, &pages, 100);
        assert_eq!(written.rows, 1801);
        let rows = read(&written.path);
        let last = if kind.name == "csv" { ",,x" } else { r#"{"n":null,"null":null,"late":"x"}"# };
        assert_eq!(rows.last().map(String::as_str), Some(last), "{}", kind.name);
    }
}

#[test]
fn a_run_that_is_dropped_leaves_the_old_file() {
    for kind in KINDS {
        let folder = tempfile::tempdir().unwrap();
        let sink = sink_in(folder.path(), kind.name);
        let written = write(&sink, &[vec![vec![("n", Cell::Int(1))]]], 100);
        let old = fs::read(&written.path).unwrap();
        for max_buffered_rows in [1, 100] {
            let declared = DeclaredColumns::default();
            let mut run =
                RunWriter::with_buffer(Arc::clone(&sink), &declared, (jira(), max_buffered_rows)).unwrap();
            for rows in widening_pages() {
                run.write(page(&declared, &rows)).unwrap();
                assert_eq!(fs::read(&written.path).unwrap(), old, "{}", kind.name);
            }
            drop(run);
            assert_eq!(fs::read(&written.path).unwrap(), old, "{}", kind.name);
            assert_eq!(fs::read_dir(folder.path().join("out")).unwrap().count(), 1, "{}", kind.name);
        }
    }
}

#[test]
fn an_empty_run_has_the_declared_columns() {
    let declared = DeclaredColumns::new(vec![
        DeclaredColumn::new("Issue Key", ColumnType::Text).required(),
        DeclaredColumn::new("raw", ColumnType::Json),
    ]);
    for kind in KINDS {
        for declared in [&declared, &DeclaredColumns::default()] {
            let folder = tempfile::tempdir().unwrap();
            let sink = sink_in(folder.path(), kind.name);
            let mut run = RunWriter::with_buffer(sink, declared, (jira(), 1)).unwrap();
            run.write(page(declared, &[])).unwrap();
            let mut files = run.commit(Commit::default()).unwrap().files;
            if declared.as_slice().is_empty() {
                assert_eq!(
                    files,
                    [],
                    "{}: a file without columns is one that most readers do not open",
                    kind.name
                );
                continue;
            }
            let written = files.remove(0);
            assert_eq!(written.rows, 0);
            let header: &[&str] = if kind.name == "csv" { &["Issue Key,raw"] } else { &[] };
            assert_eq!(read(&written.path), header, "{}", kind.name);
        }
    }
}

#[test]
fn rows_without_columns_are_counted_until_columns_come() {
    for kind in KINDS {
        let folder = tempfile::tempdir().unwrap();
        let sink = sink_in(folder.path(), kind.name);
        let pages = [vec![vec![], vec![]], vec![vec![("n", Cell::Null)]], vec![vec![("n", Cell::Int(1))]]];
        let rows = read(&write(&sink, &pages, 1).path);
        match kind.name {
            "csv" => assert_eq!(rows, ["n", "\"\"", "\"\"", "\"\"", "1"]),
            _ => assert_eq!(rows, [r#"{"n":null}"#, r#"{"n":null}"#, r#"{"n":null}"#, r#"{"n":1}"#]),
        }
        assert_eq!(write(&sink, &pages[..1], 100).rows, 2);
    }
}

#[test]
fn a_target_that_cannot_be_written_is_refused_before_the_run() {
    for kind in KINDS {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("out"), "in the way").unwrap();
        let refused = |sink: Arc<dyn Sink>| {
            let error = RunWriter::new(sink, Arc::default(), jira()).unwrap_err();
            assert!(matches!(error, SinkError::Target { .. }), "{error:?}");
        };
        refused(sink_in(folder.path(), kind.name));
        fs::remove_file(folder.path().join("out")).unwrap();
        fs::create_dir_all(folder.path().join(format!("out/Jira issues.{}", kind.name))).unwrap();
        refused(sink_in(folder.path(), kind.name));
    }
}

#[test]
fn a_typed_file_says_who_wrote_it_and_what_the_columns_are() {
    let folder = tempfile::tempdir().unwrap();
    let sink = sink_in(folder.path(), "parquet");
    let written = write(&sink, &widening_pages(), 100);
    let file = fs::File::open(&written.path).unwrap();
    let metadata = ArrowReaderMetadata::load(&file, Default::default()).unwrap();
    let footer = metadata.metadata().file_metadata();
    assert!(footer.created_by().unwrap().starts_with("pipeline version "));
    assert!(footer.key_value_metadata().unwrap().iter().any(|pair| pair.key == "pipeline"));
    assert!(metadata.metadata().row_group(0).column(0).compression_codec().to_string().starts_with("ZSTD"));
    let types: Vec<String> = footer
        .schema_descr()
        .columns()
        .iter()
        .map(|column| format!("{}: {:?}", column.path(), column.logical_type_ref()))
        .collect();
    insta::assert_snapshot!(types.join("\n"), @r#"
    "Issue Key": Some(String)
    "points": None
    "any": Some(Json)
    "sprint": Some(String)
    "mixed": Some(String)
    "when": Some(Timestamp(TimestampType { is_adjusted_to_u_t_c: true, unit: MICROS }))
    "labels.list.element": Some(String)
    "#);

    let arrow = write(&sink_in(folder.path(), "arrow"), &widening_pages(), 100);
    let arrow = FileReader::try_new(fs::File::open(&arrow.path).unwrap(), None).unwrap();
    assert_eq!(arrow.schema().metadata().get("pipeline").map(String::as_str), Some("jira"));
    let batches: Vec<RecordBatch> = arrow.map(Result::unwrap).collect();
    let plain = concat_batches(batches[0].schema_ref(), &batches).unwrap();
    let parquet = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let parquet = parquet.map(Result::unwrap).next().unwrap();
    assert_eq!(parquet.columns(), plain.columns());
}

#[test]
fn mistakes_in_the_section_are_shown_where_they_stand() {
    let mistakes = [
        "kind: parquet\npath: out/jira.csv\n",
        "kind: csv\npath: ftp://host/jira\nmode: merge\ncompression: zstd\n",
        "kind: csv\npath: ''\n",
        "kind: csv\npath: ${NOT_SET}\n",
        "kind: csv\npath: out/x.csv\nmode: upsert\nkey: [id]\n",
        "kind: parquet\npath: x\nmode: upsert\ncompression: lz4\ncompression_level: 3\n",
        "kind: parquet\npath: '-'\nkey: [id]\npartition_by: [id]\n",
        "kind: parquet\npath: s3:///x\n",
    ];
    let shown: Vec<String> = mistakes.iter().map(|yaml| sink(yaml).unwrap_err()).collect();
    insta::assert_snapshot!(shown.join("\n"));
    assert_eq!(sink("kind: jsonl\npath: out/jira/\n").unwrap().target(), "out/jira/");
}
