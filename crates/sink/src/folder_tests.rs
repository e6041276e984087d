//! What folders of files promise, on this machine and in an object store.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use pipeline_table::{BatchBuilder, Cell, ColumnType, DeclaredColumn, DeclaredColumns, OnError};

use crate::{Commit, Committed, Earlier, Run, RunWriter, Sink, SinkError, conformance::sink};

/// A table and a way to look at it as its readers do.
struct Table {
    sink: Arc<dyn Sink>,
    folder: Option<PathBuf>,
    n_runs: u32,
}

fn run(number: u32) -> Run {
    let started_at = jiff::Timestamp::from_second(1_732_870_000 + i64::from(number) * 86_400).unwrap();
    Run { id: format!("r{number}"), started_at, ..Run::default() }
}

impl Table {
    /// The same table in both kinds of storage.
    fn both(settings: &str) -> Vec<(Self, tempfile::TempDir)> {
        let open = |path: Option<PathBuf>, home: tempfile::TempDir| {
            let shown = path.as_ref().map_or("memory:///t/".into(), |path| path.display().to_string());
            let sink = sink(&format!("{{path: '{shown}', {settings}}}")).unwrap();
            (Self { sink, folder: path, n_runs: 0 }, home)
        };
        let home = tempfile::tempdir().unwrap();
        vec![open(Some(home.path().join("out/t")), home), open(None, tempfile::tempdir().unwrap())]
    }

    fn write(&mut self, rows: &[&str]) -> Result<Committed, SinkError> {
        self.write_declared(&DeclaredColumns::default(), rows)
    }

    /// One run of rows written as JSON, one page per row.
    fn write_declared(&mut self, declared: &DeclaredColumns, rows: &[&str]) -> Result<Committed, SinkError> {
        self.n_runs += 1;
        let mut writer = RunWriter::with_buffer(Arc::clone(&self.sink), declared, (run(self.n_runs), 2))?;
        for row in rows {
            let row: serde_json::Map<String, serde_json::Value> = serde_json::from_str(row).unwrap();
            let mut page = BatchBuilder::new(Arc::clone(writer.declared()));
            for (name, value) in &row {
                page.push(name, cell(value))?;
            }
            page.end_row()?;
            writer.write(page.finish()?)?;
        }
        writer.commit(Commit { state: Some(serde_json::json!({ "run": self.n_runs })) })
    }

    /// The rows that the manifest's files have, sorted, as JSON with the folders they are in.
    fn rows(&self) -> Vec<String> {
        let output = self.sink.open(&run(self.n_runs + 1)).unwrap();
        assert_eq!(output.state(), Some(&serde_json::json!({ "run": self.n_runs })));
        let Some(folder) = &self.folder else { return Vec::new() };
        let manifest: serde_json::Value =
            serde_json::from_slice(&fs::read(folder.join("_manifest.json")).unwrap()).unwrap();
        let mut files: Vec<String> = manifest["files"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| file["path"].as_str().unwrap().to_owned())
            .collect();
        let mut rows: Vec<String> = Vec::new();
        for file in &files {
            let within = file.rsplit_once('/').map_or("", |(folder, _)| folder);
            rows.extend(read(&folder.join(file)).into_iter().map(|row| format!("{within}{row}")));
        }
        rows.sort();
        // Readers that know nothing of manifests find the same files.
        files.sort();
        assert_eq!(visible(folder), files);
        let siblings = fs::read_dir(folder.parent().unwrap()).unwrap().count();
        assert_eq!(siblings, 1, "nothing is left beside the folder");
        rows
    }
}

fn visible(folder: &Path) -> Vec<String> {
    fn walk(folder: &Path, within: &str, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{within}{}", entry.file_name().to_str().unwrap());
            match entry.path().is_dir() {
                true => walk(&entry.path(), &format!("{name}/"), found),
                false if name == "_manifest.json" => {}
                false => found.push(name),
            }
        }
    }
    let mut found = Vec::new();
    walk(folder, "", &mut found);
    found.sort();
    found
}

fn read(path: &Path) -> Vec<String> {
    crate::conformance::read(path)
}

