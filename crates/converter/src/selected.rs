//! Rows without a script: the records at `select`, as the page has them.
//!
//! Every number reaches the table as it is written, so that no double takes digits from it; see ADR 0050.

use std::{borrow::Cow, cell, collections::hash_map::Entry, rc::Rc, sync::Arc};

use pipeline_table::{Batch, BatchBuilder, Cell, ColumnTypes, DeclaredColumns};
use rustc_hash::{FxBuildHasher, FxHashMap};
use serde::{Deserialize, Serialize};

use crate::{
    budget::Budget,
    cells::{MAX_DEPTH, too_deep},
    json::{Document, Kind, Malformed, Surrogates, Tape, place_of},
    limits::ConverterLimits,
    rows::{Reason, Stop, shown},
    values::{describe, shorten},
};

/// Where the records stand in the body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Selection {
    /// As the user has written it; empty for the body itself.
    select: String,
}

impl Selection {
    pub(crate) fn new(select: Option<&str>) -> Self {
        Self { select: select.unwrap_or_default().to_owned() }
    }

    /// A body that has no records at the selection.
    pub(crate) fn empty_body(&self) -> String {
        let wrap =
            |inner: String, name: &String| format!("{{{}:{inner}}}", serde_json::Value::from(name.as_str()));
        self.segments().iter().rev().fold("[]".to_owned(), wrap)
    }

    /// What messages call the records: "`data.items` of the body".
    pub(crate) fn subject(&self) -> String {
        match self.select.as_str() {
            "" => "the body".into(),
            select => format!("`{select}` of the body"),
        }
    }

    /// The same as one line, which names the selection as a script's text names a script.
    pub(crate) fn text(&self) -> String {
        format!("// the records at {:?}", self.select)
    }

    /// The segments of a dotted path (`data.items`) or a JSON Pointer (`/data/items`, RFC 6901).
    fn segments(&self) -> Vec<String> {
        match self.select.strip_prefix('/') {
            Some(pointer) => {
                pointer.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect()
            }
            None if self.select.is_empty() => Vec::new(),
            None => self.select.split('.').map(str::to_owned).collect(),
        }
    }

    /// The rows of a page whose text is known to be UTF-8; `tape` is used again from page to page.
    pub(crate) fn rows(
        &self,
        body: &[u8],
        (declared, limits): (&Arc<DeclaredColumns>, &ConverterLimits),
        tape: &mut Tape,
    ) -> Result<Batch, Stop> {
        let stop = |reason| Stop { row: None, column: None, reason };
        let text = Rc::new(body.to_vec());
        let document = Document::read(Rc::clone(&text), Surrogates::Paired, std::mem::take(tape))
            .map_err(|malformed| stop(not_json(&text, malformed)))?;
        let rows = |known| RecordRows {
            document: &document,
            rows: BatchBuilder::new(Arc::clone(declared)).knowing(known),
            budget: Budget::new(limits),
            name: String::new(),
            names: Vec::new(),
            in_rows: false,
            path: None,
            lone: Lone::default(),
        };
        let found = self.find(&document).map_err(|problem| stop(Reason::Body(problem)));
        let read = found.and_then(|node| {
            let batch = rows(ColumnTypes::new()).read(node, declared)?;
            // Numbers that came before their column was text have lost how they are written; the page still has it.
            match batch.respelled().is_empty() {
                true => Ok(batch),
                false => rows(batch.respelled().clone()).read(node, declared),
            }
        });
        *tape = document.tape;
        read
    }

    /// The value at the selection; a sentence on what is there instead.
    fn find(&self, document: &Document) -> Result<usize, String> {
        let (mut at, segments, mut decoded) = (0, self.segments(), Vec::new());
        for (depth, segment) in segments.iter().enumerate() {
            let mut children = document.tape.children(at);
            let found = match document.tape.node(at).kind() {
                Kind::Object => children
                    .filter(|name| document.name(*name, &mut decoded) == segment.as_bytes())
                    .last()
                    .map(|name| name + 1),
                Kind::Array => index(segment).and_then(|index| children.nth(index)),
                _ => None,
            };
            at = found.ok_or_else(|| {
                let at_what = match depth {
                    0 => "the body".into(),
                    depth => format!("`{}`", segments[..depth].join(".")),
                };
                format!("{at_what} has no `{segment}` for `select`; {}", what_is_there(document, at))
            })?;
        }
        Ok(at)
    }
}

