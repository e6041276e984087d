//! `for_each`: one query per row of another table.

use pipeline_config::{Field, Section, Shape, Spanned};

/// The keys of `for_each`.
pub(crate) const FOR_EACH_FIELDS: &[Field] = &[
    Field::required("table", Shape::Text, "The table whose rows are gone through; its run comes first."),
    Field::required(
        "column",
        Shape::Text,
        "The column whose value goes into the query; rows where it is null are passed over.",
    ),
    Field::default("as", Shape::Text, "key", "The name of the value: `as: key` is `${each.key}`."),
];

/// Which rows a query is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForEach {
    /// The table that has the rows.
    pub table: Spanned<String>,
    /// Its column.
    pub column: String,
    /// What the value is called after `each.`.
    pub name: String,
}

/// Whether `name` can stand in `${each.name}`.
pub(crate) fn is_placeholder_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

impl ForEach {
    pub(crate) fn read(query: &Section<'_>) -> Option<Self> {
        let section = query.section("for_each", FOR_EACH_FIELDS)?;
        let name = section.text("as");
        if !is_placeholder_name(&name) {
            let error = section.error("Q006", "as", format!("`{name}` is not a name for a placeholder"));
            section.reader().report(error.help("letters, digits and `_`, beginning with a letter"));
        }
        let table = Spanned { value: section.optional_text("table")?, span: section.span_of("table") };
        Some(Self { table, column: section.optional_text("column")?, name })
    }
}
