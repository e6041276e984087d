//! Records that two neighbouring windows of a split both have, because the server includes the end of a window.

use std::collections::HashSet;

use pipeline_query::PageMark;

/// The records of the first and of the last page of a window, by value.
#[derive(Debug, Default)]
struct Ends {
    window: u64,
    first: HashSet<u64>,
    last: HashSet<u64>,
}

impl Ends {
    fn have(&self, item: &u64) -> bool {
        self.first.contains(item) || self.last.contains(item)
    }
}

/// The windows that came last.
#[derive(Debug, Default)]
pub(super) struct Borders {
    before: Option<Ends>,
    here: Option<Ends>,
}

impl Borders {
    /// Takes the next page of a window, and warns where the window before has one of its records.
    pub(super) fn look_at(&mut self, window: u64, mark: &mut PageMark, label: &str) {
        let items: HashSet<u64> = mark.item_values().iter().copied().collect();
        if self.here.as_ref().is_none_or(|here| here.window != window) {
            self.before = self.here.take().filter(|before| before.window + 1 == window);
            self.here = Some(Ends { window, first: items.clone(), last: HashSet::new() });
        }
        if let Some(before) = &self.before {
            let n_shared = items.iter().filter(|item| before.have(item)).count() as u64;
            if n_shared > 0 {
                let is_first = mark.item_values().first().is_some_and(|item| before.have(item));
                let first = mark.first().filter(|_| is_first).map(str::to_owned);
                mark.warn(words((label, first), n_shared), n_shared);
            }
        }
        if let Some(here) = &mut self.here {
            here.last = items;
        }
    }
}

/// What is said of so many records that the window before has too.
fn words((label, first): (&str, Option<String>), n_shared: u64) -> String {
    const LAST: &str = "name the last value in it with `${split.last}` in the place of `${split.to}`";
    match (n_shared, first) {
        (1, first) => {
            let record = first.map_or("a record".into(), |first| format!("the record with {first}"));
            format!(
                "{label}: {record} came with the window before already: the server includes the end of a window; {LAST}"
            )
        }
        (n, first) => {
            let first = first.map(|first| format!(", the first of them with {first},")).unwrap_or_default();
            format!(
                "{label}: {n} records{first} came with the window before already: the server may not know the parameter \
                 that ends a window, or include its end; look up what the API calls it, or {LAST}"
            )
        }
    }
}
