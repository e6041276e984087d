//! A JSON text as a flat list of its values, without decoding any of them.
//!
//! The whole text is checked against the grammar of ECMA-404 in one pass, without recursion. What it says is read later
//! and only where somebody asks: a [`Node`] knows where its value stands in the text, and an array or object where the
//! next value after it is.

use super::scan;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    False,
    True,
    Number,
    String,
    Array,
    Object,
}

/// One value, or the name of a member, in eight bytes.
///
/// Bits 0–27 are the offset in the text, bits 28–55 the length (of an array or object: the index of the node after its
/// last one), bits 56–58 the kind, bit 59 the mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node(u64);

/// Longer texts are refused; a page has at most 64 MiB by default.
pub(crate) const MAX_TEXT: usize = FIELD as usize;

const FIELD_BITS: u32 = 28;
const FIELD: u64 = (1 << FIELD_BITS) - 1;
const KIND_AT: u32 = 2 * FIELD_BITS;
const MARK: u64 = 1 << 59;

impl Node {
    fn new(kind: Kind, start: usize, length: usize) -> Self {
        Self(start as u64 | (length as u64) << FIELD_BITS | (kind as u64) << KIND_AT)
    }

    fn marked(self) -> Self {
        Self(self.0 | MARK)
    }

    pub(crate) fn kind(self) -> Kind {
        match (self.0 >> KIND_AT) & 7 {
            0 => Kind::Null,
            1 => Kind::False,
            2 => Kind::True,
            3 => Kind::Number,
            4 => Kind::String,
            5 => Kind::Array,
            _ => Kind::Object,
        }
    }

    /// Where its text begins; that of a string begins after the quote.
    pub(crate) fn start(self) -> usize {
        (self.0 & FIELD) as usize
    }

    /// How long its text is, or where the node after an array or object is.
    fn length(self) -> usize {
        ((self.0 >> FIELD_BITS) & FIELD) as usize
    }

    /// A string with escapes, a number that is written as an integer.
    pub(crate) fn is_marked(self) -> bool {
        self.0 & MARK != 0
    }
}

/// A text that is no JSON: what is wrong, and at which byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) what: &'static str,
    pub(crate) at: usize,
}

/// The nodes of a text, in the order of the text; each name is followed by its value.
#[derive(Debug, Default)]
pub(crate) struct Tape {
    nodes: Vec<Node>,
    /// Arrays and objects that are not closed yet, while reading.
    open: Vec<u32>,
}

impl Tape {
    /// Reads a text, which replaces what was read before; its memory is used again.
    ///
    /// # Errors
    /// The first place at which the text breaks the grammar.
    pub(crate) fn read(&mut self, text: &[u8]) -> Result<(), Malformed> {
        self.nodes.clear();
        self.open.clear();
        if text.len() > MAX_TEXT {
            return Err(Malformed { what: "text longer than 256 MiB", at: MAX_TEXT });
        }
        // Pages of APIs have a value or name per 8 to 20 bytes.
        self.nodes.reserve(text.len() / 10 + 4);
        Reader { text, at: 0, nodes: &mut self.nodes, open: &mut self.open }.text()
    }

    pub(crate) fn node(&self, index: usize) -> Node {
        self.nodes[index]
    }

    /// The index of the value that follows the value at `index`.
    #[inline]
    pub(crate) fn after(&self, index: usize) -> usize {
        let node = self.nodes[index];
        match node.kind() {
            Kind::Array | Kind::Object => node.length(),
            _ => index + 1,
        }
    }

    /// The items of the array or names of the object at `index`.
    pub(crate) fn children(&self, index: usize) -> Children<'_> {
        let step = usize::from(self.nodes[index].kind() == Kind::Object);
        Children { tape: self, at: index + 1, end: self.after(index), step }
    }

    /// The text of a string, name or number.
    #[inline]
    pub(crate) fn slice<'t>(&self, index: usize, text: &'t [u8]) -> &'t [u8] {
        let node = self.nodes[index];
        text.get(node.start()..node.start() + node.length()).unwrap_or_default()
    }
}

/// Indices of the items of an array, or of the names of an object, whose values are one further.
#[derive(Debug)]
pub(crate) struct Children<'t> {
    tape: &'t Tape,
    at: usize,
    end: usize,
    step: usize,
}

impl Iterator for Children<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        let index = self.at;
        (index < self.end).then(|| {
            self.at = self.tape.after(index + self.step);
            index
        })
    }
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    nodes: &'t mut Vec<Node>,
    open: &'t mut Vec<u32>,
}

/// What comes after a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Value,
    End,
}