fn cell(value: &serde_json::Value) -> Cell<'static> {
    use serde_json::Value;
    match value {
        Value::Null => Cell::Null,
        Value::Bool(value) => Cell::Bool(*value),
        Value::Number(number) => {
            number.as_i64().map_or_else(|| Cell::Float(number.as_f64().unwrap()), Cell::Int)
        }
        Value::String(text) => Cell::Text(text.clone().into()),
        Value::Array(items) => Cell::List(items.iter().map(cell).collect()),
        Value::Object(members) => {
            Cell::Struct(members.iter().map(|(name, member)| (name.clone().into(), cell(member))).collect())
        }
    }
}

#[test]
fn append_keeps_and_overwrite_replaces() {
    for (mut table, _home) in Table::both("kind: parquet, mode: append") {
        table.write(&[r#"{"id":1}"#, r#"{"id":2}"#]).unwrap();
        let committed = table.write(&[r#"{"id":3}"#]).unwrap();
        assert!(committed.files[0].path.to_str().unwrap().ends_with("t/part-r2-0.parquet"));
        assert!(table.folder.is_none() || table.rows() == [r#"{"id":1}"#, r#"{"id":2}"#, r#"{"id":3}"#]);
    }
    for (mut table, _home) in Table::both("kind: jsonl, partition_by: [run.date]") {
        table.write(&[r#"{"id":1}"#]).unwrap();
        table.write(&[r#"{"id":2}"#]).unwrap();
        let rows = table.rows();
        assert!(table.folder.is_none() || rows == [r#"run_date=2024-12-01{"id":2}"#], "{rows:?}");
    }
}

#[test]
fn rows_that_stay_get_the_columns_and_types_of_those_that_come() {
    for kind in ["parquet", "arrow"] {
        for (mut table, _home) in Table::both(&format!("kind: {kind}, mode: append")) {
            table.write(&[r#"{"id":1,"v":1,"n":null}"#]).unwrap();
            table.write(&[r#"{"id":2,"v":0.5,"new":[1]}"#, r#"{"id":3,"v":2,"n":"x"}"#]).unwrap();
            table.write(&[r#"{"id":4,"v":"text"}"#]).unwrap();
            table.write(&[]).unwrap();
            assert!(
                table.folder.is_none()
                    || table.rows()
                        == [
                            r#"{"id":1,"v":"1","n":null,"new":null}"#,
                            r#"{"id":2,"v":"0.5","n":null,"new":[1]}"#,
                            r#"{"id":3,"v":"2","n":"x","new":null}"#,
                            r#"{"id":4,"v":"text","n":null,"new":null}"#,
                        ],
            );
            let earlier = table.sink.earlier().unwrap().unwrap();
            let types: Vec<_> = earlier.iter().map(|column| column.column_type.name()).collect();
            assert_eq!(types, ["int", "string", "string", "list<int>"]);
        }
    }
}

/// Text and JSON text are one type in Arrow and in Parquet's physical types, and yet not the same.
#[test]
fn text_that_widens_to_json_is_json_in_all_files() {
    for mode in ["mode: append", "mode: upsert, key: [id]"] {
        for kind in ["parquet", "arrow"] {
            for (mut table, _home) in Table::both(&format!("kind: {kind}, {mode}")) {
                table.write(&[r#"{"id":1,"v":"a"}"#, r#"{"id":2,"v":"b"}"#, r#"{"id":3,"v":null}"#]).unwrap();
                table.write(&[r#"{"id":4,"v":{"x":1}}"#]).unwrap();
                table.write(&[r#"{"id":5,"v":"c"}"#]).unwrap();
                let expected = [
                    r#"{"id":1,"v":"a"}"#,
                    r#"{"id":2,"v":"b"}"#,
                    r#"{"id":3,"v":null}"#,
                    r#"{"id":4,"v":{"x":1}}"#,
                    r#"{"id":5,"v":"c"}"#,
                ];
                assert!(
                    table.folder.is_none() || table.rows() == expected,
                    "{kind} {mode}: {:?}",
                    table.rows()
                );
            }
        }
    }
}

/// What has been written in one way stays so in files of text, which are not written again.
#[test]
fn text_files_that_would_have_a_value_in_two_ways_are_refused() {
    let check = |kind: &str, rows: [&str; 2], is_refused: bool| {
        for (mut table, _home) in Table::both(&format!("kind: {kind}, mode: append")) {
            table.write(&[rows[0]]).unwrap();
            let second = table.write(&[rows[1]]).map_err(|error| error.to_string());
            assert_eq!(second.is_err(), is_refused, "{kind} {rows:?}: {second:?}");
            if let Err(error) = second {
                assert!(error.contains("`v` is ") && error.contains("`--full-refresh`"), "{error}");
                // The way out.
                let run = Run { earlier: crate::Earlier::Drop, ..run(9) };
                assert!(RunWriter::new(Arc::clone(&table.sink), Arc::default(), run).is_ok());
            }
        }
    };
    for (rows, in_csv, in_jsonl) in [
        ([r#"{"v":"x"}"#, r#"{"v":{"k":"x"}}"#], true, false),
        ([r#"{"v":"x"}"#, r#"{"v":["x"]}"#], true, false),
        ([r#"{"v":1}"#, r#"{"v":"1"}"#], false, true),
        ([r#"{"v":1.5}"#, r#"{"v":true}"#], false, true),
        ([r#"{"v":[1]}"#, r#"{"v":["1"]}"#], true, true),
        ([r#"{"v":1}"#, r#"{"v":1.5}"#], false, false),
        ([r#"{"v":1}"#, r#"{"v":{"k":1}}"#], false, false),
        ([r#"{"v":null}"#, r#"{"v":{"k":1}}"#], false, false),
        ([r#"{"v":"x"}"#, r#"{"v":1}"#], false, false),
        ([r#"{"v":{"k":1}}"#, r#"{"v":{"k":1,"m":"x"}}"#], false, false),
        ([r#"{"w":1}"#, r#"{"v":"x"}"#], false, false),
    ] {
        check("csv", rows, in_csv);
        check("jsonl", rows, in_jsonl);
        check("parquet", rows, false);
    }
}

/// JSON has members, and rows columns, without a name.
#[test]
fn names_that_are_empty_or_odd_are_read_back() {
    let rows = [r#"{"":1,"s":{"":1,">":{"":[{"a, b: c":1}]}}}"#, r#"{"s":{"\n\"":"x"},"<":[{"":null}]}"#];
    for kind in ["parquet", "arrow", "jsonl"] {
        for (mut table, _home) in Table::both(&format!("kind: {kind}, mode: append")) {
            for _ in 0..2 {
                table.write(&rows).unwrap();
                table.write(&rows[1..]).unwrap();
            }
            assert!(table.folder.is_none() || table.rows().len() == 6, "{kind}: {:?}", table.rows());
        }
    }
}

#[test]
fn keys_and_partitions_are_single_values() {
    let settings = ["mode: upsert, key: [v]", "mode: append, partition_by: [v]"];
    for settings in settings {
        for (mut table, _home) in Table::both(&format!("kind: parquet, {settings}")) {
            let error = table.write(&[r#"{"id":1,"v":"a"}"#, r#"{"id":2,"v":[1]}"#]).unwrap_err().to_string();
            assert!(error.contains("`v`") && error.contains("holds lists or objects"), "{error}");
        }
    }
    for (mut table, _home) in Table::both("kind: parquet, partition_by: [v]") {
        let error = table.write(&[r#"{"id":1,"v":"__HIVE_DEFAULT_PARTITION__"}"#]).unwrap_err();
        assert!(error.to_string().contains("by which readers know null"), "{error}");
    }
}

#[test]
fn a_key_stays_the_same_when_its_decimal_gets_more_digits() {
    for (mut table, _home) in Table::both("kind: parquet, mode: upsert, key: [id]") {
        let declared = |scale| {
            let column_type = ColumnType::Decimal { precision: 19 + scale, scale };
            DeclaredColumns::new(vec![DeclaredColumn::new("id", column_type)])
        };
        table.write_declared(&declared(1), &[r#"{"id":"1.5","v":1}"#, r#"{"id":"2.5","v":1}"#]).unwrap();
        table.write_declared(&declared(2), &[r#"{"id":"1.5","v":2}"#]).unwrap();
        assert!(table.folder.is_none() || table.rows() == [r#"{"id":1.50,"v":2}"#, r#"{"id":2.50,"v":1}"#]);
    }
}

#[test]
fn upsert_replaces_rows_of_the_same_key() {
    let settings = "kind: parquet, mode: upsert, key: [id, part], partition_by: [part]";
    for (mut table, _home) in Table::both(settings) {
        table
            .write(&[
                r#"{"id":1,"part":"a","v":1}"#,
                r#"{"id":2,"part":"a","v":1}"#,
                r#"{"id":1,"part":"b/","v":1}"#,
                r#"{"id":2,"part":"a","v":2}"#,
            ])
            .unwrap();
        if table.folder.is_some() {
            assert_eq!(
                table.rows(),
                [r#"part=a{"id":1,"v":1}"#, r#"part=a{"id":2,"v":2}"#, r#"part=b%2F{"id":1,"v":1}"#]
            );
        }
        let committed =
            table.write(&[r#"{"id":2,"part":"a","v":3,"w":"new"}"#, r#"{"id":9,"part":"c","v":1}"#]);
        // The file of `part=a` was read back and written again without the row that came anew.
        assert_eq!(committed.unwrap().files.iter().map(|file| file.rows).sum::<u64>(), 4);
        if table.folder.is_some() {
            assert_eq!(
                table.rows(),
                [
                    r#"part=a{"id":1,"v":1,"w":null}"#,
                    r#"part=a{"id":2,"v":3,"w":"new"}"#,
                    r#"part=b%2F{"id":1,"v":1,"w":null}"#,
                    r#"part=c{"id":9,"v":1,"w":null}"#,
                ]
            );
        }
        let files = table.write(&[r#"{"id":9,"part":"c","v":2,"w":null}"#]).unwrap().files;
        // Files without such a key are not written again.
        assert_eq!(files.len(), 1);
        let refused = table.write(&[r#"{"id":null,"part":"c"}"#]).unwrap_err().to_string();
        assert!(
            refused.contains("page 1, row 1: there is no `id`, which is a part of the `key`"),
            "{refused}"
        );
    }
}

#[test]
fn a_key_stays_the_same_when_its_column_widens() {
    for (mut table, _home) in Table::both("kind: parquet, mode: upsert, key: [id]") {
        table.write(&[r#"{"id":1,"v":"old"}"#, r#"{"id":2,"v":"old"}"#]).unwrap();
        table.write(&[r#"{"id":"1","v":"new"}"#, r#"{"id":"x","v":"new"}"#]).unwrap();
        assert!(
            table.folder.is_none()
                || table.rows()
                    == [r#"{"id":"1","v":"new"}"#, r#"{"id":"2","v":"old"}"#, r#"{"id":"x","v":"new"}"#]
        );
    }
}

#[test]
fn snapshots_are_dated_and_never_change() {
    for (mut table, _home) in Table::both("kind: parquet, mode: snapshot") {
        table.write(&[r#"{"id":1}"#]).unwrap();
        table.write(&[r#"{"id":"1"}"#]).unwrap();
        if table.folder.is_some() {
            assert_eq!(table.rows(), [r#"snapshot=2024-11-30{"id":1}"#, r#"snapshot=2024-12-01{"id":"1"}"#]);
        }
        table.n_runs = 0;
        let refused = table.write(&[r#"{"id":2}"#]).unwrap_err();
        assert!(refused.to_string().contains("the snapshot `snapshot=2024-11-30` exists"), "{refused}");
    }
}

#[test]
fn files_end_near_the_target_size() {
    for (mut table, _home) in Table::both("kind: jsonl, target_file_size: 100B, mode: append") {
        let rows: Vec<String> =
            (0..20).map(|n| format!("{{\"id\":{n},\"text\":\"{}\"}}", "x".repeat(30))).collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let files = table.write(&rows).unwrap().files;
        assert!((5..=10).contains(&files.len()), "{}", files.len());
        assert_eq!(files.iter().map(|file| file.rows).sum::<u64>(), 20);
        assert!(table.folder.is_none() || table.rows().len() == 20);
    }
}

#[test]
fn evolution_may_be_refused_or_left_out() {
    for (mut table, _home) in Table::both("kind: parquet, mode: append, evolution: freeze") {
        table.write(&[r#"{"id":1,"v":1}"#]).unwrap();
        table.write(&[r#"{"id":2}"#]).unwrap();
        let refused = |row: &str, table: &mut Table| match table.write(&[row]).unwrap_err() {
            SinkError::Table(error) => error.to_string(),
            other => panic!("{other}"),
        };
        assert_eq!(
            refused(r#"{"id":3,"new":1}"#, &mut table),
            "column `new` is new, and `evolution` is `freeze`"
        );
        let expected = "column `v` is a string (\"x\"), but the table has int, and `evolution` is `freeze`";
        assert_eq!(refused(r#"{"id":3,"v":"x"}"#, &mut table), expected);
        table.n_runs = 2;
        assert!(table.folder.is_none() || table.rows() == [r#"{"id":1,"v":1}"#, r#"{"id":2,"v":null}"#]);
    }
    for (mut table, _home) in Table::both("kind: parquet, mode: append, evolution: discard") {
        table.write(&[r#"{"id":1,"v":1}"#]).unwrap();
        table.write(&[r#"{"id":2,"v":"x","new":1}"#]).unwrap();
        assert!(table.folder.is_none() || table.rows() == [r#"{"id":1,"v":1}"#, r#"{"id":2,"v":null}"#]);
    }
}

#[test]
fn a_declared_type_must_hold_the_rows_that_stay() {
    for (mut table, _home) in Table::both("kind: parquet, mode: append") {
        table.write(&[r#"{"id":"a"}"#]).unwrap();
        let declared = DeclaredColumns::new(vec![DeclaredColumn::new("id", ColumnType::Long)]);
        let error = table.write_declared(&declared, &[r#"{"id":1}"#]).unwrap_err();
        let SinkError::Table(error) = error else { panic!("{error}") };
        assert_eq!(error.to_string(), "column `id` is declared int, but the earlier output has string");
        // Rows that stay have no value in a column that is new, required or not.
        table.n_runs = 1;
        let declared = DeclaredColumns::new(vec![DeclaredColumn::new("new", ColumnType::Long).required()]);
        table.write_declared(&declared, &[r#"{"id":"b","new":1}"#]).unwrap();
        assert!(
            table.folder.is_none() || table.rows() == [r#"{"id":"a","new":null}"#, r#"{"id":"b","new":1}"#]
        );
    }
}

/// A run of one row, before its commit.
fn begun(table: &Table, number: u32) -> RunWriter {
    let declared = DeclaredColumns::default();
    let mut writer = RunWriter::with_buffer(Arc::clone(&table.sink), &declared, (run(number), 1)).unwrap();
    let mut page = BatchBuilder::new(Arc::clone(writer.declared()));
    page.push("id", Cell::Int(i64::from(number))).unwrap();
    page.end_row().unwrap();
    writer.write(page.finish().unwrap()).unwrap();
    writer
}

#[test]
fn of_two_runs_at_once_one_wins() {
    for (table, _home) in Table::both("kind: parquet, mode: append") {
        let (first, second) = (begun(&table, 1), begun(&table, 2));
        second.commit(Commit { state: Some(serde_json::json!({ "run": 2 })) }).unwrap();
        let error = first.commit(Commit::default()).unwrap_err();
        assert!(matches!(error, SinkError::Conflict { .. }), "{error}");
        let table = Table { n_runs: 2, sink: Arc::clone(&table.sink), folder: table.folder.clone() };
        assert!(table.folder.is_none() || table.rows() == [r#"{"id":2}"#]);
    }
}

#[test]
fn a_part_that_another_run_has_replaced_is_a_conflict() {
    for (table, _home) in Table::both("kind: parquet, mode: upsert, key: id") {
        begun(&table, 1).commit(Commit::default()).unwrap();
        // The parts that both want to read go with the first commit.
        let (second, third) = (begun(&table, 2), begun(&table, 3));
        let replaces = RunWriter::with_buffer(
            Arc::clone(&table.sink),
            &DeclaredColumns::default(),
            (Run { earlier: Earlier::Drop, ..run(4) }, 1),
        );
        replaces.unwrap().commit(Commit::default()).unwrap();
        for loser in [second, third] {
            let error = loser.commit(Commit::default()).unwrap_err();
            assert!(matches!(error, SinkError::Conflict { .. }), "{error}");
        }
    }
}

#[test]
fn files_of_other_programs_are_not_mixed_in_or_lost() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("t");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("mine.parquet"), "").unwrap();
    let yaml = format!("{{kind: parquet, path: '{}/'}}", folder.display());
    let error = sink(&yaml).unwrap().open(&run(1)).map(drop).unwrap_err().to_string();
    assert!(error.contains("it has `mine.parquet`, which no manifest names"), "{error}");
    fs::rename(folder.join("mine.parquet"), folder.join("README.md")).unwrap();
    let mut table = Table { sink: sink(&yaml).unwrap(), folder: Some(folder.clone()), n_runs: 0 };
    table.write(&[r#"{"id":1}"#]).unwrap();
    table.write(&[r#"{"id":2}"#]).unwrap();
    assert_eq!(visible(&folder), ["README.md", "part-r2-0.parquet"]);
}

#[test]
fn files_that_no_manifest_names_are_refused_where_a_table_begins_and_stay_where_one_is() {
    let own = "part-20241129T104451.887000Z-3f1c-0.parquet";
    let settings = ["mode: append", "mode: upsert, key: id", "mode: overwrite"];
    let names = ["part-00000-0b6c-c000.snappy.parquet", "k=1/part-00001.parquet", own];
    for (mode, name) in settings.iter().flat_map(|mode| names.map(|name| (mode, name))) {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("t");
        fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        fs::write(folder.join(name), "rows").unwrap();
        let sink = sink(&format!("{{kind: parquet, path: '{}/', {mode}}}", folder.display())).unwrap();
        let error = sink.open(&run(1)).map(drop).unwrap_err().to_string();
        assert!(error.contains(&format!("it has `{name}`")) && error.contains("move"), "{mode}: {error}");
        // The run that has written it has not come to its commit.
        let unfinished = vec!["20241129T104451.887000Z-3f1c".to_owned()];
        let opened = sink.open(&Run { unfinished, ..run(1) });
        assert_eq!(opened.is_ok(), name == own, "{mode}: {name}");
        drop(opened);
        fs::rename(folder.join(name), home.path().join("rows")).unwrap();
        let mut table = Table { sink, folder: Some(folder.clone()), n_runs: 0 };
        table.write(&[r#"{"id":1}"#]).unwrap();
        // Older than the next manifest. Folders without files have gone.
        fs::create_dir_all(folder.join(name).parent().unwrap()).unwrap();
        fs::rename(home.path().join("rows"), folder.join(name)).unwrap();
        for id in 2..4 {
            table.write(&[format!("{{\"id\":{id}}}").as_str()]).unwrap();
        }
        assert_eq!(folder.join(name).exists(), name != own, "{mode}: {name}");
    }
}

#[test]
fn two_runs_of_one_id_are_not_in_one_table() {
    for (mut table, _home) in Table::both("kind: parquet, mode: append") {
        table.write(&[r#"{"id":1}"#]).unwrap();
        table.n_runs = 0;
        let refused = table.write(&[r#"{"id":2}"#]).unwrap_err().to_string();
        assert!(refused.contains("it has a run `r1` already"), "{refused}");
    }
}

#[test]
fn rejected_rows_are_beside_the_table() {
    for settings in ["kind: parquet, mode: append", "kind: parquet"] {
        for (mut table, home) in Table::both(settings) {
            if table.folder.is_none() {
                // What is in memory cannot be looked at from another sink.
                continue;
            }
            let declared = || {
                let id = DeclaredColumn::new("id", ColumnType::Long).on_error(OnError::Reject);
                DeclaredColumns::new(vec![id])
            };
            table.write_declared(&declared(), &[r#"{"id":1}"#, r#"{"id":"x","v":2}"#]).unwrap();
            let rejected = fs::read_to_string(home.path().join("out/t.rejected-r1.jsonl")).unwrap();
            assert_eq!(
                rejected,
                "{\"reason\":\"column `id` is a string (\\\"x\\\"), but `columns` declares int\",\
                 \"column\":\"id\",\"page\":2,\"row\":1,\"data\":{\"id\":\"x\",\"v\":2}}\n"
            );
            table.write_declared(&declared(), &[r#"{"id":1}"#]).unwrap();
            assert!(!home.path().join("out/t.rejected-r2.jsonl").exists());
        }
    }
}
