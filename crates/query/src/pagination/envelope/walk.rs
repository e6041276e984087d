//! Collects the values around the records of a body: those of its objects, but nothing within arrays.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::path_text;
use crate::{
    pagination::listed::{self, ListedNext},
    scan::{Found, without_bom},
};

/// Deeper than this no API says anything about its pages; GraphQL's `pageInfo` is at 5.
const MAX_DEPTH: usize = 6;
/// More values than this are data, not an envelope.
const MAX_ENTRIES: usize = 1000;

/// A value of an envelope.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) path: Vec<String>,
    pub(crate) found: Found,
    /// Whether it is the address of a link `{"rel": "next", "href": …}` in a list of links.
    pub(crate) is_next_link: bool,
}

impl Entry {
    /// The path as the YAML takes it.
    pub(crate) fn name(&self) -> String {
        path_text(&self.path)
    }

    pub(crate) fn key(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    pub(crate) fn parent(&self) -> &[String] {
        self.path.split_last().map_or(&[], |(_, parent)| parent)
    }
}

/// All values of a body that stand in objects only, arrays counted; none where the body is no JSON.
pub(crate) fn entries(body: &[u8]) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut json = serde_json::Deserializer::from_slice(without_bom(body));
    let walk = Walk { path: &mut Vec::new(), entries: &mut entries };
    match walk.deserialize(&mut json).and_then(|()| json.end()) {
        Ok(()) => entries,
        Err(_) => Vec::new(),
    }
}

struct Walk<'w> {
    path: &'w mut Vec<String>,
    entries: &'w mut Vec<Entry>,
}

impl Walk<'_> {
    fn note(self, found: Found) {
        if self.entries.len() < MAX_ENTRIES {
            self.entries.push(Entry { path: self.path.clone(), found, is_next_link: false });
        }
    }

    /// Notes the address of the link that leads on, as PayPal, Oracle and FHIR list them.
    fn note_link(&mut self, links: Vec<Value>) {
        if let ListedNext::At(address) = listed::next_in(&Value::Array(links)) {
            // The place in the list differs from page to page; `next` finds the link by its relation.
            let path = self.path.clone();
            self.entries.push(Entry { path, found: Found::Text(address), is_next_link: true });
        }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        self.note(Found::Null);
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.note(Found::Bool(value));
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.note(Found::Number(value.to_string()));
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.note(Found::Number(value.to_string()));
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.note(Found::Number(value.to_string()));
        Ok(())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.note(Found::Text(value.to_owned()));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        let mut n_items = 0;
        if self.path.last().is_some_and(|name| matches!(name.as_str(), "links" | "link" | "_links")) {
            let mut links = Vec::new();
            while let Some(link) = items.next_element::<Value>()? {
                links.push(link);
            }
            self.note_link(links);
            // Links are no records.
            return Ok(());
        }
        while items.next_element::<IgnoredAny>()?.is_some() {
            n_items += 1;
        }
        self.note(Found::Array(n_items));
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let Self { path, entries } = self;
        let mut is_empty = true;
        while let Some(key) = members.next_key::<String>()? {
            is_empty = false;
            if path.len() >= MAX_DEPTH || entries.len() >= MAX_ENTRIES {
                members.next_value::<IgnoredAny>()?;
                continue;
            }
            path.push(key);
            let walked = members.next_value_seed(Walk { path: &mut *path, entries: &mut *entries });
            path.pop();
            walked?;
        }
        // An object that holds something is a token of some databases.
        if !is_empty {
            Walk { path, entries }.note(Found::Object);
        }
        Ok(())
    }
}