/// A position in an array, as JavaScript writes it.
fn index(segment: &str) -> Option<usize> {
    segment.parse().ok().filter(|index: &usize| index.to_string() == segment)
}

/// What reads a body that is no JSON.
pub(crate) struct Advice {
    pub(crate) over_http: &'static str,
    pub(crate) of_files: &'static str,
}

/// For lines of JSON, and for anything else.
pub(crate) const OTHER_FORMATS: [Advice; 2] = [
    Advice {
        over_http: "`decode: ndjson` in `query` reads such lines",
        of_files: "`format: ndjson` in `datasource` reads such lines, as it does in files called `.ndjson` or `.jsonl`",
    },
    Advice {
        over_http: "`decode: csv` in `query` reads CSV, and `decode: text` any text",
        of_files: "`format: csv` in `datasource` reads CSV, as it does in files called `.csv`",
    },
];

fn not_json(text: &[u8], malformed: Malformed) -> Reason {
    let first = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).find(|line| !line.is_empty());
    let is_json = |line: &[u8]| serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok();
    let help = match first {
        Some(line) if is_json(line) => format!("; its first line is JSON: {}", OTHER_FORMATS[0].over_http),
        Some([b'{' | b'[' | b'"' | b'<', ..]) | None => String::new(),
        Some(_) => format!("; {}", OTHER_FORMATS[1].over_http),
    };
    let rest = text.get(malformed.at..).unwrap_or_default();
    let help = match ["NaN", "Infinity"].into_iter().find(|word| rest.starts_with(word.as_bytes())) {
        Some(word) => format!("; `{word}` is no JSON: have the program that writes it write null"),
        None => help,
    };
    Reason::Body(format!("the body is not JSON: {}{help}", place_of(text, malformed)))
}

/// `it has errors, errorMessages`, `it is an array`
fn what_is_there(document: &Document, node: usize) -> String {
    const N_SHOWN: usize = 12;
    match document.tape.node(node).kind() {
        Kind::Object => {
            let mut decoded = Vec::new();
            let names = document.tape.children(node).take(N_SHOWN);
            let names: Vec<String> =
                names.map(|name| document.text(name, &mut decoded).into_owned()).collect();
            match names.is_empty() {
                true => "it has nothing".into(),
                false => format!("it has {}", names.join(", ")),
            }
        }
        Kind::Array => "it is an array".into(),
        Kind::Null => "it is null".into(),
        Kind::True | Kind::False => "it is a boolean".into(),
        Kind::Number => "it is a number".into(),
        Kind::String => "it is a string".into(),
    }
}

/// What a value is and how it begins, for messages.
fn describe_node(document: &Document, node: usize) -> String {
    const N_SHOWN: usize = 6;
    match document.tape.node(node).kind() {
        Kind::Array => match document.tape.children(node).count() {
            1 => "an array of 1 item".into(),
            n => format!("an array of {n} items"),
        },
        Kind::Object => {
            let mut decoded = Vec::new();
            let names = document.tape.children(node);
            let names: Vec<String> =
                names.map(|name| shorten(&document.text(name, &mut decoded), 40)).collect();
            match names.len() {
                0 => "an empty object".into(),
                1..=N_SHOWN => format!("an object with the keys {}", names.join(", ")),
                n => format!("an object with the keys {}, … ({n} in all)", names[..N_SHOWN].join(", ")),
            }
        }
        Kind::Number => format!("a number ({})", document.written(node)),
        _ => describe(&document.scalar(node)),
    }
}

