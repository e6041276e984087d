//! What expressions are made of.

use super::{
    lexer::{self, TokenKind},
    parser::{Parsed, Parser},
    tree::{ARROW, ASYNC_ARROW, Kind, Node, Stands},
};

impl Parser<'_> {
    pub(super) fn primary(&mut self) -> Parsed {
        match self.token.kind {
            TokenKind::Number => self.take(Kind::Number),
            TokenKind::Text => self.take(Kind::Text),
            TokenKind::Private => self.take(Kind::PrivateName),
            TokenKind::Template { .. } => self.template(),
            TokenKind::Mark("(") => self.parenthesized(),
            TokenKind::Mark("[") => self.array(),
            TokenKind::Mark("{") => self.object(),
            TokenKind::Mark("/" | "/=") => {
                self.token = lexer::regex(self.text, self.token)?;
                self.take(Kind::Regex)
            }
            TokenKind::Name => self.primary_word(),
            _ => Err(self.unexpected()),
        }
    }

    fn primary_word(&mut self) -> Parsed {
        let start = self.token.start;
        match self.text_of(self.token) {
            "null" | "true" | "false" => self.take(Kind::Word),
            "this" => self.take(Kind::This),
            "super" => self.take(Kind::Super),
            "function" => self.function(Stands::InExpression),
            "class" => self.class(Stands::InExpression),
            "import" => {
                self.advance()?;
                if self.skip_mark(".")? {
                    self.expect_word("meta")?;
                    return Ok(self.node(Kind::Meta, start, Vec::new()));
                }
                let arguments = self.arguments()?;
                Ok(self.node(Kind::ImportCall, start, arguments))
            }
            "async" if self.next_is_function() => self.function(Stands::InExpression),
            "async" if self.next_on_line(TokenKind::Name) => {
                self.advance()?;
                let parameter = self.name()?;
                match self.is_arrow_mark() {
                    true => self.arrow(start, vec![parameter], ASYNC_ARROW),
                    false => Err(self.unexpected()),
                }
            }
            _ => {
                let name = self.name()?;
                if self.is_arrow_mark() { self.arrow(start, vec![name], ARROW) } else { Ok(name) }
            }
        }
    }

    pub(super) fn next_is_function(&self) -> bool {
        let next = self.next().filter(|next| next.kind == TokenKind::Name && !next.after_newline);
        next.is_some_and(|next| self.text_of(next) == "function")
    }

    pub(super) fn is_arrow_mark(&self) -> bool {
        self.is_mark("=>") && !self.token.after_newline
    }

    /// `(expression)`, or the parameters of an arrow function with all of it.
    fn parenthesized(&mut self) -> Parsed {
        let start = self.token.start;
        let after = |parser: &mut Self| {
            parser.advance()?;
            let mut items = Vec::new();
            let mut is_list = true;
            while !parser.is_mark(")") {
                items.push(parser.spread_or_assignment()?);
                is_list = parser.skip_mark(",")?;
                if !is_list {
                    break;
                }
            }
            parser.expect(")")?;
            let is_pattern_only = is_list || items.iter().any(|item| item.kind == Kind::Spread);
            if parser.is_arrow_mark() {
                return parser.arrow(start, items, ARROW);
            }
            if is_pattern_only {
                return Err(parser.unexpected());
            }
            if items.len() > 1 {
                let range = items[0].start..items[items.len() - 1].end;
                items = vec![Node::new(Kind::Sequence, range, items)];
            }
            Ok(parser.node(Kind::Parenthesized, start, items))
        };
        self.with_in(after)
    }

    pub(super) fn array(&mut self) -> Parsed {
        let start = self.token.start;
        self.with_in(|parser| {
            parser.advance()?;
            let mut elements = Vec::new();
            while !parser.is_mark("]") {
                match parser.is_mark(",") {
                    true => elements.push(parser.nothing()),
                    false => elements.push(parser.spread_or_assignment()?),
                }
                if !parser.is_mark("]") {
                    parser.expect(",")?;
                }
            }
            parser.advance()?;
            Ok(parser.node(Kind::Array, start, elements))
        })
    }

    pub(super) fn template(&mut self) -> Parsed {
        let start = self.token.start;
        self.with_in(|parser| {
            let mut expressions = Vec::new();
            while let TokenKind::Template { is_last: false } = parser.token.kind {
                parser.advance()?;
                expressions.push(parser.expression()?);
                if !parser.is_mark("}") {
                    return Err(parser.unexpected());
                }
                parser.token = lexer::template(parser.text, parser.token)?;
            }
            parser.advance()?;
            Ok(parser.node(Kind::Template, start, expressions))
        })
    }
}
