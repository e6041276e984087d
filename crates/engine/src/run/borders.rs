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
        let before = self.before.as_ref().filter(|before| items.iter().any(|item| before.have(item)));
        if let Some(before) = before {
            let is_first = mark.item_values().first().is_some_and(|item| before.have(item));
            let record = match mark.first() {
                Some(first) if is_first => format!("the record with {first}"),
                _ => "a record".into(),
            };
            mark.warn(format!(
                "{label}: {record} came with the window before already: the server includes the end of a window; name the \
                 last value in it with `${{split.last}}` in the place of `${{split.to}}`"
            ));
        }
        if let Some(here) = &mut self.here {
            here.last = items;
        }
    }
}
