//! `[\W]` of regular expressions that ignore case.
//!
//! The engine puts `ſ` and `K` (Kelvin) into such a class, and with them `s` and `k`, so `/[\W_]/gi` finds the `s` in `task`. The
//! characters one by one, without those two, are right.

use super::edits::Edits;
use crate::syntax::{Kind, Node};

/// What `\W` is in a class that ignores case; `\s` at both ends, so that a `-` beside it is no range.
const NO_WORD: &str = r"\s\x00-\/:-@\[-^`{-\u017E\u0180-\u2129\u212B-\uFFFF\s";

/// The same by code points.
const NO_WORD_UNICODE: &str = r"\s\x00-\/:-@\[-\^`{-\u017E\u0180-\u2129\u212B-\u{10FFFF}\s";

pub(super) fn edit(tree: &Node, edits: &mut Edits<'_>) {
    tree.walk(&mut |node| {
        if node.kind == Kind::Regex {
            expression(node, edits);
        }
        true
    });
}

fn expression(node: &Node, edits: &mut Edits<'_>) {
    let text = node.text(edits.text);
    let (pattern, flags) = text.rsplit_once('/').unwrap_or((text, ""));
    if !flags.contains('i') || flags.contains('v') {
        return;
    }
    let no_word = if flags.contains('u') { NO_WORD_UNICODE } else { NO_WORD };
    let (mut in_class, mut is_escaped) = (false, false);
    for (at, c) in pattern.char_indices() {
        match c {
            'W' if is_escaped && in_class => {
                let at = node.start + at;
                edits.replace(at - 1..at + 1, no_word);
            }
            '[' if !is_escaped => in_class = true,
            ']' if !is_escaped => in_class = false,
            _ => {}
        }
        is_escaped = c == '\\' && !is_escaped;
    }
}

/// The author's pattern for one that the engine has.
pub(crate) fn original(pattern: &str) -> String {
    pattern.replace(NO_WORD, r"\W").replace(NO_WORD_UNICODE, r"\W")
}
