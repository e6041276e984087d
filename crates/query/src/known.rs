//! What is known of the columns of a table before its pages come.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

/// The columns that a table has without the next page. A header is one line of text, as messages of errors are: what a table
/// has says which of the two a line is.
#[derive(Clone, Default)]
pub struct KnownColumns {
    names: Option<Arc<dyn Fn() -> Vec<String> + Send + Sync>>,
    found: Arc<OnceLock<Vec<String>>>,
    header: Arc<OnceLock<Vec<String>>>,
    renamed: Arc<OnceLock<String>>,
}

impl KnownColumns {
    /// Those that `names` gives, which is asked once, and only where a page needs it; it may block.
    pub fn new(names: impl Fn() -> Vec<String> + Send + Sync + 'static) -> Self {
        Self { names: Some(Arc::new(names)), ..Self::default() }
    }

    /// The names; none where nothing is known.
    pub fn names(&self) -> &[String] {
        self.found.get_or_init(|| self.names.as_ref().map(|names| names()).unwrap_or_default())
    }

    /// The same for pages that belong to each other: those of a run, which [`new`](Self::new) is for, share what was found; without a
    /// run, each look at pages begins anew.
    #[must_use]
    pub fn for_pages(&self) -> Self {
        if self.names.is_some() { self.clone() } else { Self::default() }
    }

    /// The header of the first page of the query, in whichever of its parts that was.
    pub fn first_header(&self) -> &Arc<OnceLock<Vec<String>>> {
        &self.header
    }

    /// Keeps that a header has several columns of one name, the second of which is called `own` in rows.
    pub fn rename(&self, (name, own): (&str, &str), n_columns: usize) {
        let tell = || {
            format!(
                "a header has {n_columns} columns called `{name}`: the second is `{own}` in rows, and so on with each name \
                 that comes several times"
            )
        };
        self.renamed.get_or_init(tell);
    }

    /// What is to be said of columns that have another name in rows than in the header.
    pub fn renamed(&self) -> Option<&String> {
        self.renamed.get()
    }
}

impl fmt::Debug for KnownColumns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownColumns").field("header", &self.header.get()).finish_non_exhaustive()
    }
}
