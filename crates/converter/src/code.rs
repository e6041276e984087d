//! What the engine gets of a script, and how its places lead back to the author's text.

use std::ops::Range;

use pipeline_config::Source;

use crate::{
    rewrite::{self, ChangedPattern, Map, Refusal, Rewritten},
    script::Form,
};

/// A script as the engine gets it.
#[derive(Debug)]
pub(crate) struct Code {
    pub(crate) text: String,
    /// Set where it is not the author's text.
    map: Option<Map>,
    /// Why it must not run.
    pub(crate) refusal: Option<Refusal>,
    /// Whether a name is written with an escape, so that looking for it in the text does not find it.
    pub(crate) has_escaped_names: bool,
    /// Regular expressions that are not the author's.
    pub(crate) patterns: Vec<ChangedPattern>,
}

impl Code {
    /// Changes what the engine would compute wrongly.
    pub(crate) fn of(text: &str, form: Form) -> Self {
        match rewrite::rewrite(text, form.goal()) {
            Ok(Rewritten { code, map, has_escaped_names, patterns, .. }) => {
                Self { text: code, map, refusal: None, has_escaped_names, patterns }
            }
            Err(refusal) => Self {
                text: text.to_owned(),
                map: None,
                refusal: Some(refusal),
                has_escaped_names: false,
                patterns: Vec::new(),
            },
        }
    }

    /// The same without some of its parts, in their order; places in it are those of no file.
    pub(crate) fn without(&self, parts: impl IntoIterator<Item = Range<usize>>) -> Self {
        let (mut text, mut at) = (String::new(), 0);
        for part in parts {
            text.push_str(&self.text[at..part.start]);
            at = part.end;
        }
        text.push_str(&self.text[at..]);
        let (has_escaped_names, patterns) = (self.has_escaped_names, self.patterns.clone());
        Self { text, map: None, refusal: None, has_escaped_names, patterns }
    }

    /// The line and column in the author's text of a line and column of the engine, all from 1.
    pub(crate) fn origin(&self, author: &str, (line, column): (usize, usize)) -> (usize, usize) {
        let Some(map) = &self.map else { return (line, column) };
        let code = Source { path: Default::default(), text: self.text.clone() };
        let author = Source { path: Default::default(), text: author.to_owned() };
        author.line_column(map.origin(code.offset(line, column)))
    }

    /// The author's words for a part of the code, if it was changed.
    pub(crate) fn original<'a>(&self, author: &'a str, part: &str) -> Option<&'a str> {
        let map = self.map.as_ref()?;
        let at = self.text.find(part)?;
        author.get(map.origin(at)..map.origin_of_end(at + part.len()))
    }
}
