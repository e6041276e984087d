//! Names in SQL.

use std::fmt;

use pipeline_sink::SinkError;

/// How many bytes of a name PostgreSQL keeps; it cuts longer ones off in silence.
const MAX_NAME: usize = 63;

/// `name` as SQL has it, whatever it contains.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Several names, quoted, with commas.
pub(crate) fn quoted_list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    names.into_iter().map(quoted).collect::<Vec<_>>().join(", ")
}

/// A table, in a schema or where the search path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableName {
    schema: Option<String>,
    name: String,
}

impl TableName {
    /// Reads `table` or `schema.table`; case is kept, and quotes are not needed.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    pub(crate) fn parse(text: &str) -> Result<Self, (String, &'static str)> {
        let (schema, name) = match text.split_once('.') {
            Some((schema, name)) => (Some(schema.to_owned()), name),
            None => (None, text),
        };
        let parts = schema.iter().map(String::as_str).chain([name]);
        for part in parts {
            if part.is_empty() || part.contains(['.', '\0']) {
                let problem = format!("`{text}` is no name of a table");
                return Err((problem, "write `table` or `schema.table`"));
            }
            if part.len() > MAX_NAME {
                let problem =
                    format!("`{part}` is longer than the {MAX_NAME} bytes that PostgreSQL keeps of a name");
                return Err((problem, "choose a shorter name"));
            }
        }
        Ok(Self { schema, name: name.to_owned() })
    }

    /// The table beside it in which runs are noted.
    pub(crate) fn runs(&self) -> Self {
        Self { schema: self.schema.clone(), name: "_pipeline_runs".to_owned() }
    }

    /// Its schema, as SQL has it.
    pub(crate) fn schema(&self) -> Option<String> {
        self.schema.as_deref().map(quoted)
    }

    /// Without its schema.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// As SQL has it.
    pub(crate) fn sql(&self) -> String {
        match &self.schema {
            Some(schema) => format!("{}.{}", quoted(schema), quoted(&self.name)),
            None => quoted(&self.name),
        }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(schema) = &self.schema {
            write!(f, "{schema}.")?;
        }
        f.write_str(&self.name)
    }
}

/// Refuses names that would be cut off.
pub(crate) fn check_column(name: &str, target: &str) -> Result<(), SinkError> {
    let problem = match name {
        "" => "a column has no name; name it in `columns`, or in the converter".to_owned(),
        long if long.len() > MAX_NAME => format!(
            "the name of column `{long}` is longer than the {MAX_NAME} bytes that PostgreSQL keeps; \
             give it a shorter one with `columns: {{ short: {{ source: … }} }}`, or in the converter"
        ),
        _ => return Ok(()),
    };
    Err(SinkError::Refused { target: target.to_owned(), problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_whatever_they_contain() {
        let check = |text: &str, sql: &str| assert_eq!(TableName::parse(text).expect(text).sql(), sql);
        check("issues", r#""issues""#);
        check("jira.Issues", r#""jira"."Issues""#);
        check(r#"a"; drop table x; --"#, r#""a""; drop table x; --""#);
        check("a, b", r#""a, b""#);
    }

    #[test]
    fn wrong_names_are_refused() {
        for text in ["", ".", "a.", ".a", "a.b.c", &"x".repeat(64)] {
            assert!(TableName::parse(text).is_err(), "{text}");
        }
    }
}
