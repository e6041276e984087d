//! What the records of a page are, for comparisons with those of other pages.
//!
//! Records that have members which name them, such as an `id`, are compared by those: a signed address, a score or the
//! time of the answer differs each time the same record is sent. Others are compared by value.

use std::collections::HashSet;

use crate::{
    pagination::{hash_of, plain},
    raw::{members, members_while, value_at, value_hash},
};

/// Name a record, without case and punctuation.
const ID: &[&str] = &["id", "key", "uuid", "guid", "gid", "sysid", "oid"];
/// Hold the address of a record.
const ADDRESS: &[&str] = &["self", "href", "selflink", "uri", "url"];
/// What ends the names of ids, of the record itself or of what it belongs to.
const ID_ENDS: &[&str] = &["Id", "ID", "_id", "-id", "Uuid", "UUID", "_uuid", "Guid", "_guid"];
/// What begins the names of ids that are new in each answer.
const OF_THE_ANSWER: &[&str] =
    &["request", "trace", "span", "session", "correlation", "search", "query", "response", "execution"];
/// Objects that hold the record itself: GraphQL's `edges`, Reddit, FHIR, JSON:API.
const WRAPPERS: &[&str] = &[
    "node",
    "data",
    "resource",
    "item",
    "record",
    "entity",
    "object",
    "_source",
    "attributes",
    "fields",
    "properties",
];

/// The records of a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Records {
    /// A hash of all of them.
    pub(crate) name: u64,
    /// A hash of each.
    pub(crate) items: Vec<u64>,
    /// The members that name the records in `name`, such as `id`; none where they are compared by value.
    pub(crate) identity: Option<String>,
    /// The first record for people, such as `id` 17.
    pub(crate) first: Option<String>,
}

/// How far a member names its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    /// The record of its own.
    Own,
    /// The record, or what it belongs to.
    Any,
    /// Where it is.
    Address,
}

/// A member that may name each record.
#[derive(Debug)]
struct Candidate {
    key: String,
    strength: Strength,
    /// A hash of the value of each record.
    values: Vec<u64>,
    /// The value of the first record.
    first: String,
}

impl Records {
    /// Those of an array; `key` are the members that name them, as the user says.
    pub(crate) fn of(items: &[&[u8]], key: &[String]) -> Self {
        let mut named = candidates(items, key);
        if named.is_empty() {
            let within = WRAPPERS.iter().filter_map(|wrapper| inner(items, wrapper));
            named = within
                .map(|inner| candidates(&inner, key))
                .find(|found| !found.is_empty())
                .unwrap_or_default();
        }
        let is_alone = items.len() < 2 && named.iter().all(|candidate| candidate.strength != Strength::Own);
        if is_alone {
            // Of one record it is not known that what it belongs to differs from record to record.
            named.clear();
        }
        let strongest = named.iter().map(|candidate| candidate.strength).min();
        // Of ids all are compared: one of them may be the number of a row, which begins anew on each page.
        let is_used = |candidate: &Candidate| match strongest {
            Some(Strength::Address) | None => true,
            Some(Strength::Own | Strength::Any) => candidate.strength != Strength::Address,
        };
        named.retain(is_used);
        let ids = |row: usize| -> Vec<u64> { named.iter().map(|candidate| candidate.values[row]).collect() };
        let items_by_id = || (0..items.len()).map(|row| of_all(&ids(row))).collect::<Vec<u64>>();
        let by_value = || items.iter().map(|item| value_hash(item)).collect::<Vec<u64>>();
        let keys: Vec<&str> = named.iter().map(|candidate| candidate.key.as_str()).collect();
        let of_keys = hash_of(keys.join("\n").as_bytes());
        let (name, items) = match strongest {
            Some(Strength::Own) => {
                let items = items_by_id();
                (of_all(&[of_keys, of_all(&items)]), items)
            }
            // The last record of a page and the first one of the next may belong to the same thing.
            Some(Strength::Any | Strength::Address) => {
                (of_all(&[of_keys, of_all(&items_by_id())]), by_value())
            }
            None => {
                let items = by_value();
                (of_all(&items), items)
            }
        };
        let first = named.first().map(|candidate| format!("`{}` {}", candidate.key, candidate.first));
        let identity = (!keys.is_empty()).then(|| keys.join("`, `"));
        Self { name, items, identity, first }
    }
}

