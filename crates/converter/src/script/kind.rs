//! What kind of script a file or text is.

use std::path::Path;

use crate::syntax::{self, Goal, Kind};

/// Whether a file may be a converter, by its name. TypeScript without types is JavaScript.
pub(super) fn is_script(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    !name.starts_with('.') && [".js", ".mjs", ".cjs", ".ts"].iter().any(|end| name.ends_with(end))
}

/// Whether it imports or exports something, which may stand behind other code in one line; `None` if it cannot be read.
pub(super) fn is_module(text: &str) -> Option<bool> {
    if !["import", "export"].iter().any(|word| text.contains(word)) {
        return Some(false);
    }
    let tree = syntax::parse(text, Goal::Module).ok()?;
    Some(tree.children.iter().any(|node| matches!(node.kind, Kind::Import | Kind::Export)))
}

/// Whether a line begins with `import` or `export`.
pub(super) fn mentions_module(text: &str) -> bool {
    let begins = |line: &str, word: &str| {
        let rest = line.trim_start().strip_prefix(word);
        rest.is_some_and(|rest| rest.starts_with([' ', '{', '*', '\'', '"', '\t']) || rest.is_empty())
    };
    text.lines().any(|line| begins(line, "import") || begins(line, "export"))
}
