//! Reads XML from its beginning to its end once: whatever it holds, the time grows with its length alone.

use std::collections::HashMap;

use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
};
use serde_json::{Map, Value};

use super::{Alike, MAX_DEPTH, Names, add};

/// What was read.
pub(super) struct Read {
    /// The root element.
    pub(super) name: String,
    pub(super) value: Value,
    /// Elements of one name that stand in one element and have other prefixes.
    pub(super) alike: Vec<Alike>,
    /// The first such attributes.
    pub(super) alike_attributes: Option<Alike>,
}

/// The root element, by its name.
///
/// # Errors
/// What is wrong, with the line and the column.
pub(super) fn root(text: &str, names: Names) -> Result<Read, String> {
    let at = |offset: usize| {
        let before = text.get(..offset).unwrap_or(text);
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{column}", before.matches('\n').count() + 1)
    };
    if let Some((offset, other)) = text.char_indices().find(|(_, c)| !is_character(*c)) {
        return Err(format!("{other:?}, which no XML has, at {}", at(offset)));
    }
    let mut reader = Reader::from_str(text);
    let mut elements = Elements::new(names);
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
    /// As it is written.
    full: String,
    members: Map<String, Value>,
    text: String,
    /// What it declares.
    prefixes: Vec<String>,
    /// How the first child of each name is written, where that is not its name.
    written: HashMap<String, String>,
}

/// What has been read so far.
struct Elements {
    names: Names,
    open: Vec<Open>,
    /// By where they stand.
    alike: HashMap<Vec<String>, (String, String)>,
    alike_attributes: Option<Alike>,
    root: Option<(String, Value)>,
    /// How many open elements declare each prefix.
    prefixes: HashMap<String, usize>,
}

impl Elements {
    fn new(names: Names) -> Self {
        let (open, alike, prefixes) = (Vec::new(), HashMap::new(), HashMap::new());
        Self { names, open, alike, alike_attributes: None, root: None, prefixes }
    }

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
            Event::DocType(text) => self.document_type(&text.decode().map_err(said)?),
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
        let full = std::str::from_utf8(tag.name().as_ref()).map_err(said)?.to_owned();
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
        let (prefix, local) = parts(full.as_bytes())?;
        let name = if self.names == Names::Local { local.to_owned() } else { full.clone() };
        let members = self.attributes(&name, attributes)?;
        self.knows(prefix)?;
        let (text, written) = (String::new(), HashMap::new());
        self.open.push(Open { name, full, members, text, prefixes, written });
        Ok(())
    }

    /// The members that the attributes of an element become.
    fn attributes(
        &mut self,
        element: &str,
        attributes: Vec<Attribute>,
    ) -> Result<Map<String, Value>, String> {
        let mut members = Map::new();
        let mut written: HashMap<String, String> = HashMap::new();
        for (prefix, name, value) in attributes {
            self.knows(prefix.as_deref())?;
            let full = prefix.map_or_else(|| name.clone(), |prefix| format!("{prefix}:{name}"));
            let member = format!("@{}", if self.names == Names::Local { &name } else { &full });
            if members.insert(member, Value::String(value)).is_some() {
                let names = (written.get(&name).unwrap_or(&name).clone(), full.clone());
                let path = self.open.iter().map(|open| open.name.as_str()).chain([element]);
                let path = || path.map(str::to_owned).collect();
                self.alike_attributes.get_or_insert_with(|| Alike { path: path(), names });
            }
            written.insert(name, full);
        }
        Ok(members)
    }

    /// What a document type names is not looked for. What it defines itself could grow without bound, and data has none; a web
    /// page is no data.
    fn document_type(&self, text: &str) -> Result<(), String> {
        let name = text.split_ascii_whitespace().next().unwrap_or_default();
        if self.root.is_some() || !self.open.is_empty() {
            return Err("a document type (`<!DOCTYPE`) that stands within the document".to_owned());
        }
        if name.eq_ignore_ascii_case("html") {
            return Err("a web page (`<!DOCTYPE html`)".to_owned());
        }
        let mut quote = None;
        let defines = text.chars().any(|c| {
            match (quote, c) {
                (None, '"' | '\'') => quote = Some(c),
                (Some(open), c) if open == c => quote = None,
                _ => {}
            }
            quote.is_none() && c == '['
        });
        match defines {
            true => Err("a document type with definitions of its own (`<!DOCTYPE … [ … ]>`), which are not read, since they can \
                         grow without bound: have the server leave them out"
                .to_owned()),
            false => Ok(()),
        }
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
        let Some(Open { name, full, mut members, text, prefixes, .. }) = self.open.pop() else { return };
        self.compare(&name, &full);
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

    /// Keeps where an element has the name of another one in the same element, and another prefix.
    fn compare(&mut self, name: &str, full: &str) {
        let Some(parent) = self.open.last_mut() else { return };
        let first = match parent.members.contains_key(name) {
            true => parent.written.get(name).map_or(name, String::as_str),
            false if name == full => return,
            false => {
                parent.written.insert(name.to_owned(), full.to_owned());
                return;
            }
        };
        if first != full {
            let names = (first.to_owned(), full.to_owned());
            let path = self.open.iter().map(|open| open.name.clone()).collect();
            self.alike.entry(path).or_insert(names);
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

    fn end(self) -> Result<Read, String> {
        match (self.open.last(), self.root) {
            (Some(open), _) => Err(format!("`<{}>` is not closed", open.full)),
            (None, Some((name, value))) => {
                let alike = self.alike.into_iter().map(|(path, names)| Alike { path, names });
                let (alike, alike_attributes) = (alike.collect(), self.alike_attributes);
                Ok(Read { name, value, alike, alike_attributes })
            }
            (None, None) => Err("there is no element".to_owned()),
        }
    }
}

/// The prefix, the local part and the value.
type Attribute = (Option<String>, String, String);

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
