//! Reads a mapping against its table of fields.

mod arguments;
mod resolve;

use std::{path::PathBuf, time::Duration};

use resolve::{Resolved, resolve, resolve_default, resolve_optional};

use crate::{
    diagnostic::Diagnostic,
    field::{Field, Presence},
    kind::Kind,
    nearest::known_names,
    reader::Reader,
    secret::Secret,
    source::{Span, Spanned},
    template::Template,
    yaml::{Node, Value},
};

/// A mapping that was held against its fields.
///
/// All mistakes have been reported when it exists. A getter for a value that was wrong or missing returns its
/// default, or an empty value: building goes on, so that later sections are checked too, and
/// [`Reader::finish`] refuses the whole.
#[derive(Debug)]
pub struct Section<'r> {
    reader: &'r Reader,
    span: Span,
    fields: &'static [Field],
    slots: Vec<Slot<'r>>,
}

#[derive(Debug)]
struct Slot<'r> {
    key: Option<Span>,
    node: Option<&'r Node>,
    resolved: Option<Resolved>,
}

/// Where a key belongs that is unknown here, as help.
type Elsewhere<'e> = &'e dyn Fn(&str) -> Option<String>;

/// As [`resolve`]; a credential that is empty is a mistake, too.
fn resolve_required(reader: &Reader, field: &Field, item: &Node) -> Option<Resolved> {
    let n_errors = reader.n_errors();
    let resolved = resolve(reader, &field.shape, item);
    let is_empty = matches!(field.shape, crate::Shape::Secret) && !matches!(item.value, Value::Null);
    if resolved.is_none() && is_empty && reader.n_errors() == n_errors {
        let error = Diagnostic::error("C005", item.span, format!("`{}` is empty", field.name));
        reader.report(
            error.help(
                "set the variable that it comes from, or write `${NAME}` without an empty default (`:-`)",
            ),
        );
    }
    resolved
}

impl<'r> Section<'r> {
    /// Reads `node` against `fields`.
    pub fn read(reader: &'r Reader, node: &'r Node, fields: &'static [Field]) -> Self {
        Self::read_known(reader, node, fields, (&[], &|_| None))
    }

    /// Reads a node with a `kind` key: finds the kind, then reads the rest against its fields.
    ///
    /// `None` after reporting that the kind is missing or unknown. `what` names the section in messages.
    pub fn read_kind<B>(
        reader: &'r Reader,
        node: &'r Node,
        kinds: &'r [Kind<B>],
        what: &str,
    ) -> Option<(Self, &'r Kind<B>)> {
        Self::read_kind_within(reader, node, kinds, (what, "", &[]))
    }

    /// The same of a section that stands in `parent`, whose keys are `around`: a message about one of them says where it
    /// belongs.
    pub fn read_kind_within<B>(
        reader: &'r Reader,
        node: &'r Node,
        kinds: &'r [Kind<B>],
        (what, parent, around): (&str, &str, &[Field]),
    ) -> Option<(Self, &'r Kind<B>)> {
        let names = || kinds.iter().map(|kind| kind.name);
        let is_written =
            |named: &&Node| !matches!(named.value, Value::Null) || reader.scalar(named).is_some();
        let Some(named) = node.get("kind").filter(is_written) else {
            let found = match node.value {
                Value::Map(_) => format!("this {what} has no `kind`"),
                _ => format!("{what} must be a mapping with a `kind`, found {}", node.value.name()),
            };
            let known: Vec<_> = names().collect();
            reader.report(
                Diagnostic::error("C007", node.span, found)
                    .help(format!("add `kind:` with one of {}", known.join(", "))),
            );
            return None;
        };
        let name = match resolve(reader, &crate::Shape::Text, named) {
            Some(Resolved::Text(name)) => name,
            _ => return None,
        };
        let Some(kind) = kinds.iter().find(|kind| kind.name == name) else {
            reader.report(
                Diagnostic::error("C007", named.span, format!("unknown {what} kind `{name}`"))
                    .help(known_names(&name, names().collect::<Vec<_>>())),
            );
            return None;
        };
        let too_deep = |key: &str| {
            let is_known = around.iter().any(|field| field.name == key);
            is_known.then(|| format!("`{key}` stands beside `{what}`, in `{parent}`: move it there"))
        };
        Some((Self::read_known(reader, node, kind.fields, (&["kind"], &too_deep)), kind))
    }

