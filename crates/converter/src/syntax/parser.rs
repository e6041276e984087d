//! The parser's state, and how it goes from token to token.

use std::cell::Cell;

use super::{
    Goal, SyntaxError,
    lexer::{self, Token, TokenKind},
    scopes,
    tree::{Kind, Node},
};

/// How deep brackets, blocks and functions may stand within each other: each takes some kilobytes of the thread's stack in
/// the engine's parser, which gets only what is read here without an error.
const MAX_LEVELS: usize = 300;

/// So many links of a chain, `else if` or `: c ? d`, take as much as a level.
const LINKS_PER_LEVEL: usize = 10;

/// How high the tree may be: `a + b + c` and `a.b.c` are parsed without a stack, but whoever goes through their trees needs
/// one.
const MAX_HEIGHT: u32 = 10_000;

pub(super) type Parsed = Result<Node, SyntaxError>;

pub(super) struct Parser<'t> {
    pub(super) text: &'t str,
    pub(super) token: Token,
    /// Where the last token ended.
    pub(super) last_end: usize,
    pub(super) state: State,
    /// In links.
    depth: usize,
    is_too_high: Cell<bool>,
}

/// What words mean here.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct State {
    pub(super) is_async: bool,
    pub(super) is_generator: bool,
    pub(super) without_in: bool,
}

/// The tree of a script or module.
///
/// # Errors
/// The text is no JavaScript.
pub(crate) fn parse(text: &str, goal: Goal) -> Result<Node, SyntaxError> {
    let state = State { is_async: goal == Goal::Module, ..State::default() };
    let token = lexer::token(text, 0)?;
    let mut parser = Parser { text, token, last_end: 0, state, depth: 0, is_too_high: Cell::new(false) };
    let mut statements = Vec::new();
    while parser.token.kind != TokenKind::End {
        statements.push(parser.statement_of_program(goal)?);
    }
    parser.check_height()?;
    let program = Node::new(Kind::Program, 0..text.len(), statements);
    scopes::check(&program, text)?;
    Ok(program)
}

impl<'t> Parser<'t> {
    /// Goes on to the next token.
    pub(super) fn advance(&mut self) -> Result<(), SyntaxError> {
        self.check_height()?;
        self.last_end = self.token.end;
        self.token = lexer::token(self.text, self.token.end)?;
        Ok(())
    }

    /// The token after the current one, if it is one.
    pub(super) fn next(&self) -> Option<Token> {
        lexer::token(self.text, self.token.end).ok()
    }

