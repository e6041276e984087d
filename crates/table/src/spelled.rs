//! Columns that name rows, of which one page has numbers and another one text.

use crate::{
    batch::Batch,
    column_type::ColumnType,
    columns::Columns,
    loss::{Loss, Rounded},
};

/// What the pages so far say of one column: the text of `1.10` is `1.1` where no text stands beside it on its page, and may be
/// another row's as soon as the column is text.
#[derive(Debug, Clone, Default)]
pub struct Spelled {
    is_text: bool,
    /// The first number that is written otherwise than it is printed, and its page.
    first: Option<(usize, Rounded)>,
}

impl Spelled {
    /// What is known of a column before the first page.
    pub fn of(column: &str, earlier: Option<&Columns>) -> Self {
        Self { is_text: earlier.is_some_and(|earlier| is_text(earlier, column)), first: None }
    }

    /// Adds a page; gives the page and the number that is the text of another one now.
    pub fn add(&mut self, index: usize, page: &Batch, column: &str) -> Option<&(usize, Rounded)> {
        self.is_text |= is_text(page.columns(), column);
        let mut lost = page.outcome().lost.get(column).into_iter().flatten();
        if self.first.is_none() {
            let found = lost.find(|lost| lost.loss == Loss::Spelling);
            self.first = found.map(|found| (index, found.clone()));
        }
        self.found()
    }

    /// The same for the pages so far.
    pub fn found(&self) -> Option<&(usize, Rounded)> {
        self.first.as_ref().filter(|_| self.is_text)
    }
}

fn is_text(columns: &Columns, column: &str) -> bool {
    matches!(columns.get(column), Some(ColumnType::Text | ColumnType::Mixed | ColumnType::Json))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{BatchBuilder, Cell, DeclaredColumns};

    fn page(cells: Vec<Cell<'_>>) -> Batch {
        let mut rows = BatchBuilder::new(Arc::new(DeclaredColumns::default()));
        for cell in cells {
            rows.push("id", cell).unwrap();
            rows.end_row().unwrap();
        }
        rows.finish().unwrap()
    }

    #[test]
    fn numbers_and_text_of_several_pages_are_told_in_any_order() {
        let number = |written: &'static str| Cell::Number(written.into());
        let text = |written: &'static str| Cell::Text(written.into());
        let found = |pages: Vec<Vec<Cell<'_>>>| {
            let mut spelled = Spelled::default();
            for (index, cells) in pages.into_iter().enumerate() {
                spelled.add(index, &page(cells), "id");
            }
            spelled.found().map(|(page, first)| (*page, first.value.clone()))
        };
        let first = Some((0, "1.10".to_owned()));
        assert_eq!(found(vec![vec![number("1.10")], vec![Cell::Null], vec![text("1.1")]]), first);
        assert_eq!(found(vec![vec![text("a")], vec![number("7"), number("1e3")]]), Some((1, "1e3".into())));
        assert_eq!(found(vec![vec![number("1.10")], vec![text("a"), number("1.20")]]), first);
        assert_eq!(found(vec![vec![number("1.10")], vec![number("1.1")]]), None);
        assert_eq!(found(vec![vec![number("1.1"), number("7")], vec![text("x")]]), None);
        let earlier = page(vec![text("x")]);
        let mut spelled = Spelled::of("id", Some(earlier.columns()));
        assert!(spelled.add(0, &page(vec![number("1.10")]), "id").is_some());
    }
}
