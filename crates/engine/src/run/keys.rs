//! The values of a column on their way to the queries that are asked once per row.

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek, Write},
};

use indexmap::IndexSet;
use pipeline_table::{Batch, ColumnSpec, ColumnText, Columns, Spelled, cast};

use super::{
    RunError,
    exact::{refuse_fractions, refuse_rounded, refuse_spelled},
};

/// Collects one column of a table, in a file without name: a table may have more rows than memory.
#[derive(Debug)]
pub(crate) struct KeyCollector {
    pub(super) table: String,
    pub(super) column: String,
    file: BufWriter<File>,
    n_rows: u64,
    n_pages: usize,
    is_there: bool,
    spelled: Spelled,
    /// The columns so far, for the message when this one never comes.
    known: IndexSet<String>,
}

/// The values of one column, in the order of the rows, nulls left out.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(super) table: String,
    pub(super) column: String,
    file: File,
}

impl KeyCollector {
    pub(crate) fn new(table: &str, column: &str) -> Result<Self, RunError> {
        let file = tempfile::tempfile().map_err(RunError::Scratch)?;
        Ok(Self {
            table: table.to_owned(),
            column: column.to_owned(),
            file: BufWriter::new(file),
            n_rows: 0,
            n_pages: 0,
            is_there: false,
            spelled: Spelled::default(),
            known: IndexSet::new(),
        })
    }

    /// Takes the values of a page.
    pub(crate) fn add(&mut self, page: &Batch) -> Result<(), RunError> {
        let index = self.n_pages;
        self.n_pages += 1;
        self.n_rows += page.n_rows() as u64;
        let Some(spec) = page.columns().iter().find(|spec| spec.name == self.column) else {
            for spec in page.columns().iter() {
                if !self.known.contains(&spec.name) {
                    self.known.insert(spec.name.clone());
                }
            }
            return Ok(());
        };
        self.is_there = true;
        refuse_inexact((index, page), &self.column)?;
        refuse_spelled((index, page), &self.column, (&mut self.spelled, USED_AS))?;
        let only = ColumnSpec { column_type: spec.column_type.published(), ..spec.clone() };
        let values = cast(page, &Columns::new(vec![only]))?;
        let texts = ColumnText::of(&values)?;
        let mut text = String::new();
        for row in (0..values.num_rows()).filter(|row| !texts[0].is_null(*row)) {
            text.clear();
            texts[0].push_plain(row, &mut text);
            // A value of Arrow text is shorter than 2 GiB.
            let length = (text.len() as u32).to_le_bytes();
            let written = self.file.write_all(&length).and_then(|()| self.file.write_all(text.as_bytes()));
            written.map_err(RunError::Scratch)?;
        }
        Ok(())
    }

    /// The values, once all pages have come.
    pub(crate) fn finish(self) -> Result<Keys, RunError> {
        if self.n_rows > 0 && !self.is_there {
            return Err(RunError::NoKeys {
                table: self.table,
                column: self.column,
                known: self.known.into_iter().collect::<Vec<_>>().join("`, `"),
            });
        }
        let rewound = self.file.into_inner().map_err(io::IntoInnerError::into_error).and_then(|mut file| {
            file.rewind()?;
            Ok(file)
        });
        Ok(Keys { table: self.table, column: self.column, file: rewound.map_err(RunError::Scratch)? })
    }
}

const USED_AS: &str = "a value of `for_each`";

/// Refuses values that would ask for something else than the row is about.
pub(crate) fn refuse_inexact(page: (usize, &Batch), column: &str) -> Result<(), RunError> {
    let help = "make it text, or declare it as `decimal` in `columns`";
    refuse_fractions(page, column, (USED_AS, help))?;
    refuse_rounded(page, column, USED_AS)
}

impl Keys {
    /// The values; an error ends them.
    pub(crate) fn read(
        &self,
    ) -> Result<impl Iterator<Item = Result<String, RunError>> + Send + 'static, RunError> {
        let mut file = self.file.try_clone().map_err(RunError::Scratch)?;
        // Clones share their place in the file; tables run one after the other.
        file.rewind().map_err(RunError::Scratch)?;
        let mut file = BufReader::new(file);
        Ok(std::iter::from_fn(move || next(&mut file).map_err(RunError::Scratch).transpose()))
    }
}

fn next(file: &mut impl Read) -> io::Result<Option<String>> {
    let mut length = [0; 4];
    match file.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let mut text = vec![0; u32::from_le_bytes(length) as usize];
    file.read_exact(&mut text)?;
    String::from_utf8(text).map(Some).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pipeline_table::{BatchBuilder, Cell, DeclaredColumns};

    use super::*;

    fn page(column: &str, cells: Vec<Cell<'_>>) -> Batch {
        let mut rows = BatchBuilder::new(Arc::new(DeclaredColumns::default()));
        for cell in cells {
            rows.push(column, cell).unwrap();
            rows.end_row().unwrap();
        }
        rows.finish().unwrap()
    }

    #[test]
    fn values_come_back_in_order_without_nulls() {
        let mut keys = KeyCollector::new("issues", "key").unwrap();
        keys.add(&page("key", vec![Cell::Text("ABC-1".into()), Cell::Null, Cell::Text("é".into())])).unwrap();
        keys.add(&page("key", vec![Cell::Int(7), Cell::Text("x".into())])).unwrap();
        keys.add(&page("other", vec![Cell::Int(8)])).unwrap();
        let keys = keys.finish().unwrap();
        for _ in 0..2 {
            let values: Vec<String> = keys.read().unwrap().map(Result::unwrap).collect();
            assert_eq!(values, ["ABC-1", "é", "7", "x"]);
        }
    }

    #[test]
    fn values_that_are_not_exact_are_refused() {
        let check = |cells: Vec<Cell<'_>>, expected: &str| {
            let mut keys = KeyCollector::new("orders", "id").unwrap();
            keys.add(&page("id", vec![Cell::Int(i64::MAX)])).unwrap();
            let error = keys.add(&page("id", cells)).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        };
        let large = || Cell::Float(9_007_199_254_740_992.0);
        check(vec![Cell::Int(1), large(), large()], "page 2, row 2: `id` has 2 whole numbers beyond 2^53");
        check(vec![Cell::Text("x".into()), large()], "page 2, row 2: `id` has 1 whole number beyond 2^53");
        check(vec![Cell::Null, Cell::Float(1.5)], "page 2, row 2: `id` is 1.5, which is no whole number");
        check(vec![Cell::Float(f64::NAN)], "page 2, row 1: `id` is NaN");
        let mut keys = KeyCollector::new("orders", "id").unwrap();
        keys.add(&page("id", vec![Cell::Text("1.5".into()), Cell::Int(1)])).unwrap();
    }

    #[test]
    fn a_column_that_never_comes_is_an_error_unless_there_are_no_rows() {
        assert!(
            KeyCollector::new("issues", "key").unwrap().finish().unwrap().read().unwrap().next().is_none()
        );
        let mut keys = KeyCollector::new("issues", "key").unwrap();
        keys.add(&page("Key", vec![Cell::Int(8)])).unwrap();
        let error = keys.finish().unwrap_err().to_string();
        assert_eq!(error, "the table `issues` has no column `key` for `for_each`; it has `Key`");
    }
}
