//! Runs that bring no rows.

use std::fs;

use pipeline_table::{BatchBuilder, Cell, Columns, DeclaredColumn, DeclaredColumns};

use crate::{
    Commit, Committed, Run, RunWriter, SinkError,
    conformance::{page, sink},
};

/// A run of so many rows `{a, b}` into a sink.
fn run(yaml: &str, number: u8, n_rows: i64) -> Result<Committed, SinkError> {
    run_with(yaml, number, (n_rows, DeclaredColumns::default(), None))
}

fn run_with(
    yaml: &str,
    number: u8,
    (n_rows, declared, state): (i64, DeclaredColumns, Option<serde_json::Value>),
) -> Result<Committed, SinkError> {
    let rows: Vec<_> =
        (0..n_rows).map(|n| vec![("a", Cell::Int(n)), ("b", Cell::Text("x, \"y\"".into()))]).collect();
    let id = format!("r{number}");
    let mut writer =
        RunWriter::new(sink(yaml).unwrap(), declared.clone().into(), Run { id, ..Run::default() })?;
    writer.write(page(&declared, &rows))?;
    writer.write(BatchBuilder::new(declared.into()).finish()?)?;
    writer.commit(Commit { state })
}

fn names(columns: &Columns) -> Vec<&str> {
    columns.iter().map(|column| column.name.as_str()).collect()
}

#[test]
fn a_table_keeps_its_columns_when_no_rows_come() {
    for kind in ["parquet", "arrow", "csv"] {
        for target in [
            "out/t",
            "out/t/",
            "out/t, partition_by: b",
            "out/t, mode: append",
            "out/t, mode: upsert, key: a",
            "out/t, mode: snapshot, snapshot_by: run",
        ] {
            if kind == "csv" && target.contains("upsert") {
                // Text files cannot be read back as they were.
                continue;
            }
            let home = tempfile::tempdir().unwrap();
            let (path, options) = target.split_once(", ").unwrap_or((target, ""));
            let yaml = format!("{{kind: {kind}, path: '{}/{path}', {options}}}", home.path().display());
            assert_eq!(run(&yaml, 1, 0).unwrap().files, [], "{yaml}: a first run without rows has no file");
            run(&yaml, 2, 3).unwrap();
            let types = sink(&yaml).unwrap().earlier().unwrap();
            for number in 3..5 {
                run(&yaml, number, 0).unwrap();
                let sink = sink(&yaml).unwrap();
                assert_eq!(sink.earlier().unwrap(), types, "{yaml}");
                assert_eq!(names(&sink.columns_without_rows().unwrap().unwrap()), ["a", "b"], "{yaml}");
            }
            run(&yaml, 5, 2).unwrap();
            assert_eq!(sink(&yaml).unwrap().earlier().unwrap(), types, "{yaml}");
        }
    }
}

#[test]
fn declared_columns_join_those_that_are_there() {
    let home = tempfile::tempdir().unwrap();
    let yaml = format!("{{kind: parquet, path: '{}/t'}}", home.path().display());
    run(&yaml, 1, 3).unwrap();
    let declared = || {
        let column = |name: &str| DeclaredColumn::new(name, pipeline_table::ColumnType::Date);
        DeclaredColumns::new(vec![column("new"), column("b")])
    };
    let files = run_with(&yaml, 2, (0, declared(), None)).unwrap().files;
    assert_eq!((files.len(), files[0].rows), (1, 0));
    let columns = sink(&yaml).unwrap().earlier().unwrap().unwrap();
    assert_eq!(names(&columns), ["a", "b", "new"]);
    assert_eq!(columns.get("b"), Some(&pipeline_table::ColumnType::Date));
}

#[test]
fn rows_go_from_a_file_that_has_no_header() {
    let home = tempfile::tempdir().unwrap();
    let yaml = format!("{{kind: jsonl, path: '{}/t'}}", home.path().display());
    assert_eq!(run(&yaml, 1, 0).unwrap().files, []);
    run(&yaml, 2, 3).unwrap();
    assert_eq!(run(&yaml, 3, 0).unwrap().files[0].bytes, 0);
    assert_eq!(fs::read_to_string(home.path().join("t.jsonl")).unwrap(), "");
}

#[test]
fn a_state_is_kept_without_columns() {
    let home = tempfile::tempdir().unwrap();
    for options in ["mode: append", "mode: append, partition_by: b", "mode: upsert, key: a"] {
        let yaml =
            format!("{{kind: parquet, path: '{}/{}', {options}}}", home.path().display(), options.len());
        let state = Some(serde_json::json!({"cursor": 7}));
        let committed = run_with(&yaml, 1, (0, DeclaredColumns::default(), state.clone())).unwrap();
        assert_eq!(committed.files, [], "{yaml}");
        assert_eq!(sink(&yaml).unwrap().state().unwrap(), state, "{yaml}");
        run(&yaml, 2, 3).unwrap();
        assert_eq!(sink(&yaml).unwrap().state().unwrap(), state, "{yaml}");
    }
}