    fn read_known(
        reader: &'r Reader,
        node: &'r Node,
        fields: &'static [Field],
        (also, elsewhere): (&[&'static str], Elsewhere<'_>),
    ) -> Self {
        let mut slots: Vec<Slot<'r>> =
            fields.iter().map(|_| Slot { key: None, node: None, resolved: None }).collect();
        if !matches!(node.value, Value::Map(_)) {
            let message = format!("expected a mapping (`key: value` lines), found {}", node.value.name());
            reader.report(Diagnostic::error("C004", node.span, message));
            return Self { reader, span: node.span, fields, slots };
        }
        report_duplicates(reader, node);
        for (key, item) in node.entries() {
            match fields.iter().position(|field| field.name == key.value) {
                Some(index) => {
                    let field = &fields[index];
                    let resolved = match field.presence {
                        Presence::Required => resolve_required(reader, field, item),
                        Presence::Optional | Presence::Default(_) => {
                            resolve_optional(reader, &field.shape, item)
                        }
                    };
                    // An explicit null counts as missing where it is no text.
                    let node = (resolved.is_some() || !matches!(item.value, Value::Null)).then_some(item);
                    slots[index] = Slot { key: Some(key.span), node, resolved };
                }
                None if also.contains(&key.value.as_str()) => {}
                None => report_unknown(reader, (key, item), (fields, also), elsewhere),
            }
        }
        for (field, slot) in fields.iter().zip(&mut slots) {
            fill_missing(reader, node.span, field, slot);
        }
        Self { reader, span: node.span, fields, slots }
    }

    fn slot(&self, name: &str) -> &Slot<'r> {
        let index = self
            .fields
            .iter()
            .position(|field| field.name == name)
            .unwrap_or_else(|| panic!("`{name}` is not in this section's table of fields"));
        &self.slots[index]
    }

    /// The reader, for nested nodes and further diagnostics.
    pub fn reader(&self) -> &'r Reader {
        self.reader
    }

    /// Where the section begins.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Where the value of `name` stands, or the section when it is missing.
    pub fn span_of(&self, name: &str) -> Span {
        let slot = self.slot(name);
        slot.node.map(|node| node.span).or(slot.key).unwrap_or(self.span)
    }

    /// The node under `name`, for owners that read it themselves; an explicit null counts as missing where it is no
    /// text.
    pub fn node(&self, name: &str) -> Option<&'r Node> {
        self.slot(name).node
    }

    /// Text with variables replaced; empty when missing.
    pub fn text(&self, name: &str) -> String {
        self.optional_text(name).unwrap_or_default()
    }

    /// Text with variables replaced; `None` when missing or empty.
    pub fn optional_text(&self, name: &str) -> Option<String> {
        match &self.slot(name).resolved {
            Some(Resolved::Text(text)) if !text.is_empty() => Some(text.clone()),
            _ => None,
        }
    }

    /// Text with its run-time placeholders.
    pub fn template(&self, name: &str) -> Option<Template> {
        match &self.slot(name).resolved {
            Some(Resolved::Template(template)) => Some(template.clone()),
            _ => None,
        }
    }

    /// A credential; `None` when missing or empty.
    pub fn secret(&self, name: &str) -> Option<Secret> {
        match &self.slot(name).resolved {
            Some(Resolved::Secret(secret)) => Some(secret.clone()),
            _ => None,
        }
    }

    /// A whole number.
    pub fn integer(&self, name: &str) -> Option<u64> {
        match self.slot(name).resolved {
            Some(Resolved::Integer(value)) => Some(value),
            _ => None,
        }
    }

    /// `true` or `false`; a missing one without default is `false`.
    pub fn boolean(&self, name: &str) -> bool {
        matches!(self.slot(name).resolved, Some(Resolved::Boolean(true)))
    }

    /// A length of time.
    pub fn duration(&self, name: &str) -> Option<Duration> {
        match self.slot(name).resolved {
            Some(Resolved::Duration(value)) => Some(value),
            _ => None,
        }
    }

    /// A number of bytes.
    pub fn byte_size(&self, name: &str) -> Option<u64> {
        match self.slot(name).resolved {
            Some(Resolved::Bytes(value)) => Some(value),
            _ => None,
        }
    }

    /// A path, relative ones starting at the folder of the file that names it.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        let text = self.optional_text(name)?;
        Some(self.reader.folder(self.span_of(name)).join(text))
    }

    /// A nested section; an absent one is read as if it were empty when `fields` have no required key.
    pub fn section(&self, name: &str, fields: &'static [Field]) -> Option<Section<'r>> {
        self.node(name).map(|node| Section::read(self.reader, node, fields))
    }

    /// The entries of a mapping with user-chosen keys, in order.
    pub fn entries(&self, name: &str) -> &'r [(Spanned<String>, Node)] {
        self.node(name).map(Node::entries).unwrap_or_default()
    }

    /// A mapping of user-chosen keys to text with placeholders, in order.
    pub fn templates(&self, name: &str) -> Vec<(String, Template)> {
        let read = |(key, node): &(Spanned<String>, Node)| match resolve(
            self.reader,
            &crate::Shape::Template,
            node,
        )? {
            Resolved::Template(template) => {
                self.reader.note_named(&key.value, node);
                Some((key.value.clone(), template))
            }
            _ => None,
        };
        self.entries(name).iter().filter_map(read).collect()
    }

    /// A mapping of user-chosen keys to text with variables replaced, in order.
    pub fn pairs(&self, name: &str) -> Vec<(String, String)> {
        let read =
            |(key, node): &(Spanned<String>, Node)| match resolve(self.reader, &crate::Shape::Text, node)? {
                Resolved::Text(text) => {
                    self.reader.note_named(&key.value, node);
                    Some((key.value.clone(), text))
                }
                _ => None,
            };
        self.entries(name).iter().filter_map(read).collect()
    }

    /// A mapping of user-chosen keys to credentials, in order; empty ones are left out.
    pub fn secrets(&self, name: &str) -> Vec<(Spanned<String>, Secret)> {
        let read = |(key, node): &(Spanned<String>, Node)| match resolve(
            self.reader,
            &crate::Shape::Secret,
            node,
        )? {
            Resolved::Secret(secret) => Some((key.clone(), secret)),
            _ => None,
        };
        self.entries(name).iter().filter_map(read).collect()
    }

    /// The text of a node inside a value that its owner reads itself, variables replaced, with its placeholders.
    pub fn template_of(&self, node: &Node) -> Option<Template> {
        match resolve(self.reader, &crate::Shape::Template, node)? {
            Resolved::Template(template) => Some(template),
            _ => None,
        }
    }

    /// A list of texts with variables replaced.
    pub fn texts(&self, name: &str) -> Vec<Spanned<String>> {
        let nodes = match self.node(name) {
            Some(Node { value: Value::List(items), .. }) => items.as_slice(),
            Some(node) => std::slice::from_ref(node),
            None => &[],
        };
        let read = |node: &Node| match resolve(self.reader, &crate::Shape::Text, node)? {
            Resolved::Text(value) => Some(Spanned { value, span: node.span }),
            _ => None,
        };
        nodes.iter().filter_map(read).collect()
    }

    /// Reports a mistake in the value of `name`.
    pub fn error(&self, code: &'static str, name: &str, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, self.span_of(name), message)
    }
}

