//! Finds the fenced blocks of a Markdown file and the comments above them, which say how a block is run.

use std::fs;

use crate::support::root;

/// One fenced block.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    /// The file, from the top of the checkout, and the line of the fence.
    pub(crate) place: String,
    pub(crate) language: String,
    pub(crate) text: String,
    pub(crate) marker: Marker,
}

/// What the HTML comment directly above a block says, as `<!-- in: pipelines/jira.yaml; as: jira.yaml -->`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Marker {
    /// `file`: the block is this file of the reader's folder.
    pub(crate) file: Option<String>,
    /// `in`: the block is a part of this file; its sections replace those of the file.
    pub(crate) within: Option<String>,
    /// `as`: the name under which blocks further down find the file with this part.
    pub(crate) saved_as: Option<String>,
    /// `after`: the script or the pipeline whose error the block shows.
    pub(crate) after: Option<String>,
    /// `with: sandbox`: commands see the variables of a sandbox.
    pub(crate) variables: Variables,
    /// `quota`: the first command meets a quota that is used up.
    pub(crate) quota: bool,
    /// `browser`: somebody agrees in the browser, and pastes the address where `pastes` is said.
    pub(crate) browser: Option<String>,
    /// `validated`: why it is read by `pipeline validate` and not run.
    pub(crate) validated: Option<String>,
    /// `shown`: why nothing is done with it.
    pub(crate) shown: Option<String>,
}

/// The variables of the environment that commands see, besides `PATH` and `HOME`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Variables {
    /// None.
    #[default]
    None,
    /// Those that lead to the sandbox and to the other APIs of these tests.
    Sandbox,
}

impl Marker {
    /// The marker in a line, where the line is one.
    fn of(line: &str, place: &str) -> Option<Self> {
        let parts = line.trim().strip_prefix("<!--")?.strip_suffix("-->")?;
        let mut marker = Self::default();
        for part in parts.split("; ").map(str::trim) {
            let (key, value) =
                part.split_once(": ").unwrap_or_else(|| panic!("{place}: `{part}` has no `: `"));
            let value = Some(value.to_owned());
            match key {
                "file" => marker.file = value,
                "in" => marker.within = value,
                "after" => marker.after = value,
                "as" => marker.saved_as = value,
                "with" if part == "with: sandbox" => marker.variables = Variables::Sandbox,
                "quota" if part == "quota: used up by the third request" => marker.quota = true,
                "browser" => marker.browser = value,
                "validated" => marker.validated = value,
                "shown" => marker.shown = value,
                _ => panic!("{place}: unknown `{part}` in a comment above a block"),
            }
        }
        Some(marker)
    }
}

impl Block {
    /// The name of the file that the block is, by its marker or by a first comment that is nothing but a path.
    pub(crate) fn file_name(&self) -> Option<&str> {
        let first = self.text.lines().next().unwrap_or_default();
        let comment = first.strip_prefix("# ").or_else(|| first.strip_prefix("// ")).unwrap_or_default();
        let is_path =
            [".yaml", ".js", ".json"].iter().any(|end| comment.ends_with(end)) && !comment.contains(' ');
        self.marker.file.as_deref().or_else(|| is_path.then_some(comment))
    }
}

/// All blocks of a document, in their order.
pub(crate) fn blocks(document: &str) -> Vec<Block> {
    let path = root().join(document);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    read(document, &text)
}

fn read(document: &str, text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<Block> = None;
    let mut before = "";
    for (index, line) in text.lines().enumerate() {
        let fence = line.trim_start().strip_prefix("```");
        match (&mut open, fence) {
            (Some(_), Some("")) => blocks.extend(open.take()),
            (Some(block), _) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, Some(language)) => {
                let place = format!("{document}:{}", index + 1);
                let marker = Marker::of(before, &place).unwrap_or_default();
                open =
                    Some(Block { place, language: language.trim().to_owned(), text: String::new(), marker });
            }
            (None, None) => {}
        }
        before = line;
    }
    assert!(open.is_none(), "{document}: the last block has no end");
    blocks
}

#[test]
fn blocks_are_found_with_their_markers() {
    let text = "Text\n<!-- in: a.yaml; as: b.yaml -->\n```yaml\nquery:\n  path: /x\n```\n```js\n// lib/x.js\n1\n```\n";
    let found = read("x.md", text);
    assert_eq!(found.len(), 2);
    assert_eq!((found[0].place.as_str(), found[0].language.as_str()), ("x.md:3", "yaml"));
    assert_eq!(found[0].text, "query:\n  path: /x\n");
    assert_eq!(found[0].marker.within.as_deref(), Some("a.yaml"));
    assert_eq!(found[0].marker.saved_as.as_deref(), Some("b.yaml"));
    assert_eq!((found[1].file_name(), &found[1].marker), (Some("lib/x.js"), &Marker::default()));
}