/// A hash of hashes in their order.
pub(crate) fn of_all(names: &[u64]) -> u64 {
    let text: Vec<u8> = names.iter().flat_map(|name| name.to_le_bytes()).collect();
    hash_of(&text)
}

/// The members that every record has, each with another value.
fn candidates(items: &[&[u8]], key: &[String]) -> Vec<Candidate> {
    let Some(first) = items.first() else { return Vec::new() };
    let mut found = Vec::new();
    let read = members(first, |name, value| {
        let strength =
            if key.iter().any(|key| *key == *name) { Some(Strength::Own) } else { strength(&name) };
        if let Some(strength) = strength.filter(|_| is_scalar(value)) {
            let first = String::from_utf8_lossy(value).chars().take(80).collect();
            found.push(Candidate { key: name.into_owned(), strength, values: Vec::new(), first });
        }
    });
    if read.is_none() || found.is_empty() {
        return Vec::new();
    }
    if !key.is_empty() && key.iter().all(|key| found.iter().any(|candidate| candidate.key == *key)) {
        found.retain(|candidate| key.contains(&candidate.key));
    }
    for (row, item) in items.iter().enumerate() {
        let mut n_left = found.len();
        let read = members_while(item, |name, value| {
            if let Some(candidate) = found.iter_mut().find(|candidate| candidate.key == *name)
                && candidate.values.len() == row
                && is_scalar(value)
            {
                candidate.values.push(match candidate.strength {
                    Strength::Address => value_hash(without_query(value)),
                    Strength::Own | Strength::Any => value_hash(value),
                });
                n_left -= 1;
            }
            n_left > 0
        });
        found.retain(|candidate| candidate.values.len() == row + 1);
        if read.is_none() || found.is_empty() {
            return Vec::new();
        }
    }
    let is_composed = found.iter().all(|candidate| key.contains(&candidate.key));
    found.retain(|candidate| is_composed || is_distinct(&candidate.values));
    found.sort_by(|one, other| (one.strength, &one.key).cmp(&(other.strength, &other.key)));
    found
}

fn strength(key: &str) -> Option<Strength> {
    let name = plain(key);
    let is_own = ID.contains(&name.as_str());
    let is_any = ID_ENDS.iter().any(|end| key.len() > end.len() && key.ends_with(end))
        && !OF_THE_ANSWER.iter().any(|begin| name.starts_with(begin));
    match ADDRESS.contains(&name.as_str()) {
        _ if is_own => Some(Strength::Own),
        _ if is_any => Some(Strength::Any),
        true => Some(Strength::Address),
        false => None,
    }
}

/// A text that is not empty, or a number.
fn is_scalar(value: &[u8]) -> bool {
    matches!(value.first(), Some(b'"' | b'-' | b'0'..=b'9')) && value != b"\"\""
}

fn is_distinct(values: &[u64]) -> bool {
    let mut seen = HashSet::with_capacity(values.len());
    values.iter().all(|value| seen.insert(value))
}

/// An address without what is signed; a text in quotes.
fn without_query(address: &[u8]) -> &[u8] {
    let end = address.iter().position(|byte| *byte == b'?').unwrap_or(address.len());
    &address[..end]
}

/// What stands at `wrapper` of each record, where that is an object in all of them.
fn inner<'b>(items: &[&'b [u8]], wrapper: &str) -> Option<Vec<&'b [u8]>> {
    let steps = [wrapper.to_owned()];
    items.iter().map(|item| value_at(item, &steps).filter(|value| value.starts_with(b"{"))).collect()
}

#[cfg(test)]
mod tests;
