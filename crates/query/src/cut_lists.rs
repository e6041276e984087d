//! Lists within records that say themselves that they are cut: an issue's worklogs, the lines of an invoice.
//!
//! Pagination leads to all records and never into one of them. A page is searched for the few keys that such lists have, and
//! only what holds one of these is read.

mod judge;
mod signs;

use std::collections::{BTreeMap, BTreeSet};

use signs::Signs;

use crate::{raw, scan::without_bom, selector::Selector};

/// Deeper objects are passed over.
const MAX_DEPTH: usize = 24;

/// So many bytes of pages with such lists are read: what is in them is told then, and the rest is not counted.
const MAX_BYTES: usize = 8 << 20;

/// More lists than these are counted as one more.
const MAX_LISTS: usize = 50;

/// More than these are told as a number.
const MAX_TOLD: usize = 5;

/// Which members of a record become rows, by the names that lead to them.
pub type Wanted = Box<dyn Fn(&[&str]) -> bool + Send>;

/// The cut lists of the pages of a run.
pub struct CutLists {
    signs: Signs,
    /// How many bytes may still be read.
    budget: usize,
    /// Whether pages with such lists were not read any more.
    is_partial: bool,
    select: Option<Selector>,
    wanted: Wanted,
    found: BTreeMap<String, Cut>,
}

/// One list.
#[derive(Debug)]
struct Cut {
    n_records: u64,
    /// How the first of them says so.
    why: String,
}

impl std::fmt::Debug for CutLists {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CutLists").field("found", &self.found).finish_non_exhaustive()
    }
}

/// One page under the eye.
struct Page<'b> {
    body: &'b [u8],
    /// Where the keys stand that say so, in order.
    hits: Vec<usize>,
}

impl Page<'_> {
    /// Whether a part of the body has one of the keys.
    fn has_hit(&self, part: &[u8]) -> bool {
        let start = part.as_ptr().addr().saturating_sub(self.body.as_ptr().addr());
        let first = self.hits.partition_point(|hit| *hit < start);
        self.hits.get(first).is_some_and(|hit| *hit < start + part.len())
    }
}

impl CutLists {
    /// For records at `select`, of which rows take what `wanted` says yes to.
    pub fn new(select: Option<Selector>, wanted: Wanted) -> Self {
        let (signs, found) = (Signs::default(), BTreeMap::new());
        Self { signs, budget: MAX_BYTES, is_partial: false, select, wanted, found }
    }

    /// Looks at one page.
    pub fn look(&mut self, body: &[u8]) {
        let body = without_bom(body);
        let hits = self.signs.find(body);
        if hits.is_empty() {
            return;
        }
        let Some(budget) = self.budget.checked_sub(body.len()).or((self.budget == MAX_BYTES).then_some(0))
        else {
            self.is_partial = true;
            return;
        };
        self.budget = budget;
        let Some(records) = self.records(body) else { return };
        let page = Page { body, hits };
        if !page.has_hit(records) {
            return;
        }
        for record in raw::items(records).unwrap_or_default() {
            let mut cut = BTreeMap::new();
            walk(&page, record, &mut (Vec::new(), &mut cut));
            for (path, why) in cut {
                self.count(path, why);
            }
        }
    }

    fn count(&mut self, path: String, why: String) {
        if let Some(known) = self.found.get_mut(&path) {
            known.n_records += 1;
        } else if self.found.len() < MAX_LISTS && (self.wanted)(&path.split('.').collect::<Vec<_>>()) {
            self.found.insert(path, Cut { n_records: 1, why });
        }
    }

    /// The array of records.
    fn records<'b>(&self, body: &'b [u8]) -> Option<&'b [u8]> {
        match &self.select {
            Some(select) => select.ways().iter().find_map(|way| raw::value_at(body, way)),
            None => longest(body, 0),
        }
        .filter(|records| records.starts_with(b"["))
    }

    /// What to say of them.
    pub fn warnings(&self) -> Vec<String> {
        let tell = |list: (&String, &Cut)| warning(list, if self.is_partial { "at least " } else { "" });
        let mut warnings: Vec<String> = self.found.iter().take(MAX_TOLD).map(tell).collect();
        if let Some(n) = self.found.len().checked_sub(MAX_TOLD).filter(|n| *n > 0) {
            warnings.push(format!("{n} more lists within records say that they are not whole"));
        }
        warnings
    }
}

fn warning((path, cut): (&String, &Cut), at_least: &str) -> String {
    let (noun, verb) = if cut.n_records == 1 { ("record", "is") } else { ("records", "are") };
    format!(
        "`{path}` of {at_least}{n} {noun} {verb} not whole: {why}; pagination does not lead into records, so rows that are made of it lack \
         the rest. Ask for the whole list with a query of its own, by a table with `for_each` over these records; see \
         docs/pagination.md, \"Lists within records\"",
        n = cut.n_records,
        why = cut.why,
    )
}

/// The longest array that no other array holds, in bytes.
fn longest(value: &[u8], depth: usize) -> Option<&[u8]> {
    match value.first()? {
        b'[' => Some(value),
        b'{' if depth < 4 => {
            let mut best: Option<&[u8]> = None;
            raw::members(value, |_, member| {
                let found = longest(member, depth + 1);
                if found.map_or(0, <[u8]>::len) > best.map_or(0, <[u8]>::len) {
                    best = found;
                }
            })?;
            best
        }
        _ => None,
    }
}

/// The names that lead to a value, and the lists that were found on the way.
type Walked<'w> = (Vec<String>, &'w mut BTreeMap<String, String>);

fn walk(page: &Page<'_>, value: &[u8], walked: &mut Walked<'_>) {
    if walked.0.len() > MAX_DEPTH || !page.has_hit(value) {
        return;
    }
    match value.first() {
        Some(b'[') => {
            for item in raw::items(value).unwrap_or_default() {
                walk(page, item, walked);
            }
        }
        Some(b'{') => {
            let mut members = Vec::new();
            let _ = raw::members(value, |name, member| members.push((name, member)));
            for (name, why) in judge::cut_lists(&members, walked.0.len()) {
                let path: Vec<&str> = walked.0.iter().map(String::as_str).chain(name.split('.')).collect();
                walked.1.entry(path.join(".")).or_insert(why);
            }
            let mut seen = BTreeSet::new();
            for (name, member) in members {
                if matches!(member.first(), Some(b'{' | b'[')) && seen.insert(name.clone()) {
                    walked.0.push(name.into_owned());
                    walk(page, member, walked);
                    walked.0.pop();
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