impl Reader<'_> {
    fn text(&mut self) -> Result<(), Malformed> {
        loop {
            self.value()?;
            if self.close()? == Next::End {
                break;
            }
        }
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.malformed("unexpected characters after the value")),
        }
    }

    /// The next byte that is no white space, which stays.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                other => return other.copied(),
            }
        }
    }

    fn malformed(&self, what: &'static str) -> Malformed {
        let what = if self.at < self.text.len() { what } else { "unexpected end of the text" };
        Malformed { what, at: self.at.min(self.text.len()) }
    }

    /// Reads a scalar, or opens arrays and objects down to the first scalar or empty one.
    fn value(&mut self) -> Result<(), Malformed> {
        loop {
            match self.peek() {
                Some(b'"') => return self.string(),
                Some(b'{') => {
                    self.open(Kind::Object);
                    if self.peek() == Some(b'}') {
                        return Ok(());
                    }
                    self.name()?;
                }
                Some(b'[') => {
                    self.open(Kind::Array);
                    if self.peek() == Some(b']') {
                        return Ok(());
                    }
                }
                Some(b'-' | b'0'..=b'9') => return self.number(),
                Some(b't') => return self.word(b"true", Kind::True),
                Some(b'f') => return self.word(b"false", Kind::False),
                Some(b'n') => return self.word(b"null", Kind::Null),
                _ => return Err(self.malformed("expected value")),
            }
        }
    }

    /// Closes what ends here; there is another value if something is left open.
    fn close(&mut self) -> Result<Next, Malformed> {
        while let Some(&open) = self.open.last() {
            let container = self.nodes[open as usize];
            let is_empty = open as usize + 1 == self.nodes.len();
            match (self.peek(), container.kind()) {
                (Some(b'}'), Kind::Object) | (Some(b']'), Kind::Array) => {
                    self.at += 1;
                    let after = self.nodes.len();
                    self.nodes[open as usize] = Node::new(container.kind(), container.start(), after);
                    self.open.pop();
                }
                (Some(b','), kind) if !is_empty => {
                    self.at += 1;
                    if kind == Kind::Object {
                        self.name()?;
                    }
                    return Ok(Next::Value);
                }
                (_, Kind::Object) => return Err(self.malformed("expected `,` or `}`")),
                _ => return Err(self.malformed("expected `,` or `]`")),
            }
        }
        Ok(Next::End)
    }

    fn open(&mut self, kind: Kind) {
        // The length of the text fits into 28 bits, and so does the number of nodes.
        self.open.push(self.nodes.len() as u32);
        self.nodes.push(Node::new(kind, self.at, 0));
        self.at += 1;
    }

    fn name(&mut self) -> Result<(), Malformed> {
        if self.peek() != Some(b'"') {
            return Err(self.malformed("expected a name in double quotes"));
        }
        self.string()?;
        if self.peek() != Some(b':') {
            return Err(self.malformed("expected `:`"));
        }
        self.at += 1;
        Ok(())
    }

    /// Reads a string from its opening quote.
    #[inline]
    fn string(&mut self) -> Result<(), Malformed> {
        let start = self.at + 1;
        let mut has_escapes = false;
        self.at = start;
        loop {
            self.at = scan::special(self.text, self.at);
            match self.text.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    has_escapes = true;
                    self.escape()?;
                }
                Some(_) => return Err(self.malformed("control character in a string")),
                None => return Err(self.malformed("")),
            }
        }
        let node = Node::new(Kind::String, start, self.at - start);
        self.nodes.push(if has_escapes { node.marked() } else { node });
        self.at += 1;
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Malformed> {
        self.at += 1;
        match self.text.get(self.at) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => {
                for _ in 0..4 {
                    self.at += 1;
                    if !self.text.get(self.at).is_some_and(u8::is_ascii_hexdigit) {
                        return Err(self.malformed("expected four hexadecimal digits after `\\u`"));
                    }
                }
                self.at += 1;
            }
            _ => return Err(self.malformed("unknown escape in a string")),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        let mut is_integer = true;
        if self.text[self.at] == b'-' {
            self.at += 1;
        }
        match self.text.get(self.at) {
            // A digit after it is found out as something that is no `,`.
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.text.get(self.at) == Some(&b'.') {
            is_integer = false;
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.text.get(self.at) {
            is_integer = false;
            self.at += 1;
            if let Some(b'+' | b'-') = self.text.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        let node = Node::new(Kind::Number, start, self.at - start);
        self.nodes.push(if is_integer { node.marked() } else { node });
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == start { Err(self.malformed("expected a digit")) } else { Ok(()) }
    }

    fn word(&mut self, word: &[u8], kind: Kind) -> Result<(), Malformed> {
        let start = self.at;
        for byte in word {
            if self.text.get(self.at) != Some(byte) {
                return Err(self.malformed("expected value"));
            }
            self.at += 1;
        }
        self.nodes.push(Node::new(kind, start, word.len()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The tape as JSON again, which reads every node.
    fn written(text: &str) -> Result<String, Malformed> {
        let mut tape = Tape::default();
        tape.read(text.as_bytes())?;
        let mut json = String::new();
        write(&tape, 0, text, &mut json);
        assert_eq!(tape.after(0), tape.nodes.len());
        Ok(json)
    }

    fn write(tape: &Tape, index: usize, text: &str, json: &mut String) {
        let slice = || std::str::from_utf8(tape.slice(index, text.as_bytes())).unwrap();
        match tape.node(index).kind() {
            Kind::Null => json.push_str("null"),
            Kind::False => json.push_str("false"),
            Kind::True => json.push_str("true"),
            Kind::Number => json.push_str(slice()),
            Kind::String => json.push_str(&format!("\"{}\"", slice())),
            Kind::Array => {
                json.push('[');
                for (n, item) in tape.children(index).enumerate() {
                    json.push_str(if n > 0 { "," } else { "" });
                    write(tape, item, text, json);
                }
                json.push(']');
            }
            Kind::Object => {
                json.push('{');
                for (n, name) in tape.children(index).enumerate() {
                    json.push_str(if n > 0 { "," } else { "" });
                    write(tape, name, text, json);
                    json.push(':');
                    write(tape, name + 1, text, json);
                }
                json.push('}');
            }
        }
    }

    #[test]
    fn texts_keep_their_structure() {
        let check = |text: &str, expected: &str| assert_eq!(written(text).as_deref(), Ok(expected), "{text}");
        check(" [ ] ", "[]");
        check("{ }\n", "{}");
        check("[[],{},[[]]]", "[[],{},[[]]]");
        check(
            "\t{ \"a\" : [ 1 , -0.5e+3 ,null ] , \"b\\\"\" : { \"\" : true } , \"a\":false}\r\n",
            "{\"a\":[1,-0.5e+3,null],\"b\\\"\":{\"\":true},\"a\":false}",
        );
        check("\"😀 \\ud800 \\/\"", "\"😀 \\ud800 \\/\"");
        check("0", "0");
    }

    #[test]
    fn says_where_a_text_breaks() {
        let check = |text: &str, what: &'static str, at: usize| {
            assert_eq!(written(text), Err(Malformed { what, at }), "{text}");
        };
        check("", "unexpected end of the text", 0);
        check("<html>", "expected value", 0);
        check("[1,]", "expected value", 3);
        check("[,1]", "expected value", 1);
        check("[1 2]", "expected `,` or `]`", 3);
        check("[1}", "expected `,` or `]`", 2);
        check("{\"a\":1,}", "expected a name in double quotes", 7);
        check("{,}", "expected a name in double quotes", 1);
        check("{a:1}", "expected a name in double quotes", 1);
        check("{\"a\" 1}", "expected `:`", 5);
        check("{\"a\":1]", "expected `,` or `}`", 6);
        check("[01]", "expected `,` or `]`", 2);
        check("[-]", "expected a digit", 2);
        check("[1.]", "expected a digit", 3);
        check("[1e+]", "expected a digit", 4);
        check("[tru]", "expected value", 4);
        check("[nulll]", "expected `,` or `]`", 5);
        check("\"a\nb\"", "control character in a string", 2);
        check("\"\\x\"", "unknown escape in a string", 2);
        check("\"\\u12g4\"", "expected four hexadecimal digits after `\\u`", 5);
        check("\"abc", "unexpected end of the text", 4);
        check("{\"a\":", "unexpected end of the text", 5);
        check("1 2", "unexpected characters after the value", 2);
        check("\u{feff}1", "expected value", 0);
    }

    #[test]
    fn depth_costs_no_stack() {
        let depth = 1_000_000;
        let mut tape = Tape::default();
        let text = "[".repeat(depth) + &"]".repeat(depth);
        assert_eq!(tape.read(text.as_bytes()), Ok(()));
        assert_eq!(tape.after(0), depth);
        let open = Malformed { what: "unexpected end of the text", at: depth };
        assert_eq!(tape.read(&text.as_bytes()[..depth]), Err(open));
    }

    proptest! {
        #[test]
        fn accepts_what_serde_json_accepts(text in "[\\[\\]{}:,\"\\\\u0-9a-fntrle.+\\- \u{1}ä]{0,24}") {
            let ours = written(&text);
            let theirs = serde_json::from_str::<serde::de::IgnoredAny>(&text);
            prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?} {:?} {:?}", text, ours, theirs);
        }
    }
}
