//! Imports and exports.

use super::{
    Goal,
    lexer::TokenKind,
    parser::{Parsed, Parser},
    tree::{Kind, Node, Stands},
};

impl Parser<'_> {
    /// A statement at the top of a script or module.
    pub(super) fn statement_of_program(&mut self, goal: Goal) -> Parsed {
        let is_import = self.is_word("import")
            && !self.next().is_some_and(|next| matches!(next.kind, TokenKind::Mark("(" | ".")));
        match goal == Goal::Module {
            true if is_import => self.import(),
            true if self.is_word("export") => self.export(),
            _ => self.statement(),
        }
    }

    /// `import name, { name as other } from 'file'`
    fn import(&mut self) -> Parsed {
        let start = self.token.start;
        self.advance()?;
        let mut names = Vec::new();
        if self.token.kind != TokenKind::Text {
            if self.token.kind == TokenKind::Name {
                names.push(self.name()?);
                self.skip_mark(",")?;
            }
            if self.skip_mark("*")? {
                self.expect_word("as")?;
                names.push(self.name()?);
            } else if self.is_mark("{") {
                names.extend(self.specifiers()?);
            }
            self.expect_word("from")?;
        }
        self.module_name()?;
        Ok(self.node(Kind::Import, start, names))
    }

    fn module_name(&mut self) -> Result<(), super::SyntaxError> {
        self.take(Kind::Text)?;
        if self.skip_word("with")? || (!self.token.after_newline && self.skip_word("assert")?) {
            self.object()?;
        }
        self.semicolon()
    }

    /// `{ name, name as other }`: the last names.
    fn specifiers(&mut self) -> Result<Vec<Node>, super::SyntaxError> {
        let mut names = Vec::new();
        self.expect("{")?;
        while !self.is_mark("}") {
            let mut name = self.take(Kind::Name)?;
            if self.skip_word("as")? {
                name = self.take(Kind::Name)?;
            }
            names.push(name);
            if !self.skip_mark(",")? {
                break;
            }
        }
        self.expect("}")?;
        Ok(names)
    }

    fn export(&mut self) -> Parsed {
        let start = self.token.start;
        self.advance()?;
        if self.skip_mark("*")? {
            if self.skip_word("as")? {
                self.take(Kind::MemberName)?;
            }
            self.expect_word("from")?;
            self.module_name()?;
            return Ok(self.node(Kind::Export, start, Vec::new()));
        }
        if self.is_mark("{") {
            self.specifiers()?;
            if self.skip_word("from")? {
                self.module_name()?;
            } else {
                self.semicolon()?;
            }
            return Ok(self.node(Kind::Export, start, Vec::new()));
        }
        let exported = match self.skip_word("default")? {
            false => self.statement()?,
            true if self.is_word("function") || (self.is_word("async") && self.next_is_function()) => {
                self.function(Stands::AsDeclaration)?
            }
            true if self.is_word("class") => self.class(Stands::AsDeclaration)?,
            true => {
                let value = self.assignment()?;
                self.semicolon()?;
                value
            }
        };
        Ok(self.node(Kind::Export, start, vec![exported]))
    }
}
