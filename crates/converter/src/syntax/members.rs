//! Objects, the patterns that look like them, and the methods of classes.

use super::{
    expressions::Calls,
    lexer::TokenKind,
    parser::{Parsed, Parser},
    tree::{Accessor, Function, Kind, Node},
};

impl Parser<'_> {
    pub(super) fn object(&mut self) -> Parsed {
        let start = self.token.start;
        self.with_in(|parser| {
            parser.advance()?;
            let mut members = Vec::new();
            while !parser.is_mark("}") {
                members.push(parser.object_member()?);
                if !parser.is_mark("}") {
                    parser.expect(",")?;
                }
            }
            parser.advance()?;
            Ok(parser.node(Kind::Object, start, members))
        })
    }

    /// A pattern that declares names.
    pub(super) fn pattern(&mut self) -> Parsed {
        // Which names it may declare is for others to see.
        if self.is_mark("{") { self.object() } else { self.array() }
    }

    /// An expression that binds closer than all operators.
    pub(super) fn left_hand_side(&mut self) -> Parsed {
        self.deeper(|parser| parser.calls(Calls::AreRead))
    }

    fn object_member(&mut self) -> Parsed {
        if self.is_mark("...") {
            return self.spread_or_assignment();
        }
        let start = self.token.start;
        let is_name = self.token.kind == TokenKind::Name;
        let is_reserved = self.is_reserved_here();
        let member = self.method_or_key()?;
        if matches!(member.kind, Kind::Method(_)) {
            return Ok(member);
        }
        if self.skip_mark(":")? {
            let value = self.assignment()?;
            return Ok(self.node(Kind::Property, start, vec![member, value]));
        }
        if !is_name || is_reserved {
            return Err(self.unexpected());
        }
        let mut children = vec![Node { kind: Kind::Name, ..member }];
        if self.skip_mark("=")? {
            children.push(self.assignment()?);
        }
        Ok(self.node(Kind::Shorthand, start, children))
    }

    /// A method, or the name of something else.
    pub(super) fn method_or_key(&mut self) -> Parsed {
        let start = self.token.start;
        let mut accessor = Accessor::None;
        let (mut is_async, mut is_generator) = (false, false);
        let word = if self.token.kind == TokenKind::Name { self.text_of(self.token) } else { "" };
        if matches!(word, "get" | "set" | "async") && self.next_begins_key(word) {
            self.advance()?;
            match word {
                "get" => accessor = Accessor::Get,
                "set" => accessor = Accessor::Set,
                _ => is_async = true,
            }
        }
        if accessor == Accessor::None && self.skip_mark("*")? {
            is_generator = true;
        }
        let key = self.property_key()?;
        if !self.is_mark("(") {
            let is_plain = accessor == Accessor::None && !is_async && !is_generator;
            return if is_plain { Ok(key) } else { Err(self.unexpected()) };
        }
        let kind = Function { is_arrow: false, is_async, is_generator, is_declaration: false };
        let function = self.function_after(self.token.start, self.nothing(), kind)?;
        Ok(self.node(Kind::Method(accessor), start, vec![key, function]))
    }

    /// Whether the word stands before another name, and is none itself.
    fn next_begins_key(&self, word: &str) -> bool {
        self.next().is_some_and(|next| {
            let is_key = match next.kind {
                TokenKind::Name | TokenKind::Private | TokenKind::Number | TokenKind::Text => true,
                TokenKind::Mark(mark) => mark == "[" || (mark == "*" && word == "async"),
                _ => false,
            };
            is_key && !(word == "async" && next.after_newline)
        })
    }

    fn property_key(&mut self) -> Parsed {
        let start = self.token.start;
        match self.token.kind {
            TokenKind::Name => self.take(Kind::MemberName),
            TokenKind::Private => self.take(Kind::PrivateName),
            TokenKind::Number => self.take(Kind::Number),
            TokenKind::Text => self.take(Kind::Text),
            TokenKind::Mark("[") => {
                self.advance()?;
                let key = self.with_in(Self::assignment)?;
                self.expect("]")?;
                Ok(self.node(Kind::Computed, start, vec![key]))
            }
            _ => Err(self.unexpected()),
        }
    }
}
