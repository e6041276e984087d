//! Which rows of an upsert replace which.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hasher},
};

use arrow::array::{BooleanArray, RecordBatch};
use pipeline_table::ColumnText;

use crate::{error::SinkError, folder::partition::Values};

/// The keys of all rows of a run, 16 bytes each, and the last row that has it.
///
/// The text of a key is hashed twice, to 128 bits: two keys of a billion have the same with a chance below one in
/// 10^20. Texts are those that readers see, so a key stays the same when its column widens from numbers to text.
#[derive(Debug)]
pub(crate) struct Keys {
    names: Vec<String>,
    last: HashMap<u128, u64>,
    n_rows: u64,
}

impl Keys {
    pub(crate) fn new(names: Vec<String>) -> Self {
        Self { names, last: HashMap::new(), n_rows: 0 }
    }

    /// The columns of the key.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Learns the keys of rows that come next.
    ///
    /// # Errors
    /// [`SinkError::Refused`] when a part of a key is null or is not there.
    pub(crate) fn add(&mut self, rows: &RecordBatch, target: &str) -> Result<(), SinkError> {
        let refuse = |problem: String| SinkError::Refused { target: target.to_owned(), problem };
        for (row, hash) in self.hashes(rows, &Values::new())?.into_iter().enumerate() {
            let hash = hash.map_err(|name| {
                refuse(format!(
                    "row {} of the run has no `{name}`, which is part of the `key`",
                    self.n_rows + row as u64 + 1
                ))
            })?;
            self.last.insert(hash, self.n_rows + row as u64);
        }
        self.n_rows += rows.num_rows() as u64;
        Ok(())
    }

    /// Which of the run's rows are the last of their keys; `first` is the number of the first one.
    pub(crate) fn last_ones(&self, rows: &RecordBatch, first: u64) -> Result<BooleanArray, SinkError> {
        let hashes = self.hashes(rows, &Values::new())?;
        let is_last = |(row, hash): (usize, &Result<u128, String>)| match hash {
            Ok(hash) => self.last.get(hash) == Some(&(first + row as u64)),
            Err(_) => true,
        };
        Ok(hashes.iter().enumerate().map(is_last).map(Some).collect())
    }

    /// Which earlier rows stay, because no row of the run has their key; `None` when all of them do.
    pub(crate) fn untouched(
        &self,
        rows: &RecordBatch,
        partition: &Values,
    ) -> Result<Option<BooleanArray>, SinkError> {
        let hashes = self.hashes(rows, partition)?;
        let stays = |hash: &Result<u128, String>| match hash {
            Ok(hash) => !self.last.contains_key(hash),
            Err(_) => true,
        };
        let mask: Vec<bool> = hashes.iter().map(stays).collect();
        Ok(mask.contains(&false).then(|| mask.into()))
    }

    /// The hash of each row's key, or the name of a part that is null.
    fn hashes(&self, rows: &RecordBatch, partition: &Values) -> Result<Vec<Result<u128, String>>, SinkError> {
        let columns = ColumnText::of(rows)?;
        let constant = |name: &String| {
            partition.iter().find(|(partition, _)| partition == name).and_then(|(_, value)| value.as_deref())
        };
        let parts: Vec<(&String, Option<usize>, Option<&str>)> = self
            .names
            .iter()
            .map(|name| (name, rows.schema_ref().index_of(name).ok(), constant(name)))
            .collect();
        let mut text = String::new();
        let hash = |row: usize| {
            text.clear();
            for (name, place, constant) in &parts {
                let start = text.len();
                match (place, constant) {
                    (Some(place), _) if !columns[*place].is_null(row) => {
                        columns[*place].push_plain(row, &mut text);
                    }
                    (None, Some(constant)) => text.push_str(constant),
                    _ => return Err((*name).clone()),
                }
                // With its length, so that moving a letter from one part to the next makes a difference.
                text.push_str(&format!("\0{}\0", text.len() - start));
            }
            Ok(hash_128(&text))
        };
        Ok((0..rows.num_rows()).map(hash).collect())
    }
}

fn hash_128(text: &str) -> u128 {
    let half = |seed: u8| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(seed);
        hasher.write(text.as_bytes());
        u128::from(hasher.finish())
    };
    half(1) << 64 | half(2)
}
