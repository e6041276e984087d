//! What may stand in a section: the same table drives the reader, `pipeline kinds` and the docs.

/// One key of a section.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// The YAML key.
    pub name: &'static str,
    /// What its value looks like.
    pub shape: Shape,
    /// Whether it must be there.
    pub presence: Presence,
    /// One sentence for the reference.
    pub doc: &'static str,
}

/// Whether a field must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Its absence is an error.
    Required,
    /// It may be missing.
    Optional,
    /// Missing means this text, read as if it stood in the file.
    Default(&'static str),
}

/// What a value looks like in YAML.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// Text; `${VAR}` is replaced.
    Text,
    /// Text that may also hold run-time placeholders such as `${param.project}`, which stay as they are.
    Template,
    /// Text taken as it stands, for code in other languages.
    Verbatim,
    /// An `http` or `https` URL.
    Url,
    /// A credential.
    Secret,
    /// A whole number in this range, ends included.
    Integer(u64, u64),
    /// `true` or `false`.
    Boolean,
    /// A length of time such as `30s`, `5m` or `1h 30m`.
    Duration,
    /// A number of bytes such as `64MiB`.
    ByteSize,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A section with fixed keys.
    Section(&'static [Field]),
    /// A section that comes in kinds; the word names the section in messages.
    Kind(&'static str),
    /// Keys chosen by the user, each with a value of this shape.
    Map(&'static Shape),
    /// A list of values of this shape; a single value counts as a list of one.
    List(&'static Shape),
    /// Anything; the owner of the section reads the node itself.
    Any,
}

impl Field {
    /// A field that must be there.
    pub const fn required(name: &'static str, shape: Shape, doc: &'static str) -> Self {
        Self { name, shape, presence: Presence::Required, doc }
    }

    /// A field that may be missing.
    pub const fn optional(name: &'static str, shape: Shape, doc: &'static str) -> Self {
        Self { name, shape, presence: Presence::Optional, doc }
    }

    /// A field whose absence means `text`.
    pub const fn default(name: &'static str, shape: Shape, text: &'static str, doc: &'static str) -> Self {
        Self { name, shape, presence: Presence::Default(text), doc }
    }
}

impl Shape {
    /// What the user should have written, for messages and the reference.
    pub fn expected(&self) -> String {
        match self {
            Shape::Text | Shape::Template | Shape::Verbatim => "text".into(),
            Shape::Url => "an http or https URL".into(),
            Shape::Secret => "a credential, as ${VAR}".into(),
            Shape::Integer(0, u64::MAX) => "a whole number".into(),
            Shape::Integer(min, u64::MAX) => format!("a whole number from {min}"),
            Shape::Integer(min, max) => format!("a whole number from {min} to {max}"),
            Shape::Boolean => "true or false".into(),
            Shape::Duration => "a length of time such as `30s` or `5m`".into(),
            Shape::ByteSize => "a size such as `64MiB`".into(),
            Shape::OneOf(words) => format!("one of {}", words.join(", ")),
            Shape::Section(_) => "a mapping (`key: value` lines)".into(),
            Shape::Kind(section) => format!("a mapping with the `kind` of {section}"),
            Shape::Map(of) => format!("a mapping of names to {}", of.expected()),
            Shape::List(of) => format!("a list of {}", of.expected()),
            Shape::Any => "anything".into(),
        }
    }
}
