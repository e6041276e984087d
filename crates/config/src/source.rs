//! Where in which text something stands.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// The number of a source text within one [`crate::Reader`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub(crate) u32);

/// A range of bytes in a source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Which text.
    pub source: SourceId,
    /// First byte, 0-based.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// One text: its path, as the user gave it, and what it says.
#[derive(Debug, Clone)]
pub struct Source {
    /// The path as it is shown in messages.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
}

impl Source {
    /// Line and column of a byte offset, both 1-based; columns count characters.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let offset = floor_char_boundary(&self.text, offset);
        let before = &self.text[..offset];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// Where its lines begin, in bytes.
    pub(crate) fn line_begins(&self) -> Vec<usize> {
        std::iter::once(0).chain(self.text.match_indices('\n').map(|(at, _)| at + 1)).collect()
    }

    /// The byte offset of a 1-based line and column; past the end of the line gives the line's end.
    pub fn offset(&self, line: usize, column: usize) -> usize {
        let line_start = match line.checked_sub(2) {
            None => 0,
            Some(newlines) => {
                self.text.match_indices('\n').nth(newlines).map_or(self.text.len(), |(at, _)| at + 1)
            }
        };
        let rest = self.text[line_start..].split('\n').next().unwrap_or_default();
        line_start
            + rest
                .char_indices()
                .nth(column.saturating_sub(1))
                .map_or(rest.trim_end_matches('\r').len(), |(at, _)| at)
    }
}

fn floor_char_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// A place in a text outside any [`crate::Reader`], such as a converter's source.
#[derive(Debug, Clone)]
pub struct Excerpt<'t> {
    /// The path as it is shown.
    pub path: &'t Path,
    /// The whole text.
    pub text: &'t str,
    /// The bytes under the caret.
    pub range: std::ops::Range<usize>,
}

impl Excerpt<'_> {
    /// Renders `title` over the line of the place, with a caret under it and `help` below.
    pub fn render(&self, title: &str, help: &[String]) -> String {
        let shown = self.path.display().to_string();
        let annotation = AnnotationKind::Primary.span(clip(self.text, self.range.clone()));
        let group = Level::ERROR
            .primary_title(title)
            .element(Snippet::source(self.text).path(shown.as_str()).annotation(annotation))
            .elements(help.iter().map(|line| Level::HELP.message(line.as_str())));
        crate::visible::escaped_lines(&Renderer::plain().render(&[group])).into_owned()
    }
}

/// The text of a file of so many bytes at most, or a problem: devices have no end.
pub(crate) fn read_bounded(path: &Path, (max_bytes, problem): (u64, &'static str)) -> io::Result<String> {
    let mut text = String::new();
    let n_bytes = File::open(path)?.take(max_bytes + 1).read_to_string(&mut text)?;
    if n_bytes as u64 > max_bytes {
        return Err(io::Error::other(problem));
    }
    Ok(text)
}

/// What a file says, without the byte order mark (U+FEFF) with which editors begin some.
pub fn without_byte_order_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The range cut to character boundaries, to one line (a caret is drawn under one), and never empty.
pub(crate) fn clip(text: &str, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let start = floor_char_boundary(text, range.start);
    let line_end = text[start..].find('\n').map_or(text.len(), |newline| start + newline);
    let end = floor_char_boundary(text, range.end.clamp(start, line_end)).max(start);
    if end > start || start == text.len() {
        return start..end;
    }
    start..text[start..].chars().next().map_or(start, |c| start + c.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_and_lines_are_inverse() {
        let source = Source { path: "x".into(), text: "a: ä\nbéta: 1\n\nend".into() };
        for (offset, _) in source.text.char_indices() {
            let (line, column) = source.line_column(offset);
            if source.text.as_bytes()[offset] != b'\n' {
                assert_eq!(source.offset(line, column), offset, "{line}:{column}");
            }
        }
        assert_eq!(source.line_column(9), (2, 3));
    }
}
