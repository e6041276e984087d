//! What is odd about the rows of a table as a whole: declared columns that none has, and values that have lost something.

use indexmap::{IndexMap, IndexSet};
use pipeline_table::{
    Batch, ColumnType, Columns, DeclaredColumns, JsonValues, Loss, Rounded, undefined_warnings,
};

/// More names than this say nothing to people.
const MAX_KNOWN: usize = 1_000;

/// What all pages of a table have had so far.
#[derive(Debug, Default)]
pub(crate) struct Presence {
    /// The declared columns that no row has had; `None` before the first row.
    absent: Option<IndexSet<String>>,
    /// The columns of the rows.
    known: IndexSet<String>,
    /// For each place in a column the values that have lost something; doubles of scripts are counted apart.
    lost: IndexMap<(String, Loss), Rounded>,
    /// The places where all values have been undefined, with the reason.
    undefined: IndexMap<String, Option<String>>,
    /// The columns of the pages that had rows.
    columns: Columns,
}

impl Presence {
    /// Adds the rows of a page.
    pub(crate) fn add(&mut self, batch: &Batch) {
        for (path, lost) in &batch.outcome().lost {
            for lost in lost {
                let of_all = self.lost.entry((path.clone(), lost.loss));
                of_all.and_modify(|known| known.add(lost)).or_insert_with(|| lost.clone());
            }
        }
        self.add_undefined(batch);
        if batch.n_rows() == 0 || self.absent.as_ref().is_some_and(IndexSet::is_empty) {
            return;
        }
        let of_page = &batch.outcome().absent;
        match &mut self.absent {
            Some(absent) => absent.retain(|name| of_page.contains(name)),
            None => self.absent = Some(of_page.iter().cloned().collect()),
        }
        for name in batch.columns().iter().map(|column| &column.name).chain(batch.outcome().left_out.keys()) {
            if self.known.len() < MAX_KNOWN && !self.known.contains(name) {
                self.known.insert(name.clone());
            }
        }
    }

    fn add_undefined(&mut self, batch: &Batch) {
        if batch.n_rows() == 0 {
            return;
        }
        let of_page = &batch.outcome().undefined;
        let is_undefined =
            |path: &String| of_page.contains_key(path) || batch.columns().type_at(path).is_none();
        self.undefined.retain(|path, _| is_undefined(path));
        for (path, why) in of_page {
            if self.undefined.contains_key(path) || self.columns.type_at(path).is_none() {
                let known = self.undefined.entry(path.clone()).or_default();
                *known = known.take().or_else(|| why.clone());
            }
        }
        if self.columns != *batch.columns() {
            self.columns = self.columns.unify(batch.columns());
        }
    }

    /// What to say of all that.
    ///
    /// `columns` are those of all pages, and `json` are the values that become JSON.
    pub(crate) fn warnings(
        &self,
        declared: &DeclaredColumns,
        (columns, json): (&Columns, JsonValues),
    ) -> Vec<String> {
        let known = || self.known.iter().map(String::as_str);
        let absent = self.absent.iter().flatten().filter_map(|name| declared.absence(name, known()));
        let is_text = |path: &str| {
            let found = columns.type_at(path);
            matches!(found, Some(ColumnType::Text | ColumnType::Mixed | ColumnType::Json))
        };
        let lost = self.lost.iter().filter_map(|((path, loss), lost)| match loss {
            Loss::Spelling if is_text(path) => lost.spelling_warning(path, columns),
            Loss::NotFinite if columns.is_json_at(path, json) => lost.not_finite_warning(path, columns),
            _ => lost.warning(path, columns),
        });
        absent.chain(lost).chain(undefined_warnings(&self.undefined)).collect()
    }
}