/// Gives an absent value its default, or reports that it must be there.
fn fill_missing(reader: &Reader, section: Span, field: &Field, slot: &mut Slot<'_>) {
    if slot.node.is_some() {
        return;
    }
    match field.presence {
        Presence::Required => reader.report(
            Diagnostic::error("C003", slot.key.unwrap_or(section), format!("`{}` is missing", field.name))
                .help(format!("`{}` is {}: {}", field.name, field.shape.expected(), field.doc)),
        ),
        Presence::Default(text) => slot.resolved = resolve_default(&field.shape, text),
        Presence::Optional => {}
    }
}

fn report_duplicates(reader: &Reader, node: &Node) {
    for (index, (key, _)) in node.entries().iter().enumerate() {
        let first = node.entries()[..index].iter().find(|(earlier, _)| earlier.value == key.value);
        if let Some((first, _)) = first {
            let (_, line, _) = reader.position(first.span);
            reader.report(
                Diagnostic::error("C006", key.span, format!("`{}` is given twice", key.value))
                    .help(format!("the first one is on line {line}; keep one of them")),
            );
        }
    }
}

fn report_unknown(
    reader: &Reader,
    (key, item): (&Spanned<String>, &Node),
    (fields, also): (&[Field], &[&str]),
    elsewhere: Elsewhere<'_>,
) {
    if crate::is_credential_name(&key.value) && !matches!(item.value, Value::Map(_)) {
        reader.hide(item.span);
    }
    let known: Vec<&str> = also.iter().copied().chain(fields.iter().map(|field| field.name)).collect();
    reader.report(
        Diagnostic::error("C002", key.span, format!("unknown key `{}`", key.value))
            .help(elsewhere(&key.value).unwrap_or_else(|| known_names(&key.value, known))),
    );
}

#[cfg(test)]
mod tests;
