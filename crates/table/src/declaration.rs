//! Reads the `columns:` block.

use pipeline_config::{CoreNumber, Diagnostic, Field, Node, Reader, Section, Shape, Spanned, Value as Yaml};

use crate::{
    accept::{Rules, Value},
    cell::Cell,
    column_type::ColumnType,
    declared::{DeclaredColumn, DeclaredColumns, OnError},
    parse::Format,
    type_name,
};

/// Keys of one declared column.
pub const COLUMN_FIELDS: &[Field] = &[
    Field::required(
        "type",
        Shape::Text,
        "What every value must be: string, int, float, bool, decimal(p,s), date, time, timestamp (UTC), timestamp_ntz \
         (without zone), duration, binary (base64), json, list<…>, struct<name: …>, map<string, …>.",
    ),
    Field::default(
        "required",
        Shape::Boolean,
        "false",
        "Whether null and missing values break the contract.",
    ),
    Field::optional("default", Shape::Any, "The value where a row has null or nothing."),
    Field::optional("from", Shape::Text, "The key in the rows, where it is not the name of the column."),
    Field::optional(
        "path",
        Shape::Text,
        "The way to the value in a row, such as `fields.status.name`, or a JSON Pointer; numbers are positions.",
    ),
    Field::optional(
        "format",
        Shape::Text,
        "How text is written: for dates and times a pattern such as `%d.%m.%Y %H:%M`, or `unix`, `unix_ms`, `unix_us`; \
         for durations the unit, `hours` to `microseconds`; for binary `base64url` or `hex`.",
    ),
    Field::default(
        "on_error",
        Shape::OneOf(&["fail", "null", "reject"]),
        "fail",
        "What happens to a value that breaks the contract: the run fails, the value is null, or the row goes to the \
         file of rejected rows.",
    ),
];

impl DeclaredColumns {
    /// Reads the mapping under `name` of `section`; a column may be given by its type alone.
    pub fn read(section: &Section<'_>, name: &str) -> Self {
        let reader = section.reader();
        let read = |(key, node): &(Spanned<String>, Node)| match reader.scalar(node) {
            Some(written) => {
                let written = type_alone(reader, node, written)?;
                Some(DeclaredColumn::new(&key.value, column_type(reader, node, &written)?))
            }
            None => {
                let column = column(&Section::read(reader, node, COLUMN_FIELDS), &key.value)?;
                refuse_required_null(reader, node, &column);
                Some(column)
            }
        };
        Self::new(section.entries(name).iter().filter_map(read).collect())
    }
}

fn type_alone(reader: &Reader, node: &Node, written: String) -> Option<String> {
    if written.contains("${") {
        let error = Diagnostic::error("T001", node.span, "a variable stands for the whole column");
        reader.report(error.help("write `{ type: ${NAME} }`"));
        return None;
    }
    Some(written)
}

fn column_type(reader: &Reader, node: &Node, written: &str) -> Option<ColumnType> {
    let report = |problem| {
        let error = Diagnostic::error("T001", node.span, problem);
        let error = match type_name::advice(written) {
            Some(advice) => error.help(advice),
            None => error,
        };
        reader.report(error.help(format!("known types: {}", type_name::KNOWN)));
    };
    ColumnType::parse(written).map_err(report).ok()
}

fn column(section: &Section<'_>, name: &str) -> Option<DeclaredColumn> {
    let written = section.optional_text("type")?;
    let column_type = column_type(section.reader(), section.node("type")?, &written)?;
    let mut column = DeclaredColumn::new(name, column_type);
    column.required = section.boolean("required");
    column.on_error = match section.text("on_error").as_str() {
        "null" => OnError::Null,
        "reject" => OnError::Reject,
        _ => OnError::Fail,
    };
    if let Some(source) = source(section) {
        column.source = source;
    }
    if let Some(written) = section.optional_text("format") {
        match Format::read(&written, &column.column_type) {
            Ok(format) => column.format = Some(format),
            Err(help) => {
                let problem = format!("`{written}` is no format of {}", column.column_type.name());
                section.reader().report(section.error("T002", "format", problem).help(help));
            }
        }
    }
    column.default = default(section, &column);
    Some(column)
}

