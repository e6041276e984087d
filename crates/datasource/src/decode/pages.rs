//! What the CSV of one query has in common, and what its headers are held against: any line is a header of some sort.

use std::{
    collections::{HashMap, HashSet},
    io,
    sync::{Arc, OnceLock},
};

use pipeline_query::{Delimiter, KnownColumns};

use super::csv::wrong;

/// What all bodies or files of one query have in common.
#[derive(Debug, Clone)]
pub(crate) struct CsvPages {
    /// What the query says.
    pub(super) delimiter: Option<Delimiter>,
    /// What separates the fields where neither the query nor the body says it; a comma without it.
    pub(super) usual: Option<Delimiter>,
    /// What else is known of the header.
    columns: KnownColumns,
    /// The header that came first of the pages that must have columns in common with each other: all those of a query, or those of one
    /// row of `for_each`, whose tables may differ.
    first: Arc<OnceLock<Vec<String>>>,
    pub(crate) told: Told,
    /// How many bytes a record may have.
    pub(super) max_record: u64,
    /// How many bytes the records of a body may have as JSON.
    pub(super) max_json: u64,
}

/// The beginning of a name.
fn cut(name: &str) -> String {
    name.chars().take(100).collect()
}

impl Default for CsvPages {
    fn default() -> Self {
        Self::new(None, KnownColumns::default(), Told::default())
    }
}

/// Who says that a body is CSV.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Told {
    /// The author of the query, or the name of a file.
    #[default]
    ByUser,
    /// `Content-Type`, which error pages often have of the pages that they stand for.
    ByServer,
}

impl CsvPages {
    pub(crate) fn new(delimiter: Option<Delimiter>, columns: KnownColumns, told: Told) -> Self {
        let first = Arc::clone(columns.first_header());
        Self { delimiter, usual: None, columns, first, told, max_record: u64::MAX, max_json: u64::MAX }
    }

    /// The same where the user says that they are CSV.
    pub(crate) fn by_user(self) -> Self {
        Self { told: Told::ByUser, ..self }
    }

    /// The same where a record has no more bytes than this.
    pub(crate) fn with_records_up_to(self, max_record: u64) -> Self {
        Self { max_record, ..self }
    }

    /// The same where the records of a body have no more bytes than this as JSON.
    pub(crate) fn with_json_up_to(self, max_json: u64) -> Self {
        Self { max_json, ..self }
    }

    /// The same for the pages of one query of several that need not be alike.
    pub(crate) fn apart(self) -> Self {
        Self { first: Arc::default(), ..self }
    }

    /// The same where fields are separated so unless somebody says otherwise.
    pub(crate) fn usually(&self, usual: Delimiter) -> Self {
        Self { usual: Some(usual), ..self.clone() }
    }

    /// Whether they are files.
    pub(super) fn are_of_files(&self) -> bool {
        self.max_record != u64::MAX
    }

    /// The names of a header, each but the first of several that are the same with a number behind it, as Jira's exports need it.
    pub(super) fn distinct(&self, header: Vec<String>) -> Vec<String> {
        let mut taken: HashSet<String> = header.iter().cloned().collect();
        if taken.len() == header.len() {
            return header;
        }
        let (mut numbers, mut first) = (HashMap::<String, usize>::new(), None);
        let mut named = |name: String| -> String {
            let number = numbers.entry(name.clone()).or_insert(0);
            *number += 1;
            if *number == 1 {
                return name;
            }
            let mut own = format!("{name}_{number}");
            while !taken.insert(own.clone()) {
                *number += 1;
                own = format!("{name}_{number}");
            }
            first.get_or_insert_with(|| (name, own.clone()));
            own
        };
        let named: Vec<String> = header.iter().cloned().map(&mut named).collect();
        if let Some((name, own)) = first {
            let n_columns = header.iter().filter(|other| **other == name).count();
            self.columns.rename((&cut(&name), &cut(&own)), n_columns);
        }
        named
    }

    /// A header without any column of the first one is no header: exports that were cut into pieces have one in the first
    /// piece alone, and a record would be lost for every other piece.
    pub(super) fn check_header(&self, header: &[String]) -> io::Result<()> {
        if header.is_empty() {
            return Ok(());
        }
        self.columns.first_header().get_or_init(|| header.to_vec());
        let first = self.first.get_or_init(|| header.to_vec());
        // Each name is looked up in a set: a header may have as many columns as fit into a page.
        let known: HashSet<&String> = first.iter().collect();
        if header.iter().any(|name| known.contains(name)) {
            return Ok(());
        }
        Err(wrong(format!(
            "the header has none of the first page's columns ({}): its first line, `{}`, may be data, and each page or file \
             needs a header",
            shown(first),
            shown(header)
        )))
    }

    /// A header of one column that is a sentence, where the columns of the table are known, is a message.
    pub(super) fn check_message(&self, header: &[String]) -> io::Result<()> {
        if is_sentence(header) { self.check_known(header, self.before()) } else { Ok(()) }
    }

    /// The header that has come before.
    pub(super) fn before(&self) -> &[String] {
        self.columns.first_header().get().map_or(&[], Vec::as_slice)
    }

