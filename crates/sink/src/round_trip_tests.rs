//! Rows of any shape come back from typed files as they were.

use std::sync::Arc;

use arrow::{array::RecordBatch, compute::concat_batches};
use pipeline_table::{BatchBuilder, Cell, Columns, cast};
use proptest::prelude::*;

use crate::{Commit, Run, RunWriter, conformance::sink};

fn cells() -> impl Strategy<Value = Cell<'static>> {
    let leaf = prop_oneof![
        Just(Cell::Null),
        any::<bool>().prop_map(Cell::Bool),
        any::<i64>().prop_map(Cell::Int),
        (-100_i64..100).prop_map(Cell::Int),
        any::<f64>().prop_map(Cell::Float),
        "\\PC{0,6}".prop_map(|text| Cell::Text(text.into())),
        (0_i64..1 << 50).prop_map(Cell::Timestamp),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Cell::List),
            prop::collection::vec(("[a-d]", inner), 0..4).prop_map(|members| Cell::Struct(
                members.into_iter().map(|(name, member)| (name.into(), member)).collect()
            )),
        ]
    })
}

type Page = Vec<Vec<(String, Cell<'static>)>>;

fn pages() -> impl Strategy<Value = Vec<Page>> {
    let row = prop::collection::vec(("[p-s]", cells()), 0..4);
    prop::collection::vec(prop::collection::vec(row, 0..4), 0..5)
}

fn batch(rows: &[Vec<(String, Cell<'static>)>]) -> pipeline_table::Batch {
    let mut builder = BatchBuilder::new(Arc::default());
    for row in rows {
        for (name, cell) in row {
            builder.push(name, cell.clone()).unwrap();
        }
        builder.end_row().unwrap();
    }
    builder.finish().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever pages come, and however few rows fit into memory, a file has the rows that one batch of all would have.
    #[test]
    fn files_hold_exactly_the_rows(pages in pages(), buffer in 1_usize..6) {
        // Parquet has no rows without columns.
        prop_assume!(pages.iter().flatten().any(|row| !row.is_empty()));
        for kind in ["parquet", "arrow"] {
            let home = tempfile::tempdir().unwrap();
            let path = home.path().join(format!("t.{kind}"));
            let sink = sink(&format!("{{kind: {kind}, path: '{}'}}", path.display())).unwrap();
            let run = (Run::default(), buffer);
            let mut writer = RunWriter::with_buffer(sink, &Default::default(), run).unwrap();
            for page in &pages {
                writer.write(batch(page)).unwrap();
            }
            writer.commit(Commit::default()).unwrap();

            let whole = batch(&pages.concat());
            let expected = cast(&whole, &whole.columns().published()).unwrap();
            let found = read(kind, &path);
            prop_assert_eq!(found.num_rows(), expected.num_rows());
            prop_assert_eq!(&Columns::from_schema(found.schema_ref()).unwrap(), &whole.columns().published());
            prop_assert_eq!(found.columns(), expected.columns());
        }
    }
}

fn read(kind: &str, path: &std::path::Path) -> RecordBatch {
    let file = std::fs::File::open(path).unwrap();
    let batches: Vec<RecordBatch> = match kind {
        "parquet" => {
            let builder =
                parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
            let schema = builder.schema().clone();
            let mut batches = vec![RecordBatch::new_empty(schema)];
            batches.extend(builder.build().unwrap().map(Result::unwrap));
            batches
        }
        _ => {
            let reader = arrow::ipc::reader::FileReader::try_new(file, None).unwrap();
            let mut batches = vec![RecordBatch::new_empty(reader.schema())];
            batches.extend(reader.map(Result::unwrap));
            batches
        }
    };
    concat_batches(&batches[0].schema(), &batches).unwrap()
}
