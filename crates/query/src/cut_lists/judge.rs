//! Which lists of an object are cut, by what stands beside them. Pure.

use std::borrow::Cow;

use crate::{pagination::plain, raw};

/// The members of an object.
type Members<'b> = [(Cow<'b, str>, &'b [u8])];

/// Those of an object within it.
type Read<'b> = Vec<(Cow<'b, str>, &'b [u8])>;

/// Yes means that there is more of the list.
const MORE: &[&str] = &["hasmore", "hasnextpage"];
/// Lead to the rest of the list.
const NEXT: &[&str] = &["nextrecordsurl", "nextpagetoken", "odatanextlink", "nextlink"];
/// Objects beside a list, or around it, that lead to the rest.
const WITH_NEXT: &[&str] = &["paging", "links", "pageinfo", "pagination"];
const TOTAL: &[&str] = &["total", "totalcount", "totalsize"];
/// Stand beside a total that counts the items of a list: `total` alone may be an amount of money.
const BESIDE_TOTAL: &[&str] = &["maxresults", "startat", "nodes", "edges"];
const START: &[&str] = &["startat", "offset", "start"];
/// Arrays beside an address of a next page that are what it goes on with.
const LISTS: &[&str] = &[
    "results", "data", "items", "values", "value", "records", "nodes", "edges", "elements", "entries",
    "content",
];

/// The names of the lists that are cut, each with how the object says so; `depth` is 0 where the object is a record itself,
/// whose own words about pages mean other things.
pub(super) fn cut_lists(members: &Members<'_>, depth: usize) -> Vec<(String, String)> {
    let by_name = odata(members);
    if !by_name.is_empty() || depth == 0 {
        return by_name;
    }
    let Some((name, array)) = list(members) else { return embedded(members).into_iter().collect() };
    let why = by_flag(members).or_else(|| by_next(members, &name)).or_else(|| by_total(members, array));
    why.map(|why| (name, why)).into_iter().collect()
}

/// OData has the name of the list in the name of the link: `orders@odata.nextLink`.
fn odata(members: &Members<'_>) -> Vec<(String, String)> {
    let link = |(name, value): &(Cow<'_, str>, &[u8])| {
        let list = name.strip_suffix("@odata.nextLink").filter(|list| !list.is_empty())?;
        let is_there = members.iter().any(|(other, array)| other == list && array.starts_with(b"["));
        (is_there && says_something(value)).then(|| (list.to_owned(), has_link(name)))
    };
    members.iter().filter_map(link).collect()
}

/// The list that an object is about: the longest of its arrays.
fn list<'b>(members: &Members<'b>) -> Option<(String, &'b [u8])> {
    let arrays = members.iter().filter(|(_, value)| value.starts_with(b"["));
    let known = |name: &str| LISTS.contains(&plain(name).as_str());
    let longest = arrays.max_by_key(|(name, value)| (known(name), value.len()));
    longest.map(|(name, value)| (name.to_string(), *value))
}

fn by_flag(members: &Members<'_>) -> Option<String> {
    let flag = |members: &Members<'_>| {
        let is_more = |(name, value): &&(Cow<'_, str>, &[u8])| {
            *value == b"true" && MORE.contains(&plain(name).as_str())
        };
        members.iter().find(is_more).map(|(name, _)| name.to_string())
    };
    let beside = flag(members).map(|name| format!("`{name}` is true"));
    beside.or_else(|| {
        inner(members).into_iter().find_map(|(outer, members)| {
            let name = flag(&members)?;
            Some(format!("`{outer}.{name}` is true"))
        })
    })
}

fn by_next(members: &Members<'_>, list: &str) -> Option<String> {
    let is_next = |(name, value): &&(Cow<'_, str>, &[u8])| {
        NEXT.contains(&plain(name).as_str()) && says_something(value)
    };
    if let Some((name, _)) = members.iter().find(is_next) {
        return Some(has_link(name));
    }
    LISTS.contains(&plain(list).as_str()).then(|| linked(members)).flatten()
}

/// HAL has the list one object further down: `_embedded.items`.
fn embedded(members: &Members<'_>) -> Option<(String, String)> {
    let (_, within) = members.iter().find(|(name, _)| name == "_embedded")?;
    let (name, _) = list(&members_of(within))?;
    linked(members).map(|why| (format!("_embedded.{name}"), why))
}

/// An address of a next page in an object that speaks of pages.
fn linked(members: &Members<'_>) -> Option<String> {
    inner(members).into_iter().find_map(|(outer, members)| {
        let is_next = |(name, value): &&(Cow<'_, str>, &[u8])| name == "next" && says_something(value);
        members.iter().find(is_next).map(|_| has_link(&format!("{outer}.next")))
    })
}

/// The objects that speak of pages.
fn inner<'b>(members: &Members<'b>) -> Vec<(String, Read<'b>)> {
    let speaks = |(name, value): &&(Cow<'_, str>, &[u8])| {
        value.starts_with(b"{") && WITH_NEXT.contains(&plain(name).as_str())
    };
    members.iter().filter(speaks).map(|(name, value)| (name.to_string(), members_of(value))).collect()
}

fn members_of(object: &[u8]) -> Read<'_> {
    let mut members = Vec::new();
    let _ = raw::members(object, |name, value| members.push((name, value)));
    members
}

fn by_total(members: &Members<'_>, array: &[u8]) -> Option<String> {
    let is = |names: &[&str], name: &str| names.contains(&plain(name).as_str());
    let number = |names: &[&str]| {
        let found = members.iter().find(|(name, _)| is(names, name));
        found.and_then(|(name, value)| {
            Some((name.to_string(), str::from_utf8(value).ok()?.parse::<u64>().ok()?))
        })
    };
    let (name, total) = number(TOTAL)?;
    let is_of_list = members.iter().any(|(name, _)| is(BESIDE_TOTAL, name));
    let here = is_of_list.then(|| raw::items(array)).flatten()?.len() as u64;
    let start = number(START).map_or(0, |(_, start)| start);
    (start.saturating_add(here) < total).then(|| format!("`{name}` is {total}, and {here} are there"))
}

fn has_link(name: &str) -> String {
    format!("`{name}` leads to the rest")
}

/// Whether a value is a text or an object with something in it.
fn says_something(value: &[u8]) -> bool {
    !matches!(value, [b'"', b'"'] | [b'{', b'}']) && matches!(value.first(), Some(b'"' | b'{'))
}
