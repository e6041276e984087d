//! What the engine gets of a script, and how its places lead back to the author's text.

use std::{collections::HashMap, ops::Range, sync::OnceLock};

use pipeline_config::Source;

use crate::{
    rewrite::{self, ChangedPattern, Map, Refusal, Rewritten},
    script::Form,
    syntax::{self, Goal, Kind},
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
    /// The arrow functions of the text, once one of them is asked for its own.
    arrows: OnceLock<Vec<Arrow>>,
}

impl Code {
    /// Changes what the engine would compute wrongly.
    pub(crate) fn of(text: &str, form: Form) -> Self {
        match rewrite::rewrite(text, form.goal()) {
            Ok(Rewritten { code, map, has_escaped_names, patterns, .. }) => {
                // Other words may stand deeper within each other than the author's.
                let refusal = map.as_ref().and_then(|map| too_deep(&code, form, map));
                Self { text: code, map, refusal, has_escaped_names, patterns, arrows: OnceLock::new() }
            }
            Err(refusal) => Self::refused(text, refusal),
        }
    }

    /// Code that must not run.
    pub(crate) fn refused(text: &str, refusal: Refusal) -> Self {
        Self {
            text: text.to_owned(),
            map: None,
            refusal: Some(refusal),
            has_escaped_names: false,
            patterns: Vec::new(),
            arrows: OnceLock::new(),
        }
    }

    /// Whether the engine may read it: its parser has no limit of its own for what stands within each other.
    pub(crate) fn may_be_parsed(&self) -> bool {
        self.refusal.as_ref().is_none_or(|refusal| !refusal.is_kept_back)
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
        Self { text, map: None, refusal: None, has_escaped_names, patterns, arrows: OnceLock::new() }
    }

    /// The line and column in the author's text of a line and column of the engine, all from 1.
    pub(crate) fn origin(&self, author: &str, (line, column): (usize, usize)) -> (usize, usize) {
        let Some(map) = &self.map else { return (line, column) };
        let code = Source { path: Default::default(), text: self.text.clone() };
        let author = Source { path: Default::default(), text: author.to_owned() };
        author.line_column(map.origin(code.offset(line, column)))
    }

    /// The author's words for a function that the engine has these words of; `None` if they are the same.
    ///
    /// # Errors
    /// Several functions have them.
    pub(crate) fn original<'a>(&self, author: &'a str, part: &str) -> Result<Option<&'a str>, Ambiguous> {
        let mut found: Option<&str> = None;
        for arrow in self.arrows_of(part) {
            let text = match &self.map {
                Some(map) => author.get(map.origin(arrow.start)..map.origin_of_end(arrow.end)),
                None => author.get(arrow),
            };
            match (found, text) {
                (Some(found), Some(text)) if found != text => return Err(Ambiguous),
                (_, text) => found = text,
            }
        }
        let changed = || {
            let (map, at) = (self.map.as_ref()?, self.text.find(part)?);
            author.get(map.origin(at)..map.origin_of_end(at + part.len()))
        };
        Ok(found.or_else(changed))
    }

    /// The arrow functions that the engine may mean by these words: it leaves out the end of a template or of a regular
    /// expression that a function ends with.
    fn arrows_of(&self, part: &str) -> Vec<Range<usize>> {
        if !part.contains("=>") {
            return Vec::new();
        }
        let arrows = self.arrows.get_or_init(|| Arrow::all(&self.text));
        let places = self.text.match_indices(part).map(|(at, _)| at);
        let arrows = places.filter_map(|at| {
            let arrow = arrows.iter().find(|arrow| arrow.range.start == at)?;
            Some((arrow, arrow.range.end.checked_sub(at + part.len())?))
        });
        let arrows: Vec<(&Arrow, usize)> = arrows.collect();
        let is_whole = arrows.iter().any(|(_, n_left)| *n_left == 0);
        let is_meant = |(arrow, n_left): &(&Arrow, usize)| match is_whole {
            true => *n_left == 0,
            false => *n_left == arrow.n_left_out,
        };
        arrows.into_iter().filter(is_meant).map(|(arrow, _)| arrow.range.clone()).collect()
    }
}

/// Why changed code cannot be read, if it is nested deeper than the author's.
fn too_deep(code: &str, form: Form, map: &Map) -> Option<Refusal> {
    let error = syntax::parse(code, form.goal()).err()?;
    let at = map.origin(error.at);
    let refusal = Refusal::new(at..at, error.message).help(error.help?);
    Some(Refusal { is_kept_back: true, ..refusal })
}

/// More than one function has the words.
#[derive(Debug)]
pub(crate) struct Ambiguous;

/// An arrow function in the engine's text.
#[derive(Debug)]
struct Arrow {
    range: Range<usize>,
    /// How much of its end the engine leaves out.
    n_left_out: usize,
}

impl Arrow {
    fn all(text: &str) -> Vec<Self> {
        let parsed = syntax::parse(text, Goal::Module).or_else(|_| syntax::parse(text, Goal::Script));
        let (mut arrows, mut left_out) = (Vec::new(), HashMap::new());
        if let Ok(tree) = &parsed {
            tree.walk(&mut |node| {
                match node.kind {
                    Kind::Function(function) if function.is_arrow => arrows.push(node.range()),
                    // The engine has its first character.
                    Kind::Regex => left_out.extend([(node.end, node.range().len() - 1)]),
                    // What stands behind its last expression.
                    Kind::Template => {
                        let last = node
                            .children
                            .last()
                            .and_then(|last| Some((last.end, text[last.end..].find('}')?)));
                        let end = last.map(|(end, bracket)| end + bracket + 1).filter(|end| *end < node.end);
                        left_out.extend(end.map(|end| (node.end, node.end - end)));
                    }
                    _ => {}
                }
                true
            });
        }
        let of =
            |range: Range<usize>| Self { n_left_out: left_out.get(&range.end).copied().unwrap_or(0), range };
        arrows.into_iter().map(of).collect()
    }
}
