//! Rows of another table that all bring the same records: the server may not know the parameter that takes their value.

use pipeline_query::Query;

use crate::{journal::Resumption, summary::Incomplete};

/// What came for one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Brought {
    /// Which row, from 0.
    row: u64,
    /// Names the records of all its pages.
    records: u64,
    n_rows: u64,
}

/// Compares what comes for the rows that `for_each` goes through.
#[derive(Debug)]
pub(super) struct Alike {
    /// The table that is gone through, and the placeholder.
    names: (String, String),
    /// How many queries there are for each row.
    n_windows: u64,
    here: Option<Brought>,
    first: Option<Brought>,
    /// How many rows have brought anything.
    n_bringing: u64,
    /// Whether some brought other records, or their records are not known.
    differ: bool,
}

impl Alike {
    /// For a query that must bring other records for each row; a value in the path is never passed over by a server.
    pub(super) fn of(query: &Query, n_windows: u64) -> Option<Self> {
        let each = query.for_each().filter(|_| query.has_distinct_rows())?;
        Some(Self {
            names: (each.table.value.clone(), format!("${{each.{}}}", each.name)),
            n_windows: n_windows.max(1),
            here: None,
            first: None,
            n_bringing: 0,
            differ: false,
        })
    }

    /// Takes a page that became `n_rows` rows.
    pub(super) fn add(&mut self, place: &Resumption, n_rows: u64) {
        let row = place.part_before() / self.n_windows;
        if self.here.is_some_and(|here| here.row != row) {
            self.end_row();
        }
        let here = self.here.get_or_insert(Brought { row, records: 0, n_rows: 0 });
        let records = place.mark.as_ref().and_then(|mark| mark.values());
        self.differ |= n_rows > 0 && records.is_none();
        here.records = here.records.rotate_left(7) ^ records.unwrap_or(0);
        here.n_rows += n_rows;
    }

    fn end_row(&mut self) {
        let Some(here) = self.here.take().filter(|here| here.n_rows > 0) else { return };
        self.n_bringing += 1;
        let first = self.first.get_or_insert(here);
        self.differ |= (first.records, first.n_rows) != (here.records, here.n_rows);
    }

    /// What is to be said once everything has come. Two rows that bring one and the same record each are no evidence.
    pub(super) fn doubt(&mut self) -> Option<Incomplete> {
        self.end_row();
        let n_rows = self.first.map_or(0, |first| first.n_rows);
        let is_told = self.n_bringing >= 3 || self.n_bringing == 2 && n_rows >= 2;
        let (table, placeholder) = &self.names;
        (is_told && !self.differ).then(|| Incomplete {
            reason: format!(
                "all {} rows of `{table}` that bring anything bring the same records: the server may not know the parameter \
                 that takes `{placeholder}`, and each record is there {} times",
                self.n_bringing, self.n_bringing
            ),
            help: "look up what the API calls it; write `same_page: follow` in `query` if they honestly have the same"
                .into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use pipeline_query::PageMark;

    use super::*;

    /// Pages as (part, hash of the records, rows).
    fn doubt(n_windows: u64, pages: &[(u64, u64, u64)]) -> Option<String> {
        let names = ("issues".to_owned(), "${each.key}".to_owned());
        let mut alike = Alike { names, n_windows, here: None, first: None, n_bringing: 0, differ: false };
        for (part, records, n_rows) in pages {
            let mark = format!(r#"{{"at":1,"values":{records},"n_records":{n_rows}}}"#);
            let mark: Option<PageMark> = (*records > 0).then(|| serde_json::from_str(&mark).unwrap());
            let place = Resumption { mark, ..Resumption::after(1, (*part, 0), None) };
            alike.add(&place, *n_rows);
        }
        alike.doubt().map(|doubt| doubt.reason)
    }

    #[test]
    fn rows_that_all_bring_the_same_are_told() {
        let told = |n_windows, pages: &[_], n: u64| {
            let reason = doubt(n_windows, pages).unwrap_or_else(|| panic!("{pages:?}"));
            assert!(reason.starts_with(&format!("all {n} rows of `issues`")), "{reason}");
            assert!(reason.contains("`${each.key}`"), "{reason}");
        };
        told(1, &[(0, 7, 5), (1, 7, 5)], 2);
        told(1, &[(0, 7, 1), (1, 7, 1), (2, 7, 1)], 3);
        // Some bring nothing; each brings several pages.
        told(1, &[(0, 9, 0), (1, 7, 5), (2, 9, 0), (3, 7, 5), (4, 9, 0)], 2);
        told(1, &[(0, 7, 3), (0, 8, 2), (1, 7, 3), (1, 8, 2)], 2);
        // In windows that differ.
        told(2, &[(0, 7, 3), (1, 8, 2), (2, 7, 3), (3, 8, 2)], 2);
    }

    #[test]
    fn rows_that_bring_other_records_are_not() {
        let silent = |pages: &[_]| assert_eq!(doubt(1, pages), None, "{pages:?}");
        silent(&[]);
        silent(&[(0, 7, 5)]);
        silent(&[(0, 7, 1), (1, 7, 1)]);
        silent(&[(0, 7, 5), (1, 7, 5), (2, 8, 5)]);
        silent(&[(0, 7, 3), (0, 8, 2), (1, 8, 2), (1, 7, 3)]);
        silent(&[(0, 7, 3), (0, 8, 2), (1, 7, 3), (2, 7, 3)]);
        // All empty, or not known.
        silent(&[(0, 7, 0), (1, 7, 0), (2, 7, 0)]);
        silent(&[(0, 0, 5), (1, 0, 5), (2, 0, 5)]);
        silent(&[(0, 7, 5), (1, 7, 5), (2, 0, 5)]);
    }
}