/// Adds the records of a page to a table.
struct RecordRows<'d> {
    document: &'d Document,
    rows: BatchBuilder,
    budget: Budget,
    /// The column at work; its memory is used again.
    name: String,
    /// The names of the last record in which none is there twice, as they are written.
    names: Vec<Box<[u8]>>,
    in_rows: bool,
    /// The way into a value that cannot be taken.
    path: Option<String>,
    /// Whether the cell at work has a text with half of a surrogate pair.
    lone: Lone,
}

/// Set by such a text.
type Lone = cell::Cell<bool>;

impl RecordRows<'_> {
    fn read(mut self, node: usize, declared: &DeclaredColumns) -> Result<Batch, Stop> {
        match self.all(node, declared) {
            Ok(()) => {
                let stop = |error| Stop { row: None, column: None, reason: Reason::Table(Box::new(error)) };
                self.rows.finish().map_err(stop)
            }
            Err(reason) => {
                let row = self.in_rows.then(|| self.rows.n_rows());
                Err(Stop { row, column: self.path, reason })
            }
        }
    }

    fn all(&mut self, node: usize, declared: &DeclaredColumns) -> Result<(), Reason> {
        let document = self.document;
        match document.tape.node(node).kind() {
            Kind::Null => Ok(()),
            // Where records are looked for, an object without members is none.
            Kind::Object if node > 0 && document.tape.children(node).next().is_none() => Ok(()),
            Kind::Object => self.row(node, declared),
            Kind::Array => {
                self.in_rows = true;
                document.tape.children(node).try_for_each(|record| self.row(record, declared))?;
                self.in_rows = false;
                Ok(())
            }
            _ => Err(Reason::Result { found: describe_node(document, node), help: Vec::new() }),
        }
    }

    fn row(&mut self, record: usize, declared: &DeclaredColumns) -> Result<(), Reason> {
        let document = self.document;
        self.in_rows = true;
        match document.tape.node(record).kind() {
            Kind::Object => {}
            kind => {
                let help = match kind {
                    Kind::Array => vec!["name the columns in a converter: `{ id: row[0], … }`".into()],
                    Kind::Null => {
                        vec!["a converter can leave it out: `.filter(record => record !== null)`".into()]
                    }
                    _ => vec!["name the column in a converter: `.map(value => ({ value }))`".into()],
                };
                return Err(Reason::Row { found: describe_node(document, record), help });
            }
        }
        self.budget.row()?;
        match self.has_names_of_last(record) {
            true => document.tape.children(record).try_for_each(|name| self.member(name, declared))?,
            false => {
                let members = last_of_each(document, record)?;
                self.remember(record, members.len());
                members.into_iter().try_for_each(|name| self.member(name, declared))?;
            }
        }
        Ok(self.rows.end_row()?)
    }

    fn member(&mut self, name: usize, declared: &DeclaredColumns) -> Result<(), Reason> {
        let (document, mut decoded) = (self.document, Vec::new());
        self.name.clear();
        self.name.push_str(&self::name(document, name)?);
        if !declared.wants(&self.name) {
            return Ok(());
        }
        let cell = cell(document, name + 1, &mut decoded, &self.lone);
        let cell = cell.inspect_err(|_| self.path = Some(self.name.clone()))?;
        self.budget.cell(&cell)?;
        if self.lone.take() {
            self.rows.note_surrogate(&self.name, &shown(&cell));
        }
        let pushed = self.rows.push(&self.name, cell);
        Ok(pushed.inspect_err(|_| self.path = Some(self.name.clone()))?)
    }

    /// Whether a record has the names of the last one, among which none is there twice.
    fn has_names_of_last(&self, record: usize) -> bool {
        let document = self.document;
        let mut known = self.names.iter();
        let is_known =
            |name: usize| known.next().is_some_and(|known| **known == *document.written(name).as_bytes());
        document.tape.children(record).all(is_known) && known.next().is_none()
    }

    fn remember(&mut self, record: usize, n_different: usize) {
        let document = self.document;
        self.names.clear();
        let names = document.tape.children(record).map(|name| document.written(name).as_bytes().into());
        self.names.extend(names);
        if self.names.len() != n_different {
            self.names.clear();
        }
    }
}