    /// A line without records below it is the header of a table without rows, or a message: `Internal error`.
    pub(super) fn check_alone(&self, header: &[String], before: &[String]) -> io::Result<()> {
        self.check_known(header, before)?;
        let is_known = header.is_empty() || !before.is_empty() || !self.columns.names().is_empty();
        if is_known || self.told == Told::ByUser || !is_sentence(header) {
            return Ok(());
        }
        Err(wrong(format!(
            "it is one line, `{}`, which looks like a message and not like a header; write `decode: csv` in `query` if it is \
             the header of a table without rows",
            shown(header)
        )))
    }

    /// A line without any of the columns that are known is no header.
    fn check_known(&self, header: &[String], before: &[String]) -> io::Result<()> {
        let bare = |name: &String| name.trim().to_ascii_lowercase();
        let own: HashSet<String> = header.iter().map(bare).collect();
        let has_any = |known: &[String]| known.iter().any(|name| own.contains(&bare(name)));
        if has_any(before) {
            return Ok(());
        }
        let names = self.columns.names();
        let known = if names.is_empty() { before } else { names };
        if known.is_empty() || header.is_empty() || has_any(known) {
            return Ok(());
        }
        Err(wrong(format!(
            "its first line, `{}`, has none of the columns that the table has ({}), so it is a message and no header; where \
             all columns have got other names, `--full-refresh` begins anew",
            shown(header),
            shown(known)
        )))
    }

    /// A single column whose name has another delimiter is a row that was not cut.
    pub(super) fn check_delimiter(&self, header: &[String], used: u8) -> io::Result<()> {
        let ([name], None) = (header, self.delimiter) else { return Ok(()) };
        let n_of = |other: Delimiter| name.bytes().filter(|byte| *byte == other.byte()).count();
        let others = Delimiter::ALL.into_iter().filter(|other| other.byte() != used && n_of(*other) > 0);
        match others.max_by_key(|other| n_of(*other)) {
            None => Ok(()),
            Some(other) => Err(wrong(format!(
                "the header is one column, `{}`; write `delimiter: {}` in `query`, or `delimiter: comma` if that is its name",
                name.escape_debug(),
                other.name()
            ))),
        }
    }
}

/// Whether a header is one column, whose name has several words.
fn is_sentence(header: &[String]) -> bool {
    matches!(header, [name] if name.split_whitespace().count() > 1)
}

/// The names of a header for a message.
fn shown(header: &[String]) -> String {
    const N_SHOWN: usize = 8;
    let shown = header.iter().take(N_SHOWN).map(String::as_str).collect::<Vec<_>>().join(",");
    if header.len() > N_SHOWN { format!("{shown},…") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::csv::tests::read_page;

    #[test]
    fn a_line_alone_is_a_header_only_where_it_has_a_known_column() {
        let known = |names: &'static [&'static str], told| {
            let names = move || names.iter().map(|name| (*name).to_owned()).collect();
            CsvPages::new(None, KnownColumns::new(names), told)
        };
        let table = ["id", "v", "Order ID"].as_slice();
        for told in [Told::ByUser, Told::ByServer] {
            for header in ["id,v\n", "\u{feff}ID\r\n", "more,v", "Order ID\n", "\n", ""] {
                assert_eq!(read_page(header, &known(table, told)).as_deref(), Ok("[]"), "{header}");
            }
            for message in
                ["Internal error\n", "error", "Rate limit, please wait\n", "Internal error\nTry again\n"]
            {
                let error = read_page(message, &known(table, told)).unwrap_err();
                assert!(
                    error.contains("has none of the columns that the table has (id,v,Order ID)"),
                    "{error}"
                );
                assert!(error.contains(message.lines().next().unwrap()), "{error}");
            }
            // Rows below other names are an API that has changed.
            assert!(read_page("key\n1\n", &known(table, told)).is_ok());
            assert_eq!(read_page("key,name\n", &known(&[], told)).as_deref(), Ok("[]"));
        }
        let error = read_page("Internal error\n", &known(&[], Told::ByServer)).unwrap_err();
        assert!(
            error.contains("`Internal error`, which looks like a message") && error.contains("`decode: csv`"),
            "{error}"
        );
        assert_eq!(read_page("Order ID\n", &known(&[], Told::ByUser)).as_deref(), Ok("[]"));
    }

    #[test]
    fn columns_that_have_other_names_since_are_known_by_the_pages_before() {
        let old = || vec!["id".to_owned()];
        let pages = CsvPages::new(None, KnownColumns::new(old), Told::ByServer);
        assert!(read_page("key,name\n1,a\n", &pages).is_ok());
        assert_eq!(read_page("name,key\n", &pages).as_deref(), Ok("[]"));
        assert!(read_page("timeout\n", &pages).is_err());
        // The rows of another table may have tables of their own, and a message is none.
        let (each, other) = (pages.clone().apart(), pages.apart());
        assert!(read_page("temperature\n7\n", &each).is_ok() && read_page("pressure\n7\n", &other).is_ok());
        assert!(read_page("timeout\n", &other).is_err());
    }
}
