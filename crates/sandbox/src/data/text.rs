//! Prose: words, paragraphs, and rich text in both of Jira's formats.

use super::random::Rng;
use super::{ApiVersion, put};

/// Already escaped for JSON, so that writing copies only. Each awkward kind of text is among them: quotes,
/// backslashes, tabs, markup, accents, wide characters, emoji outside the basic plane, joined emoji.
const WORDS: [&str; 56] = [
    "the",
    "user",
    "cannot",
    "open",
    "page",
    "after",
    "upgrade",
    "because",
    "token",
    "expired",
    "server",
    "returns",
    "error",
    "when",
    "loading",
    "attachments",
    "in",
    "project",
    "board",
    "sprint",
    "backlog",
    "customer",
    "reports",
    "slow",
    "response",
    "time",
    "on",
    "mobile",
    "browser",
    "with",
    "empty",
    "field",
    "and",
    "timeout",
    "during",
    "export",
    "of",
    "large",
    "report",
    "to",
    "archive",
    "nightly",
    "job",
    "fails",
    "\\\"quoted\\\"",
    "“curly”",
    "naïve",
    "Größe",
    "C:\\\\temp\\\\log",
    "a<b&c",
    "日本語",
    "😀",
    "👩‍💻",
    "{{code}}",
    "50%",
    "tab\\there",
];

/// One word, ready to stand inside a JSON string.
pub(super) fn word(rng: &mut Rng) -> &'static str {
    rng.pick::<&'static str>(&WORDS)
}

/// Appends `count` words without quotes around them.
pub(super) fn write_words(out: &mut String, rng: &mut Rng, count: u64) {
    for index in 0..count {
        if index > 0 {
            out.push(' ');
        }
        out.push_str(word(rng));
    }
}

/// Appends a JSON string of `count` words.
pub(super) fn write_sentence(out: &mut String, rng: &mut Rng, count: u64) {
    out.push('"');
    write_words(out, rng, count);
    out.push('"');
}

/// Appends an issue's description: a heading, paragraphs, a list; one in fifty is very long.
pub(super) fn write_description(out: &mut String, rng: &mut Rng, version: ApiVersion) {
    let n_paragraphs = if rng.chance(2) { 12 + rng.below(12) } else { 1 + rng.below(2) };
    let mut document = Document::open(out, version);
    document.block(Block::Heading, rng, 3);
    for _ in 0..n_paragraphs {
        let n_words = 12 + rng.below(40);
        document.block(Block::Paragraph, rng, n_words);
    }
    let n_words = 4 + rng.below(10);
    document.block(Block::Bullet, rng, n_words);
    document.block(Block::Bullet, rng, n_words);
    document.close();
}

/// Appends a note of one paragraph, as in a worklog or a text area.
pub(super) fn write_note(out: &mut String, rng: &mut Rng, version: ApiVersion) {
    let n_words = 5 + rng.below(12);
    let mut document = Document::open(out, version);
    document.block(Block::Paragraph, rng, n_words);
    document.close();
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Block {
    Heading,
    Paragraph,
    Bullet,
}

/// Rich text being written: a wiki string in version 2, an ADF object in version 3.
#[derive(Debug)]
struct Document<'a> {
    out: &'a mut String,
    version: ApiVersion,
    n_blocks: usize,
}

impl Document<'_> {
    fn open(out: &mut String, version: ApiVersion) -> Document<'_> {
        out.push_str(match version {
            ApiVersion::V2 => "\"",
            ApiVersion::V3 => r#"{"type":"doc","version":1,"content":["#,
        });
        Document { out, version, n_blocks: 0 }
    }

    fn block(&mut self, block: Block, rng: &mut Rng, n_words: u64) {
        match self.version {
            ApiVersion::V2 => self.wiki_block(block, rng, n_words),
            ApiVersion::V3 => self.adf_block(block, rng, n_words),
        }
        self.n_blocks += 1;
    }

    fn wiki_block(&mut self, block: Block, rng: &mut Rng, n_words: u64) {
        if self.n_blocks > 0 {
            self.out.push_str(if block == Block::Bullet { "\\r\\n" } else { "\\r\\n\\r\\n" });
        }
        self.out.push_str(match block {
            Block::Heading => "h2. ",
            Block::Paragraph => "",
            Block::Bullet => "* ",
        });
        write_words(self.out, rng, n_words);
    }

    fn adf_block(&mut self, block: Block, rng: &mut Rng, n_words: u64) {
        if self.n_blocks > 0 {
            self.out.push(',');
        }
        let (opening, closing) = match block {
            Block::Heading => (r#"{"type":"heading","attrs":{"level":2},"content":["#, "]}"),
            Block::Paragraph => (r#"{"type":"paragraph","content":["#, "]}"),
            Block::Bullet => (
                r#"{"type":"bulletList","content":[{"type":"listItem","content":[{"type":"paragraph","content":["#,
                "]}]}]}",
            ),
        };
        put(self.out, format_args!(r#"{opening}{{"type":"text","text":""#));
        write_words(self.out, rng, n_words);
        put(self.out, format_args!(r#""}}{closing}"#));
    }

    fn close(self) {
        self.out.push_str(match self.version {
            ApiVersion::V2 => "\"",
            ApiVersion::V3 => "]}",
        });
    }
}