/// The cell of a value; `decoded` is where a text goes that has escapes.
fn cell<'t>(
    document: &'t Document,
    node: usize,
    decoded: &'t mut Vec<u8>,
    lone: &Lone,
) -> Result<Cell<'t>, Reason> {
    match document.tape.node(node).kind() {
        Kind::String => {
            let (text, surrogates) = document.text_of(node, decoded);
            lone.set(surrogates == Surrogates::Lone);
            Ok(Cell::Text(text))
        }
        _ => inner(document, node, 1, lone),
    }
}

/// The same for a value within others, of which only texts with escapes are copied.
fn inner<'t>(document: &'t Document, node: usize, depth: usize, lone: &Lone) -> Result<Cell<'t>, Reason> {
    let kind = document.tape.node(node).kind();
    if matches!(kind, Kind::Array | Kind::Object) && depth >= MAX_DEPTH {
        return Err(Reason::Cell { problem: too_deep(), help: Vec::new() });
    }
    Ok(match kind {
        Kind::Null => Cell::Null,
        Kind::False => Cell::Bool(false),
        Kind::True => Cell::Bool(true),
        Kind::Number => Cell::Number(Cow::Borrowed(document.written(node))),
        Kind::String => {
            let (text, surrogates) = text(document, node);
            lone.set(lone.get() || surrogates == Surrogates::Lone);
            Cell::Text(text)
        }
        Kind::Array => {
            let items = document.tape.children(node).map(|item| inner(document, item, depth + 1, lone));
            Cell::List(items.collect::<Result<_, _>>()?)
        }
        Kind::Object => {
            let member = |at| Ok((name(document, at)?, inner(document, at + 1, depth + 1, lone)?));
            let members = last_of_each(document, node)?.into_iter().map(member);
            Cell::Struct(members.collect::<Result<_, Reason>>()?)
        }
    })
}

/// The names of an object; of two that are the same, the value of the later one counts, in the place of the first.
fn last_of_each(document: &Document, object: usize) -> Result<Vec<usize>, Reason> {
    let mut names: Vec<usize> = document.tape.children(object).collect();
    if names.len() < 2 {
        return Ok(names);
    }
    let mut places = FxHashMap::with_capacity_and_hasher(names.len(), FxBuildHasher);
    let mut n_different = 0;
    for index in 0..names.len() {
        let at = names[index];
        match places.entry(name(document, at)?) {
            Entry::Occupied(place) => names[*place.get()] = at,
            Entry::Vacant(place) => {
                place.insert(n_different);
                names[n_different] = at;
                n_different += 1;
            }
        }
    }
    names.truncate(n_different);
    Ok(names)
}

/// The name of a member; those with half of a surrogate pair would be one name.
fn name(document: &Document, node: usize) -> Result<Cow<'_, str>, Reason> {
    match text(document, node) {
        (name, Surrogates::Paired) => Ok(name),
        (name, Surrogates::Lone) => {
            let problem = format!("the name `{name}` has half of a surrogate pair, which is no character");
            Err(Reason::Cell { problem, help: Vec::new() })
        }
    }
}

fn text(document: &Document, node: usize) -> (Cow<'_, str>, Surrogates) {
    match document.tape.node(node).is_marked() {
        true => {
            let mut decoded = Vec::new();
            let (text, surrogates) = document.text_of(node, &mut decoded);
            (Cow::Owned(text.into_owned()), surrogates)
        }
        false => (Cow::Borrowed(document.written(node)), Surrogates::Paired),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_paths() {
        let check = |select, expected: &[&str]| {
            assert_eq!(Selection::new(Some(select)).segments(), expected, "{select}");
        };
        check("", &[]);
        check("issues", &["issues"]);
        check("data.items.0", &["data", "items", "0"]);
        check("/data/a~1b/m~0n", &["data", "a/b", "m~n"]);
    }
}
