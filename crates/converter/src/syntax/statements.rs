//! Statements and declarations.

use super::{
    SyntaxError,
    lexer::TokenKind,
    parser::{Parsed, Parser, State},
    tree::{Declares, Kind, Node, Stands},
};

impl Parser<'_> {
    /// `{ … }`
    pub(super) fn block(&mut self) -> Parsed {
        let start = self.token.start;
        self.expect("{")?;
        let mut statements = Vec::new();
        while !self.is_mark("}") {
            statements.push(self.statement()?);
        }
        self.advance()?;
        Ok(self.node(Kind::Block, start, statements))
    }

    pub(super) fn statement(&mut self) -> Parsed {
        self.deeper(Self::statement_here)
    }

    fn statement_here(&mut self) -> Parsed {
        let start = self.token.start;
        match self.token.kind {
            TokenKind::Mark("{") => return self.block(),
            TokenKind::Mark(";") => return self.take(Kind::Empty),
            TokenKind::Name => {}
            _ => return self.expression_statement(),
        }
        match self.text_of(self.token) {
            "var" | "const" => self.declaration_statement(),
            "let" if self.declares_with_let() => self.declaration_statement(),
            "function" => self.function(Stands::AsDeclaration),
            "async" if self.next_is_function() => self.function(Stands::AsDeclaration),
            "class" => self.class(Stands::AsDeclaration),
            "if" => self.if_statement(),
            "for" => self.for_statement(),
            "while" => {
                self.advance()?;
                let condition = self.in_parentheses()?;
                let body = self.statement()?;
                Ok(self.node(Kind::While, start, vec![condition, body]))
            }
            "do" => self.do_statement(),
            "return" | "throw" => self.leave_with_value(),
            "break" => self.jump(Kind::Break),
            "continue" => self.jump(Kind::Continue),
            "try" => self.try_statement(),
            "switch" => self.switch(),
            "with" => {
                self.advance()?;
                let object = self.in_parentheses()?;
                let body = self.statement()?;
                Ok(self.node(Kind::With, start, vec![object, body]))
            }
            "debugger" => {
                self.advance()?;
                self.semicolon()?;
                Ok(self.node(Kind::Empty, start, Vec::new()))
            }
            _ if self.next_is_mark(":") && !self.is_reserved_here() => {
                let label = self.take(Kind::MemberName)?;
                self.advance()?;
                let body = self.statement()?;
                Ok(self.node(Kind::Labelled, start, vec![label, body]))
            }
            _ => self.expression_statement(),
        }
    }

    fn expression_statement(&mut self) -> Parsed {
        let start = self.token.start;
        let expression = self.expression()?;
        self.semicolon()?;
        Ok(self.node(Kind::Expression, start, vec![expression]))
    }

    /// `let` may be the name of a variable.
    fn declares_with_let(&self) -> bool {
        self.next().is_some_and(|next| match next.kind {
            TokenKind::Mark(mark) => matches!(mark, "[" | "{"),
            TokenKind::Name => !matches!(self.text_of(next), "in" | "instanceof" | "of"),
            _ => false,
        })
    }

    pub(super) fn declaration_statement(&mut self) -> Parsed {
        let declaration = self.declaration()?;
        self.semicolon()?;
        Ok(Node { end: self.last_end, ..declaration })
    }

    fn declaration(&mut self) -> Parsed {
        let start = self.token.start;
        let declares = match self.text_of(self.token) {
            "var" => Declares::Var,
            "let" => Declares::Let,
            _ => Declares::Const,
        };
        self.advance()?;
        let mut declarators = Vec::new();
        loop {
            let start = self.token.start;
            let mut children = vec![self.target()?];
            if self.skip_mark("=")? {
                children.push(self.assignment()?);
            }
            declarators.push(self.node(Kind::Declarator, start, children));
            if !self.skip_mark(",")? {
                break;
            }
        }
        Ok(self.node(Kind::Declaration(declares), start, declarators))
    }

    fn in_parentheses(&mut self) -> Parsed {
        self.expect("(")?;
        let expression = self.expression()?;
        self.expect(")")?;
        Ok(expression)
    }

    fn if_statement(&mut self) -> Parsed {
        let start = self.token.start;
        self.advance()?;
        let mut children = vec![self.in_parentheses()?, self.statement()?];
        if self.skip_word("else")? {
            let is_link = self.is_word("if");
            children.push(if is_link { self.linked(Self::if_statement)? } else { self.statement()? });
        }
        Ok(self.node(Kind::If, start, children))
    }

    fn do_statement(&mut self) -> Parsed {
        let start = self.token.start;
        self.advance()?;
        let body = self.statement()?;
        self.expect_word("while")?;
        let condition = self.in_parentheses()?;
        // Here alone a semicolon may be left out before anything.
        self.skip_mark(";")?;
        Ok(self.node(Kind::DoWhile, start, vec![body, condition]))
    }

    fn for_statement(&mut self) -> Parsed {
        let start = self.token.start;
        self.advance()?;
        self.skip_word("await")?;
        self.expect("(")?;
        let state = State { without_in: true, ..self.state };
        let is_declaration = self.is_word("var")
            || self.is_word("const")
            || (self.is_word("let")
                && (self.declares_with_let() || self.next().is_some_and(|next| self.text_of(next) == "of")));
        let beginning = match self.is_mark(";") {
            true => self.nothing(),
            false if is_declaration => self.within(state, Self::declaration)?,
            false => self.within(state, Self::expression)?,
        };
        let iterates =
            [("of", Kind::ForOf), ("in", Kind::ForIn)].into_iter().find(|(word, _)| self.is_word(word));
        if let Some((_, kind)) = iterates {
            self.advance()?;
            let iterated = if kind == Kind::ForOf { self.assignment()? } else { self.expression()? };
            self.expect(")")?;
            let body = self.statement()?;
            return Ok(self.node(kind, start, vec![beginning, iterated, body]));
        }
        self.expect(";")?;
        let condition = if self.is_mark(";") { self.nothing() } else { self.expression()? };
        self.expect(";")?;
        let step = if self.is_mark(")") { self.nothing() } else { self.expression()? };
        self.expect(")")?;
        let body = self.statement()?;
        Ok(self.node(Kind::For, start, vec![beginning, condition, step, body]))
    }

    /// `return`, `throw`
    fn leave_with_value(&mut self) -> Parsed {
        let start = self.token.start;
        let kind = if self.is_word("return") { Kind::Return } else { Kind::Throw };
        self.advance()?;
        let ends = self.token.after_newline
            || matches!(self.token.kind, TokenKind::End | TokenKind::Mark(";" | "}"));
        if ends && kind == Kind::Throw {
            let message = "Illegal newline after throw";
            return Err(if self.token.after_newline {
                SyntaxError::at(start, message)
            } else {
                self.unexpected()
            });
        }
        let value = if ends { Vec::new() } else { vec![self.expression()?] };
        self.semicolon()?;
        Ok(self.node(kind, start, value))
    }

    fn jump(&mut self, kind: Kind) -> Parsed {
        let start = self.token.start;
        self.advance()?;
        let has_label =
            self.token.kind == TokenKind::Name && !self.token.after_newline && !self.is_reserved_here();
        let label = if has_label { vec![self.take(Kind::MemberName)?] } else { Vec::new() };
        self.semicolon()?;
        Ok(self.node(kind, start, label))
    }

    fn try_statement(&mut self) -> Parsed {
        let start = self.token.start;
        self.advance()?;
        let block = self.block()?;
        let catch_start = self.token.start;
        let catch = match self.skip_word("catch")? {
            true => {
                let parameter = match self.skip_mark("(")? {
                    true => {
                        let parameter = self.target()?;
                        self.expect(")")?;
                        parameter
                    }
                    false => self.nothing(),
                };
                let block = self.block()?;
                self.node(Kind::Catch, catch_start, vec![parameter, block])
            }
            false => self.nothing(),
        };
        let finally = if self.skip_word("finally")? { self.block()? } else { self.nothing() };
        if catch.is_nothing() && finally.is_nothing() {
            return Err(SyntaxError::at(self.token.start, "Missing catch or finally after try"));
        }
        Ok(self.node(Kind::Try, start, vec![block, catch, finally]))
    }

    fn switch(&mut self) -> Parsed {
        let start = self.token.start;
        self.advance()?;
        let mut children = vec![self.in_parentheses()?];
        self.expect("{")?;
        while !self.is_mark("}") {
            let start = self.token.start;
            let value = if self.skip_word("case")? {
                self.expression()?
            } else {
                self.expect_word("default")?;
                self.nothing()
            };
            self.expect(":")?;
            let mut case = vec![value];
            while !(self.is_mark("}") || self.is_word("case") || self.is_word("default")) {
                case.push(self.statement()?);
            }
            children.push(self.node(Kind::Case, start, case));
        }
        self.advance()?;
        Ok(self.node(Kind::Switch, start, children))
    }
}