fn refuse_required_null(reader: &Reader, node: &Node, column: &DeclaredColumn) {
    if column.required && column.on_error == OnError::Null {
        let span = node.get("on_error").map_or(node.span, |node| node.span);
        let error = Diagnostic::error("T004", span, "a required column cannot be null instead");
        reader.report(error.help("write `fail` or `reject`, or take `required` off"));
    }
}

/// The way to the values, where it is not the column's name.
fn source(section: &Section<'_>) -> Option<Vec<String>> {
    match (section.optional_text("from"), section.optional_text("path")) {
        (Some(_), Some(_)) => {
            let error = section.error("T003", "path", "`from` and `path` both say where the values are");
            section.reader().report(error.help("`path` alone takes a key too: write one of them"));
            None
        }
        (Some(key), None) => Some(vec![key]),
        (None, Some(path)) => {
            let steps = steps(&path);
            if steps.iter().any(String::is_empty) {
                let error = section.error("T003", "path", format!("`{path}` has an empty step"));
                section
                    .reader()
                    .report(error.help("write names with a `.` between them, as `fields.status.name`"));
                return None;
            }
            Some(steps)
        }
        (None, None) => None,
    }
}

/// The steps of `a.b.0`, or of a JSON Pointer (RFC 6901).
fn steps(path: &str) -> Vec<String> {
    match path.strip_prefix('/') {
        Some(pointer) => pointer.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect(),
        None => path.split('.').map(str::to_owned).collect(),
    }
}

fn default(section: &Section<'_>, column: &DeclaredColumn) -> Option<Value<'static>> {
    let node = section.node("default")?;
    let rules = Rules { format: column.format.as_ref(), ..Rules::default() };
    match rules.accept(cell(section.reader(), node, &column.column_type), &column.column_type) {
        Ok(value) => Some(value),
        Err(mismatch) => {
            let problem = format!("the default is {}, but the type is {}", mismatch.found, mismatch.expected);
            let mut error = section.error("T005", "default", problem);
            error.help.extend(mismatch.help);
            section.reader().report(error);
            None
        }
    }
}

/// Whether a number of YAML is one of JSON too, which `.5` and `+1` are not.
fn is_json(written: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(written).is_ok()
}

/// A YAML value as a converter would return it; where the type is text, or decimal digits, what is written.
fn cell(reader: &Reader, node: &Node, column_type: &ColumnType) -> Cell<'static> {
    let is_written = matches!(column_type, ColumnType::Text | ColumnType::Decimal { .. });
    if let Some(written) = reader.scalar(node).filter(|_| is_written && node.value != Yaml::Null) {
        return Cell::Text(written.into());
    }
    match &node.value {
        Yaml::Null => Cell::Null,
        Yaml::Boolean(value) => Cell::Bool(*value),
        Yaml::Number(written) if is_json(written) => Cell::Number(written.clone().into()),
        Yaml::Number(written) => match CoreNumber::read(written) {
            Some(CoreNumber::Unsigned(whole)) if i64::try_from(whole).is_ok() => Cell::Int(whole as i64),
            Some(CoreNumber::Signed(whole)) => Cell::Int(whole),
            Some(CoreNumber::Float(number)) => Cell::Float(number),
            _ => Cell::Text(written.clone().into()),
        },
        Yaml::Text(text) => Cell::Text(text.clone().into()),
        Yaml::List(items) => {
            let of = if let ColumnType::List(of) = column_type { of } else { column_type };
            Cell::List(items.iter().map(|item| cell(reader, item, of)).collect())
        }
        Yaml::Map(entries) => {
            let member_type = |name: &str| match column_type {
                ColumnType::Map(of) => of,
                ColumnType::Struct(members) => {
                    members.iter().find(|(known, _)| known == name).map_or(column_type, |(_, of)| of)
                }
                other => other,
            };
            let member = |(name, item): &(Spanned<String>, Node)| {
                (name.value.clone().into(), cell(reader, item, member_type(&name.value)))
            };
            Cell::Struct(entries.iter().map(member).collect())
        }
    }
}
