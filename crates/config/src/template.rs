//! Text with `${…}` in it.

/// A piece of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text as it stands; `$${` has become `${`.
    Text(String),
    /// `${NAME}` or `${NAME:-default}`: an environment variable, replaced when the file is read.
    Variable {
        /// Its name.
        name: String,
        /// What to use when it is unset or empty.
        default: Option<String>,
        /// Where the `$` stands, in bytes from the start of the text.
        at: usize,
    },
    /// `${scope.name}`: a value known when the pipeline runs, such as `${param.project}`.
    Placeholder {
        /// The word before the first dot.
        scope: String,
        /// The rest.
        name: String,
        /// Where the `$` stands, in bytes from the start of the text.
        at: usize,
    },
}

/// Text split at its `${…}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    /// The pieces, in order.
    pub parts: Vec<Part>,
}

/// As it is written; a plain `${` has its second `$` again.
impl std::fmt::Display for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(&text.replace("${", "$${")),
            Part::Variable { name, default: None, .. } => write!(f, "${{{name}}}"),
            Part::Variable { name, default: Some(default), .. } => write!(f, "${{{name}:-{default}}}"),
            Part::Placeholder { scope, name, .. } => write!(f, "${{{scope}.{name}}}"),
        })
    }
}

/// What is wrong with a `${…}`, and where it begins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// Bytes from the start of the text.
    pub at: usize,
    /// What is wrong.
    pub message: String,
}

impl Template {
    /// Splits `text` at its `${…}`; `$${` stands for a plain `${`, and a `$` before anything else is itself.
    ///
    /// # Errors
    /// An unclosed `${`, or a name that is neither a variable's nor `scope.name`.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut at = 0;
        while let Some(found) = text[at..].find("${") {
            let dollar = at + found;
            if text[at..dollar].ends_with('$') {
                plain.push_str(&text[at..dollar - 1]);
                plain.push_str("${");
                at = dollar + 2;
                continue;
            }
            plain.push_str(&text[at..dollar]);
            let rest = &text[dollar + 2..];
            let length = closing_brace(rest)
                .ok_or_else(|| TemplateError { at: dollar, message: "`${` is never closed by `}`".into() })?;
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(reference(&rest[..length], dollar)?);
            at = dollar + 2 + length + 1;
        }
        plain.push_str(&text[at..]);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self { parts })
    }

    /// Whether nothing in it has to be replaced.
    pub fn is_plain(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Text(_)))
    }

    /// The text again, in the form [`Template::parse`] reads.
    pub fn to_source(&self) -> String {
        let piece = |part: &Part| match part {
            Part::Text(text) => text.replace("${", "$${"),
            Part::Variable { name, default: None, .. } => format!("${{{name}}}"),
            Part::Variable { name, default: Some(default), .. } => format!("${{{name}:-{default}}}"),
            Part::Placeholder { scope, name, .. } => format!("${{{scope}.{name}}}"),
        };
        self.parts.iter().map(piece).collect()
    }
}

/// The brace that closes a reference; a default may hold balanced braces of its own.
fn closing_brace(rest: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in rest.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn reference(inside: &str, at: usize) -> Result<Part, TemplateError> {
    let (name, default) = match inside.split_once(":-") {
        Some((name, default)) => (name.trim(), Some(default.to_owned())),
        None => (inside.trim(), None),
    };
    let is_word = |word: &str| {
        !word.is_empty()
            && !word.starts_with(|c: char| c.is_ascii_digit())
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    if is_word(name) {
        return Ok(Part::Variable { name: name.into(), default, at });
    }
    if let Some((scope, rest)) = name.split_once('.')
        && is_word(scope)
        && rest.split('.').all(is_word)
        && default.is_none()
    {
        return Ok(Part::Placeholder { scope: scope.into(), name: rest.into(), at });
    }
    Err(TemplateError {
        at,
        message: format!(
            "`${{{inside}}}` is neither a variable (`${{NAME}}`) nor a placeholder (`${{param.name}}`)"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn variable(name: &str, default: Option<&str>, at: usize) -> Part {
        Part::Variable { name: name.into(), default: default.map(Into::into), at }
    }

    #[test]
    fn splits_text_at_references() {
        let check = |text: &str, expected: &[Part]| {
            assert_eq!(Template::parse(text).unwrap().parts, expected, "{text}");
        };
        check("", &[]);
        check("cost: 5$", &[Part::Text("cost: 5$".into())]);
        check("${A}", &[variable("A", None, 0)]);
        check("a${A:-x}b", &[Part::Text("a".into()), variable("A", Some("x"), 1), Part::Text("b".into())]);
        check("${A:-{\"b\":1}}", &[variable("A", Some("{\"b\":1}"), 0)]);
        check("$${A}", &[Part::Text("${A}".into())]);
        check(
            "p = ${param.project}",
            &[
                Part::Text("p = ".into()),
                Part::Placeholder { scope: "param".into(), name: "project".into(), at: 4 },
            ],
        );
    }

    #[test]
    fn names_what_is_wrong() {
        let check = |text: &str, at| assert_eq!(Template::parse(text).unwrap_err().at, at, "{text}");
        check("a ${A", 2);
        check("${}", 0);
        check("x${1A}", 1);
        check("${a b}", 0);
        check("${param.}", 0);
    }

    proptest! {
        #[test]
        fn never_panics_and_keeps_plain_text(text in "\\PC*") {
            if let Ok(template) = Template::parse(&text)
                && template.is_plain()
            {
                let again: String = template.parts.iter().map(|part| match part { Part::Text(t) => t.as_str(), _ => "" }).collect();
                prop_assert_eq!(again, text.replace("$${", "${"));
            }
        }
    }
}
