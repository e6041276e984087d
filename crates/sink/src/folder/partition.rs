//! Hive's folders: `status=Done/day=2024-11-29/`.

use arrow::{
    array::{RecordBatch, UInt32Array},
    compute::take_record_batch,
};
use indexmap::IndexMap;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use pipeline_table::{ColumnText, Columns, TableError};

use crate::format::Failure;

/// The name and the text of each partition, outermost first; null is `None`.
pub(crate) type Values = Vec<(String, Option<String>)>;

/// What Hive writes where a value is null.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// What Hive encodes in the names of folders, and what would be a name with another meaning.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'\'')
    .add(b'*')
    .add(b'/')
    .add(b':')
    .add(b'=')
    .add(b'?')
    .add(b'\\')
    .add(b'{')
    .add(b'}')
    .add(b'[')
    .add(b']')
    .add(b'^')
    .add(b'<')
    .add(b'>')
    .add(b'|');

/// File systems take names of 255 bytes.
const MAX_NAME_BYTES: usize = 200;

/// Where the value of a partition comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// The column of its name.
    Column,
    /// The run.
    Fixed(String),
}

/// How one run's rows are split.
#[derive(Debug, Clone)]
pub(crate) struct Partitions {
    list: Vec<(String, Source)>,
}

impl Partitions {
    pub(crate) fn new(list: Vec<(String, Source)>) -> Self {
        Self { list }
    }

    /// The values that the run alone decides.
    pub(crate) fn fixed(&self) -> Values {
        let fixed = |(name, source): &(String, Source)| match source {
            Source::Fixed(value) => Some((name.clone(), Some(value.clone()))),
            Source::Column => None,
        };
        self.list.iter().filter_map(fixed).collect()
    }

    /// The values of a file without rows.
    pub(crate) fn of_nothing(&self) -> Values {
        let value = |(name, source): &(String, Source)| match source {
            Source::Fixed(value) => (name.clone(), Some(value.clone())),
            Source::Column => (name.clone(), None),
        };
        self.list.iter().map(value).collect()
    }

    /// The columns that are not in the files.
    pub(crate) fn columns(&self) -> Vec<String> {
        let is_column = |(_, source): &&(String, Source)| *source == Source::Column;
        self.list.iter().filter(is_column).map(|(name, _)| name.clone()).collect()
    }

    /// Whether rows of these columns can be split; or why not.
    pub(crate) fn check(&self, columns: &Columns) -> Result<(), String> {
        if columns.is_empty() {
            // A run without rows has nothing to split.
            return Ok(());
        }
        for name in self.columns() {
            let Some(column_type) = columns.get(&name) else {
                return Err(format!("`partition_by` names `{name}`, which is no column of the rows"));
            };
            if !column_type.is_scalar() {
                return Err(format!("`partition_by` names `{name}`, which holds lists or objects"));
            }
        }
        for (name, _) in self.list.iter().filter(|(_, source)| *source != Source::Column) {
            if columns.get(name).is_some() {
                return Err(format!("the rows have a column `{name}`, which is the name of a partition"));
            }
        }
        if columns.without(&self.columns()).is_empty() {
            return Err("`partition_by` names all columns, and nothing is left for the files".into());
        }
        Ok(())
    }

    /// The rows of each partition, without its columns, in their order.
    pub(crate) fn split(&self, rows: &RecordBatch) -> Result<Vec<(Values, RecordBatch)>, Failure> {
        let columns = self.columns();
        if columns.is_empty() {
            return Ok(vec![(self.fixed(), rows.clone())]);
        }
        // Rows of a run without any may lack the columns, too.
        if rows.num_rows() == 0 {
            return Ok(Vec::new());
        }
        let texts = ColumnText::of(rows).map_err(|error: TableError| Box::new(error))?;
        let places: Vec<usize> =
            columns.iter().map(|name| rows.schema_ref().index_of(name)).collect::<Result<_, _>>()?;
        let mut groups: IndexMap<Vec<Option<String>>, Vec<u32>> = IndexMap::new();
        for row in 0..rows.num_rows() {
            let value = |place: &usize| {
                let column = &texts[*place];
                (!column.is_null(row)).then(|| {
                    let mut text = String::new();
                    column.push_plain(row, &mut text);
                    text
                })
            };
            let values: Vec<Option<String>> = places.iter().map(value).collect();
            groups.entry(values).or_default().push(u32::try_from(row)?);
        }
        let kept: Vec<usize> = (0..rows.num_columns()).filter(|index| !places.contains(index)).collect();
        let rest = rows.project(&kept)?;
        let part = |(values, indices): (Vec<Option<String>>, Vec<u32>)| {
            let rows = match indices.len() == rest.num_rows() {
                true => rest.clone(),
                false => take_record_batch(&rest, &UInt32Array::from(indices))?,
            };
            Ok((self.named(values), rows))
        };
        groups.into_iter().map(part).collect()
    }

    /// The values of the columns in their places among those of the run.
    fn named(&self, values: Vec<Option<String>>) -> Values {
        let mut values = values.into_iter();
        let named = |(name, source): &(String, Source)| match source {
            Source::Fixed(value) => (name.clone(), Some(value.clone())),
            Source::Column => (name.clone(), values.next().flatten()),
        };
        self.list.iter().map(named).collect()
    }
}

/// The folder of a partition, `a=1/b=2/`; empty without partitions.
///
/// # Errors
/// A sentence on a value that no folder can be named by.
pub(crate) fn folder(values: &Values) -> Result<String, String> {
    let mut folder = String::new();
    for (name, value) in values {
        if value.as_deref() == Some(NULL) {
            return Err(format!(
                "`partition_by` names `{name}`, and a row has the text `{NULL}` there, by which readers know null; return \
                 null or another text for it"
            ));
        }
        let encode = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
        let value = value.as_deref().map_or_else(|| NULL.to_owned(), encode);
        let name = encode(name);
        if name.len() + value.len() > MAX_NAME_BYTES {
            return Err(format!("a value of the partition `{name}` is too long for the name of a folder"));
        }
        folder.push_str(&format!("{name}={value}/"));
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_named_as_hive_names_them() {
        let check = |value: Option<&str>, expected: &str| {
            let values = vec![("a b".to_owned(), value.map(str::to_owned))];
            assert_eq!(folder(&values).unwrap(), expected);
        };
        check(Some("Done"), "a b=Done/");
        check(None, "a b=__HIVE_DEFAULT_PARTITION__/");
        check(Some("../x=1%:é"), "a b=..%2Fx%3D1%25%3A%C3%A9/");
        assert!(folder(&vec![("a".into(), Some("x".repeat(300)))]).is_err());
        let error = folder(&vec![("a".into(), Some(NULL.to_owned()))]).unwrap_err();
        assert!(error.contains("return null or another text"), "{error}");
    }
}