    pub(super) fn text_of(&self, token: Token) -> &'t str {
        &self.text[token.start..token.end]
    }

    pub(super) fn is_mark(&self, mark: &str) -> bool {
        matches!(self.token.kind, TokenKind::Mark(here) if here == mark)
    }

    /// Whether the token is this word.
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.token.kind == TokenKind::Name && self.text_of(self.token) == word
    }

    pub(super) fn next_is_mark(&self, mark: &str) -> bool {
        self.next().is_some_and(|next| matches!(next.kind, TokenKind::Mark(there) if there == mark))
    }

    /// Whether the next token stands on the same line and is of the kind.
    pub(super) fn next_on_line(&self, kind: TokenKind) -> bool {
        self.next().is_some_and(|next| next.kind == kind && !next.after_newline)
    }

    pub(super) fn skip_mark(&mut self, mark: &str) -> Result<bool, SyntaxError> {
        let is_there = self.is_mark(mark);
        if is_there {
            self.advance()?;
        }
        Ok(is_there)
    }

    pub(super) fn skip_word(&mut self, word: &str) -> Result<bool, SyntaxError> {
        let is_there = self.is_word(word);
        if is_there {
            self.advance()?;
        }
        Ok(is_there)
    }

    pub(super) fn expect(&mut self, mark: &str) -> Result<(), SyntaxError> {
        if self.skip_mark(mark)? { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<(), SyntaxError> {
        if self.skip_word(word)? { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn unexpected(&self) -> SyntaxError {
        let message = match self.token.kind {
            TokenKind::End => "Unexpected end of input".into(),
            TokenKind::Number => "Unexpected number".into(),
            TokenKind::Text => "Unexpected string".into(),
            TokenKind::Template { .. } => "Unexpected template string".into(),
            TokenKind::Name if !is_reserved(self.text_of(self.token)) => {
                format!("Unexpected identifier '{}'", self.text_of(self.token))
            }
            _ => format!("Unexpected token '{}'", self.text_of(self.token)),
        };
        SyntaxError::at(self.token.start, message)
    }

    /// A semicolon, or where one may be left out.
    pub(super) fn semicolon(&mut self) -> Result<(), SyntaxError> {
        let may_be_left_out =
            self.is_mark("}") || self.token.kind == TokenKind::End || self.token.after_newline;
        if self.skip_mark(";")? || may_be_left_out { Ok(()) } else { Err(self.unexpected()) }
    }

    /// A node from `start` to the last token.
    pub(super) fn node(&self, kind: Kind, start: usize, children: Vec<Node>) -> Node {
        let node = Node::new(kind, start..self.last_end, children);
        // The next token is an error then, before the tree is much higher.
        self.is_too_high.set(self.is_too_high.get() || node.height > MAX_HEIGHT);
        node
    }

    fn check_height(&self) -> Result<(), SyntaxError> {
        if !self.is_too_high.get() {
            return Ok(());
        }
        let message = format!("a chain of more than {MAX_HEIGHT} operators, members and calls");
        let help = Some("split it into several statements");
        Err(SyntaxError { help, ..SyntaxError::at(self.token.start, message) })
    }

    /// What is left out, after the last token.
    pub(super) fn nothing(&self) -> Node {
        Node::new(Kind::Nothing, self.last_end..self.last_end, Vec::new())
    }

    /// The current token as a node.
    pub(super) fn take(&mut self, kind: Kind) -> Parsed {
        let node = Node::new(kind, self.token.start..self.token.end, Vec::new());
        self.advance()?;
        Ok(node)
    }

    /// The name of a variable.
    pub(super) fn name(&mut self) -> Parsed {
        let is_name = self.token.kind == TokenKind::Name && !self.is_reserved_here();
        if is_name { self.take(Kind::Name) } else { Err(self.unexpected()) }
    }

    pub(super) fn is_reserved_here(&self) -> bool {
        match self.text_of(self.token) {
            "await" => self.state.is_async,
            "yield" => self.state.is_generator,
            word => is_reserved(word),
        }
    }

    /// Reads what is one level deeper.
    pub(super) fn deeper(&mut self, read: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        self.deeper_by(LINKS_PER_LEVEL, read)
    }

    /// Reads the next link of a chain.
    pub(super) fn linked(&mut self, read: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        self.deeper_by(1, read)
    }

    fn deeper_by(&mut self, n_links: usize, read: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        const MAX_LINKS: usize = MAX_LEVELS * LINKS_PER_LEVEL;
        if self.depth + n_links > MAX_LINKS {
            let message = format!(
                "more than {MAX_LEVELS} expressions and blocks within each other, or a chain of more than {MAX_LINKS}"
            );
            let help = Some(
                "put what is inside into a function of its own; a long chain of `else if` is an object or `Map` to look in",
            );
            return Err(SyntaxError { help, ..SyntaxError::at(self.token.start, message) });
        }
        self.depth += n_links;
        let read = read(self);
        self.depth -= n_links;
        read
    }

    /// Reads where other words are reserved.
    pub(super) fn within(&mut self, state: State, read: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        let outer = std::mem::replace(&mut self.state, state);
        let read = read(self);
        self.state = outer;
        read
    }

    pub(super) fn with_in(&mut self, read: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        self.within(State { without_in: false, ..self.state }, read)
    }
}

fn is_reserved(word: &str) -> bool {
    const RESERVED: [&str; 36] = [
        "break",
        "case",
        "catch",
        "class",
        "const",
        "continue",
        "debugger",
        "default",
        "delete",
        "do",
        "else",
        "enum",
        "export",
        "extends",
        "false",
        "finally",
        "for",
        "function",
        "if",
        "import",
        "in",
        "instanceof",
        "new",
        "null",
        "return",
        "super",
        "switch",
        "this",
        "throw",
        "true",
        "try",
        "typeof",
        "var",
        "void",
        "while",
        "with",
    ];
    RESERVED.contains(&word)
}
