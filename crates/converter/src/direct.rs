//! Columns that are plain members of a record, read without the script.
//!
//! ```text
//! return JSON.parse(json).issues.map(issue => ({
//!   Key: issue.key,                                 a column with a way: key
//!   Assignee: issue.fields.assignee?.displayName,   … and one: fields, assignee, displayName
//!   Labels: issue.fields.labels.join(', '),         a column that the rest of the script makes
//! }))
//! ```
//! Most of a wide row is found like that, and then no object needs to be built, no property to be set and read again: the
//! cell is what stands in the tape. The script runs without those properties, its rows are put together with the cells,
//! and whatever is not as expected (a page without the array, a member of nothing, an exception) ends the attempt; the
//! whole script converts the page then. So rows and errors are the script's own in any case. See ADR 0048.

mod find;
mod records;

use std::{cell::Cell, collections::BTreeMap, ops::Range};

use crate::{
    analysis::{self, Analysis},
    json::{Learned, Place},
    script::{Parsed, Script},
};

pub use find::OBJECT_MEMBERS;
pub(crate) use records::{NotDirect, RecordReader};

/// A script's columns, and what is left of it.
#[derive(Debug)]
pub(crate) struct DirectColumns {
    found: Found,
    /// The script without the properties that have a way.
    pub(crate) rest: Script,
    /// All names on the ways.
    learned: Learned,
    /// What is known of each place, the record itself first; a place comes before those within it.
    places: Vec<Known>,
    /// The place of each column that has a way.
    at: Vec<Option<Place>>,
    /// The column whose values turned out to be no scalars.
    refused: Cell<Option<usize>>,
}

/// What a script is found to do.
#[derive(Debug, Clone)]
struct Found {
    /// The names that lead from the top of the page to the array of records.
    records: Vec<String>,
    /// The columns of a row, in order.
    columns: Vec<Column>,
}

#[derive(Debug, Clone)]
struct Column {
    name: String,
    /// The names that lead from the record to its value.
    way: Option<Vec<Member>>,
    /// Where it stands in the script's text, up to the next one.
    text: Range<usize>,
}

/// A member that is asked for.
#[derive(Debug, Clone)]
struct Member {
    name: String,
    /// Asked with `?.`.
    is_optional: bool,
}

#[derive(Debug, Default)]
struct Known {
    /// The place whose value has this member; that of a record has none.
    within: Option<usize>,
    /// Whether anything in it is asked for.
    has_members: bool,
    /// Whether something in it is asked for without `?.`, which of nothing is an error.
    must_be_there: bool,
    /// The last place within it, or its own.
    last: usize,
}

/// Names in the order of the script, those within each.
#[derive(Debug, Default)]
struct Tree {
    members: BTreeMap<String, Tree>,
    columns: Vec<usize>,
    must_be_there: bool,
}

impl Script {
    /// How many columns of its rows are read from the page without it, and how many there are; `None` where it makes all.
    pub fn direct_columns(&self) -> Option<(usize, usize)> {
        let parsed = self.parse().ok()?;
        let direct = DirectColumns::of(self, &parsed, &analysis::read(&parsed))?;
        Some((direct.at.iter().flatten().count(), direct.at.len()))
    }
}

impl DirectColumns {
    /// Those of a script whose proofs allow any.
    pub(crate) fn of(script: &Script, parsed: &Parsed, analysis: &Analysis) -> Option<Self> {
        Self::new(find::find(script, parsed, analysis)?, script)
    }

    /// The same without the column that was refused, if one was.
    pub(crate) fn without_refused(&self, script: &Script) -> Option<Self> {
        let mut found = self.found.clone();
        found.columns.get_mut(self.refused.get()?)?.way = None;
        Self::new(found, script)
    }

    /// Whether a column was refused.
    pub(crate) fn has_refused(&self) -> bool {
        self.refused.get().is_some()
    }

    fn new(found: Found, script: &Script) -> Option<Self> {
        let with_way = || found.columns.iter().filter(|column| column.way.is_some());
        with_way().next()?;
        let rest = script.without(with_way().map(|column| column.text.clone()));
        // What is left is a script whose proofs hold as well, or something was cut that should not have been.
        if !analysis::read(&rest.parse().ok()?).proven.only_parses {
            return None;
        }
        let mut tree = Tree::default();
        for (index, column) in found.columns.iter().enumerate() {
            if let Some(way) = &column.way {
                tree.add(way, index);
            }
        }
        let at = vec![None; found.columns.len()];
        let (learned, places) = (Learned::default(), vec![Known::default()]);
        let mut direct = Self { found, rest, learned, places, at, refused: Cell::new(None) };
        direct.learn(&tree, Place::default());
        Some(direct)
    }

    /// Gives everything in the tree its place.
    fn learn(&mut self, tree: &Tree, place: Place) {
        for (name, member) in &tree.members {
            let inner = self.learned.learn(place, name.as_bytes()).place;
            self.places.push(Known {
                within: Some(place.index()),
                has_members: !member.members.is_empty(),
                must_be_there: member.must_be_there,
                last: inner.index(),
            });
            member.columns.iter().for_each(|column| self.at[*column] = Some(inner));
            self.learn(member, inner);
            self.places[inner.index()].last = self.places.len() - 1;
        }
    }
}

/// `issues: Key=key Assignee=fields.assignee?.displayName Labels`
#[cfg(test)]
impl std::fmt::Display for DirectColumns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:", self.found.records.join("."))?;
        for column in &self.found.columns {
            let name =
                if column.name.contains(' ') { format!("'{}'", column.name) } else { column.name.clone() };
            write!(f, " {name}")?;
            for (n, member) in column.way.iter().flatten().enumerate() {
                let dot = match (n, member.is_optional) {
                    (0, false) => "=",
                    (0, true) => "=?.",
                    (_, true) => "?.",
                    (_, false) => ".",
                };
                write!(f, "{dot}{}", member.name)?;
            }
        }
        Ok(())
    }
}

impl Tree {
    fn add(&mut self, way: &[Member], column: usize) {
        let Some((member, rest)) = way.split_first() else {
            self.columns.push(column);
            return;
        };
        self.must_be_there |= !member.is_optional;
        self.members.entry(member.name.clone()).or_default().add(rest, column);
    }
}
