//! Functions and classes.

use super::{
    lexer::TokenKind,
    parser::{Parsed, Parser, State},
    tree::{Function, Kind, Node, Stands},
};

impl Parser<'_> {
    /// `function`, `async function`, with or without `*`.
    pub(super) fn function(&mut self, stands: Stands) -> Parsed {
        let start = self.token.start;
        let is_async = self.skip_word("async")?;
        self.expect_word("function")?;
        let is_generator = self.skip_mark("*")?;
        let is_declaration = stands == Stands::AsDeclaration;
        let kind = Function { is_arrow: false, is_async, is_generator, is_declaration };
        let name = match self.is_mark("(") {
            true => self.nothing(),
            // The name of an expression is its own, that of a declaration stands in the scope around it.
            false if is_declaration => self.name()?,
            false => self.within(State { is_async, is_generator, without_in: false }, Self::name)?,
        };
        self.function_after(start, name, kind)
    }

    /// Parameters and body.
    pub(super) fn function_after(&mut self, start: usize, name: Node, kind: Function) -> Parsed {
        let state = State { is_async: kind.is_async, is_generator: kind.is_generator, without_in: false };
        self.within(state, |parser| {
            let parameters = parser.parameters()?;
            let body = parser.block()?;
            Ok(parser.node(Kind::Function(kind), start, vec![name, parameters, body]))
        })
    }

    fn parameters(&mut self) -> Parsed {
        let start = self.token.start;
        self.expect("(")?;
        let mut parameters = Vec::new();
        while !self.is_mark(")") {
            let start = self.token.start;
            let is_rest = self.skip_mark("...")?;
            let mut parameter = self.target()?;
            if self.skip_mark("=")? {
                let value = self.assignment()?;
                parameter = self.node(Kind::Assign("="), start, vec![parameter, value]);
            }
            parameters.push(if is_rest {
                self.node(Kind::Spread, start, vec![parameter])
            } else {
                parameter
            });
            if !self.skip_mark(",")? {
                break;
            }
        }
        self.expect(")")?;
        Ok(self.node(Kind::Parameters, start, parameters))
    }

    /// What is declared: a name or a pattern.
    pub(super) fn target(&mut self) -> Parsed {
        match self.token.kind {
            TokenKind::Mark("{" | "[") => self.deeper(|parser| parser.with_in(Self::pattern)),
            _ => self.name(),
        }
    }

    /// The arrow function whose parameters have been read.
    pub(super) fn arrow(&mut self, start: usize, parameters: Vec<Node>, kind: Function) -> Parsed {
        let name = Node::new(Kind::Nothing, start..start, Vec::new());
        let parameters = self.node(Kind::Parameters, start, parameters);
        self.expect("=>")?;
        let state = State { is_async: kind.is_async, is_generator: false, without_in: self.state.without_in };
        let body = self.within(state, |parser| match parser.is_mark("{") {
            true => parser.with_in(Self::block),
            false => parser.assignment(),
        })?;
        Ok(self.node(Kind::Function(kind), start, vec![name, parameters, body]))
    }

    pub(super) fn class(&mut self, stands: Stands) -> Parsed {
        let start = self.token.start;
        self.advance()?;
        let name = match self.is_mark("{") || self.is_word("extends") {
            true => self.nothing(),
            false => self.name()?,
        };
        let superclass = match self.skip_word("extends")? {
            true => self.left_hand_side()?,
            false => self.nothing(),
        };
        let mut children = vec![name, superclass];
        self.expect("{")?;
        while !self.is_mark("}") {
            if !self.skip_mark(";")? {
                children.push(self.with_in(Self::class_member)?);
            }
        }
        self.advance()?;
        Ok(self.node(Kind::Class { is_declaration: stands == Stands::AsDeclaration }, start, children))
    }

    fn class_member(&mut self) -> Parsed {
        let start = self.token.start;
        // `static` may also be a name.
        let is_static = self.is_word("static")
            && !self.next().is_some_and(|next| matches!(next.kind, TokenKind::Mark("(" | "=" | ";" | "}")));
        if is_static {
            self.advance()?;
            if self.is_mark("{") {
                let state = State { is_async: false, is_generator: false, without_in: false };
                let block = self.within(state, Self::block)?;
                return Ok(self.node(Kind::StaticBlock, start, block.children));
            }
        }
        let member = self.method_or_key()?;
        if matches!(member.kind, Kind::Method(_)) {
            return Ok(Node { start, ..member });
        }
        let value = match self.skip_mark("=")? {
            // A value is a function of its own.
            true => {
                let state = State { is_async: false, is_generator: false, without_in: false };
                self.within(state, Self::assignment)?
            }
            false => self.nothing(),
        };
        let field = self.node(Kind::Field, start, vec![member, value]);
        self.semicolon()?;
        Ok(field)
    }
}
