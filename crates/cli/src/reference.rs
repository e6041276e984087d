//! The reference of pipeline files as Markdown, from the tables that the reader itself uses.

use std::collections::VecDeque;

use pipeline_config::{Field, Presence, Shape};
use pipeline_engine::{CONVERTER_FIELDS, LIMIT_FIELDS, PIPELINE_FIELDS, Registry};

const PREFACE: &str = "# Reference of pipeline files
<!-- Written by `pipeline kinds --format markdown`; do not edit. -->

Every key of a pipeline file. `${NAME}` and `${NAME:-default}` stand for variables of the environment or of the `.env`
beside the file; `${param.name}` and `${run.started_at}` for what is known when the pipeline runs. Unknown keys are
errors.

Files are YAML 1.2: only `true` and `false` are booleans, and where text is wanted a value without quotes is the text that is
written: `NO`, `y`, `1.10`, `00123`, `1_000`, `12:30`, `~`. A key that may be left out is left out with `null` and `~`, too. In
`body`, values without quotes are those of JSON: `0x10` is 16, `null` null, and `007` text, since a number would lose its
zeros.

";

/// All sections, then all kinds.
pub(crate) fn markdown(registry: &Registry) -> String {
    let kinds = registry.kinds();
    let mut text = PREFACE.to_owned();
    let mut known: Vec<String> = Vec::new();
    let mut sections = VecDeque::from([
        ("The file".to_owned(), PIPELINE_FIELDS),
        // A path may stand in its place, so that its table is not the file's.
        ("`converter`".to_owned(), CONVERTER_FIELDS),
        ("`limits` of `converter`".to_owned(), LIMIT_FIELDS),
    ]);
    // What kinds nest comes after what the file itself nests.
    let mut of_kinds: VecDeque<_> = kinds.iter().flat_map(|kind| kind.fields).filter_map(nested).collect();
    while let Some((title, fields)) = sections.pop_front().or_else(|| of_kinds.pop_front()) {
        if !known.contains(&title) {
            text.push_str(&format!("## {title}\n{}\n", table(fields)));
            known.push(title);
            sections.extend(fields.iter().filter_map(nested));
        }
    }
    let mut section = "";
    for kind in &kinds {
        if kind.section != section {
            section = kind.section;
            text.push_str(&format!("## Kinds of `{section}`\n\n"));
        }
        text.push_str(&format!("### `kind: {}`\n{}\n\n", kind.name, escaped(kind.summary)));
        if !kind.fields.is_empty() {
            text.push_str(&format!("{}\n", table(kind.fields)));
        }
    }
    text.trim_end().to_owned()
}

/// The section that a key opens.
fn nested(field: &Field) -> Option<(String, &'static [Field])> {
    match field.shape {
        Shape::Section(fields) => Some((format!("`{}`", field.name), fields)),
        Shape::Map(Shape::Section(fields)) => Some((format!("Each of `{}`", field.name), fields)),
        Shape::List(Shape::Section(fields)) => Some((format!("Each of `{}`", field.name), fields)),
        _ => None,
    }
}

fn table(fields: &[Field]) -> String {
    let mut text = "| key | value | without it | what it means |\n|---|---|---|---|\n".to_owned();
    for field in fields {
        let without = match field.presence {
            Presence::Required => "an error".to_owned(),
            Presence::Optional | Presence::Default("") => String::new(),
            Presence::Default(value) => format!("`{value}`"),
        };
        let value = escaped(&field.shape.expected());
        text.push_str(&format!("| `{}` | {value} | {without} | {} |\n", field.name, escaped(field.doc)));
    }
    text
}

/// Text that stays within one cell of a table.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file in the docs, which is checked in so that it can be read without building anything.
    #[test]
    fn the_committed_reference_is_what_the_program_knows() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference.md");
        let expected = markdown(&Registry::builtin()) + "\n";
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(committed == expected, "docs/reference.md is out of date: run `just reference`");
    }

    #[test]
    fn every_kind_and_every_section_is_there_once() {
        let text = markdown(&Registry::builtin());
        for heading in ["## `query`", "## `limits`", "## Each of `params`", "### `kind: cursor`"] {
            assert_eq!(text.matches(&format!("{heading}\n")).count(), 1, "{heading}");
        }
    }
}
