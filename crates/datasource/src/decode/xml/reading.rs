//! Reads XML from its beginning to its end once: whatever it holds, the time grows with its length alone.

use std::collections::HashMap;

use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
};
use serde_json::{Map, Value};

use super::{MAX_DEPTH, add};

/// The root element, by its name.
///
/// # Errors
/// What is wrong, with the line and the column.
pub(super) fn root(text: &str) -> Result<(String, Value), String> {
    let at = |offset: usize| {
        let before = text.get(..offset).unwrap_or(text);
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{column}", before.matches('\n').count() + 1)
    };
    if let Some((offset, other)) = text.char_indices().find(|(_, c)| !is_character(*c)) {
        return Err(format!("{other:?}, which no XML has, at {}", at(offset)));
    }
    let mut reader = Reader::from_str(text);
    let mut elements = Elements::default();
    loop {
        let before = reader.buffer_position();
        let read = reader.read_event().map_err(|error| (error.to_string(), reader.error_position()));
        let seen = read.and_then(|event| match event {
            Event::Eof => Ok(true),
            event => elements.see(event).map(|()| false).map_err(|problem| (problem, before)),
        });
        match seen {
            Ok(false) => {}
            Ok(true) => return elements.end().map_err(|problem| format!("{problem}, at {}", at(text.len()))),
            Err((problem, offset)) => {
                return Err(format!("{problem}, at {}", at(usize::try_from(offset).unwrap_or(usize::MAX))));
            }
        }
    }
}

/// Whether XML 1.0 has this character (§2.2).
fn is_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..)
}

/// An element that has begun.
struct Open {
    name: String,
    members: Map<String, Value>,
    text: String,
    /// What it declares.
    prefixes: Vec<String>,
}

/// What has been read so far.
#[derive(Default)]
struct Elements {
    open: Vec<Open>,
    root: Option<(String, Value)>,
    /// How many open elements declare each prefix.
    prefixes: HashMap<String, usize>,
}

impl Elements {
    fn see(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Start(tag) => self.begin(&tag),
            Event::Empty(tag) => {
                self.begin(&tag)?;
                self.close();
                Ok(())
            }
            Event::End(_) => {
                self.close();
                Ok(())
            }
            Event::Text(text) => self.text(&text.xml10_content().map_err(said)?),
            Event::CData(text) => self.text(&text.xml10_content().map_err(said)?),
            Event::GeneralRef(reference) => self.reference(&reference),
            // It can define entities that grow without bound; data has none.
            Event::DocType(_) => Err("a document type (`<!DOCTYPE`), which is not read".to_owned()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::Eof => Ok(()),
        }
    }

    fn begin(&mut self, tag: &BytesStart<'_>) -> Result<(), String> {
        if self.open.is_empty() && self.root.is_some() {
            return Err("a second element beside the first".to_owned());
        }
        if self.open.len() > MAX_DEPTH {
            return Err(format!("more than {MAX_DEPTH} elements inside each other"));
        }
        let (mut attributes, mut prefixes) = (Vec::new(), Vec::new());
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(said)?;
            let (prefix, name) = parts(attribute.key.as_ref())?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(said)?;
            if let Some(other) = value.chars().find(|c| !is_character(*c)) {
                return Err(format!("{other:?}, which no XML has"));
            }
            match prefix {
                Some("xmlns") => prefixes.push(name.to_owned()),
                None if name == "xmlns" => {}
                prefix => attributes.push((prefix.map(str::to_owned), name.to_owned(), value.into_owned())),
            }
        }
        for prefix in &prefixes {
            *self.prefixes.entry(prefix.clone()).or_default() += 1;
        }
        let mut members = Map::new();
        for (prefix, name, value) in attributes {
            self.knows(prefix.as_deref())?;
            members.insert(format!("@{name}"), Value::String(value));
        }
        let name = tag.name();
        let (prefix, name) = parts(name.as_ref())?;
        self.knows(prefix)?;
        self.open.push(Open { name: name.to_owned(), members, text: String::new(), prefixes });
        Ok(())
    }

    fn knows(&self, prefix: Option<&str>) -> Result<(), String> {
        match prefix {
            Some(prefix) if prefix != "xml" && !self.prefixes.contains_key(prefix) => {
                Err(format!("the prefix `{prefix}` is not declared"))
            }
            _ => Ok(()),
        }
    }

    /// Ends the last element that has begun.
    fn close(&mut self) {
        let Some(Open { name, mut members, text, prefixes }) = self.open.pop() else { return };
        for prefix in prefixes {
            if let Some(count) = self.prefixes.get_mut(&prefix) {
                *count -= 1;
                if *count == 0 {
                    self.prefixes.remove(&prefix);
                }
            }
        }
        let is_blank = text.trim().is_empty();
        let value = match (members.is_empty(), is_blank) {
            (true, true) => Value::Null,
            (true, false) => Value::String(text),
            (false, true) => Value::Object(members),
            (false, false) => {
                members.insert("#text".to_owned(), Value::String(text));
                Value::Object(members)
            }
        };
        match self.open.last_mut() {
            Some(parent) => add(&mut parent.members, &name, value),
            None => self.root = Some((name, value)),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err("text beside the elements".to_owned()),
        }
        Ok(())
    }

    fn reference(&mut self, reference: &BytesRef<'_>) -> Result<(), String> {
        if let Some(character) = reference.resolve_char_ref().map_err(said)? {
            return match is_character(character) {
                true => self.text(character.encode_utf8(&mut [0; 4])),
                false => Err(format!("{character:?}, which no XML has")),
            };
        }
        let name = reference.decode().map_err(said)?;
        match resolve_predefined_entity(&name) {
            Some(text) => self.text(text),
            None => Err(format!("the entity `&{name};` is not known")),
        }
    }

    fn end(self) -> Result<(String, Value), String> {
        match (self.open.last(), self.root) {
            (Some(open), _) => Err(format!("`<{}>` is not closed", open.name)),
            (None, Some(root)) => Ok(root),
            (None, None) => Err("there is no element".to_owned()),
        }
    }
}

/// The prefix and the local part of a name.
fn parts(name: &[u8]) -> Result<(Option<&str>, &str), String> {
    let name = std::str::from_utf8(name).map_err(said)?;
    let (prefix, local) = name.split_once(':').map_or((None, name), |(prefix, local)| (Some(prefix), local));
    let begins = local.chars().next();
    if !begins.is_some_and(|c| c.is_alphabetic() || c == '_' || !c.is_ascii()) {
        return Err(format!("`{name}` is no name"));
    }
    Ok((prefix, local))
}

fn said(error: impl std::fmt::Display) -> String {
    error.to_string()
}
