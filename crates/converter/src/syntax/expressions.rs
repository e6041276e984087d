//! Expressions, by precedence.

use super::{
    SyntaxError,
    lexer::TokenKind,
    parser::{Parsed, Parser},
    tree::{ASYNC_ARROW, Kind, Node},
};

const ASSIGNS: [&str; 16] =
    ["=", "+=", "-=", "*=", "/=", "%=", "**=", "<<=", ">>=", ">>>=", "&=", "|=", "^=", "&&=", "||=", "??="];

/// Whether `(…)` after an expression calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Calls {
    AreRead,
    /// They are those of a `new` before.
    AreLeft,
}

impl Parser<'_> {
    /// `a, b`
    pub(super) fn expression(&mut self) -> Parsed {
        let first = self.assignment()?;
        if !self.is_mark(",") {
            return Ok(first);
        }
        let start = first.start;
        let mut expressions = vec![first];
        while self.skip_mark(",")? {
            expressions.push(self.assignment()?);
        }
        Ok(self.node(Kind::Sequence, start, expressions))
    }

    /// An expression without a comma.
    pub(super) fn assignment(&mut self) -> Parsed {
        self.deeper(Self::assignment_here)
    }

    fn assignment_here(&mut self) -> Parsed {
        if self.state.is_generator && self.is_word("yield") {
            return self.yields();
        }
        let left = self.conditional()?;
        match self.token.kind {
            TokenKind::Mark(mark) if ASSIGNS.contains(&mark) && !is_arrow(&left) => {
                let is_target = match left.bare().kind {
                    Kind::Name | Kind::Member { is_optional: false } | Kind::Index { is_optional: false } => {
                        true
                    }
                    Kind::Object | Kind::Array => mark == "=" && left.kind != Kind::Parenthesized,
                    // A call is an error only where it runs.
                    Kind::Call { .. } => true,
                    _ => false,
                };
                if !is_target {
                    return Err(SyntaxError::at(left.start, "Invalid left-hand side in assignment"));
                }
                self.advance()?;
                let right = self.assignment()?;
                Ok(self.node(Kind::Assign(mark), left.start, vec![left, right]))
            }
            _ => Ok(left),
        }
    }

    fn yields(&mut self) -> Parsed {
        let start = self.token.start;
        self.advance()?;
        let ends = self.token.after_newline
            || matches!(self.token.kind, TokenKind::End | TokenKind::Mark(")" | "]" | "}" | "," | ";" | ":"))
            || self.is_word("in")
            || self.is_word("of");
        let value = match ends && !self.is_mark("*") {
            true => vec![],
            false => {
                self.skip_mark("*")?;
                vec![self.assignment()?]
            }
        };
        Ok(self.node(Kind::Yield, start, value))
    }

    fn conditional(&mut self) -> Parsed {
        let condition = self.binary(0)?;
        if is_arrow(&condition) || !self.skip_mark("?")? {
            return Ok(condition);
        }
        let start = condition.start;
        let yes = self.with_in(Self::assignment)?;
        self.expect(":")?;
        let no = self.linked(Self::assignment_here)?;
        Ok(self.node(Kind::Conditional, start, vec![condition, yes, no]))
    }

    /// Operators that bind closer than `above`.
    fn binary(&mut self, above: u8) -> Parsed {
        let mut left = self.unary()?;
        while let Some((operator, precedence)) = self.operator().filter(|(_, precedence)| *precedence > above)
        {
            if is_arrow(&left) {
                break;
            }
            if operator == "**" && matches!(left.kind, Kind::Unary(_) | Kind::Await) {
                return Err(SyntaxError::at(
                    left.start,
                    "Unary operator used immediately before exponentiation expression. Parenthesis must be used to \
                     disambiguate operator precedence",
                ));
            }
            self.advance()?;
            let is_from_right = operator == "**";
            let right = self.deeper(|parser| parser.binary(precedence - u8::from(is_from_right)))?;
            left = self.node(Kind::Binary(operator), left.start, vec![left, right]);
        }
        Ok(left)
    }

    /// The current token as a binary operator, with its precedence.
    fn operator(&self) -> Option<(&'static str, u8)> {
        match self.token.kind {
            TokenKind::Mark(mark) => Some((
                mark,
                match mark {
                    "??" => 1,
                    "||" => 2,
                    "&&" => 3,
                    "|" => 4,
                    "^" => 5,
                    "&" => 6,
                    "==" | "!=" | "===" | "!==" => 7,
                    "<" | ">" | "<=" | ">=" => 8,
                    "<<" | ">>" | ">>>" => 9,
                    "+" | "-" => 10,
                    "*" | "/" | "%" => 11,
                    "**" => 12,
                    _ => return None,
                },
            )),
            TokenKind::Name => match self.text_of(self.token) {
                "instanceof" => Some(("instanceof", 8)),
                "in" if !self.state.without_in => Some(("in", 8)),
                _ => None,
            },
            _ => None,
        }
    }

    fn unary(&mut self) -> Parsed {
        let start = self.token.start;
        let operator = match self.token.kind {
            TokenKind::Mark(mark @ ("+" | "-" | "!" | "~" | "++" | "--")) => mark,
            TokenKind::Name => match self.text_of(self.token) {
                "delete" => "delete",
                "void" => "void",
                "typeof" => "typeof",
                "await" if self.state.is_async => "await",
                _ => return self.postfix(),
            },
            _ => return self.postfix(),
        };
        self.advance()?;
        let operand = self.deeper(Self::unary)?;
        let kind = match operator {
            "++" | "--" => Kind::Update { is_prefix: true },
            "await" => Kind::Await,
            operator => Kind::Unary(operator),
        };
        if matches!(kind, Kind::Update { .. }) && !is_place(&operand) {
            return Err(SyntaxError::at(
                operand.start,
                "Invalid left-hand side expression in prefix operation",
            ));
        }
        Ok(self.node(kind, start, vec![operand]))
    }

    fn postfix(&mut self) -> Parsed {
        let operand = self.calls(Calls::AreRead)?;
        if self.token.after_newline || !(self.is_mark("++") || self.is_mark("--")) || is_arrow(&operand) {
            return Ok(operand);
        }
        if !is_place(&operand) {
            return Err(SyntaxError::at(
                operand.start,
                "Invalid left-hand side expression in postfix operation",
            ));
        }
        self.advance()?;
        Ok(self.node(Kind::Update { is_prefix: false }, operand.start, vec![operand]))
    }

    /// Members and calls of what is first; without calls where it is constructed.
    pub(super) fn calls(&mut self, calls: Calls) -> Parsed {
        let with_calls = calls == Calls::AreRead;
        let mut node = if self.is_word("new") { self.new_expression()? } else { self.primary()? };
        while !is_arrow(&node) {
            let start = node.start;
            node = match self.token.kind {
                TokenKind::Mark(".") => {
                    self.advance()?;
                    let name = self.member_name()?;
                    self.node(Kind::Member { is_optional: false }, start, vec![node, name])
                }
                TokenKind::Mark("?.") if with_calls => self.optional(node)?,
                TokenKind::Mark("[") => {
                    let key = self.key_in_brackets()?;
                    self.node(Kind::Index { is_optional: false }, start, vec![node, key])
                }
                TokenKind::Mark("(") if with_calls => {
                    let is_async = node.kind == Kind::Name && node.text(self.text) == "async";
                    let is_on_line = !self.token.after_newline;
                    let mut children = vec![node];
                    let arguments = self.arguments()?;
                    if is_async && is_on_line && self.is_arrow_mark() {
                        return self.arrow(start, arguments, ASYNC_ARROW);
                    }
                    children.extend(arguments);
                    self.node(Kind::Call { is_optional: false }, start, children)
                }
                TokenKind::Template { .. } => {
                    let template = self.template()?;
                    self.node(Kind::Tagged, start, vec![node, template])
                }
                _ => break,
            };
        }
        Ok(node)
    }

    /// `?.name`, `?.[key]`, `?.(…)`
    fn optional(&mut self, node: Node) -> Parsed {
        let start = node.start;
        self.advance()?;
        match self.token.kind {
            TokenKind::Mark("[") => {
                let key = self.key_in_brackets()?;
                Ok(self.node(Kind::Index { is_optional: true }, start, vec![node, key]))
            }
            TokenKind::Mark("(") => {
                let mut children = vec![node];
                children.extend(self.arguments()?);
                Ok(self.node(Kind::Call { is_optional: true }, start, children))
            }
            _ => {
                let name = self.member_name()?;
                Ok(self.node(Kind::Member { is_optional: true }, start, vec![node, name]))
            }
        }
    }

    fn member_name(&mut self) -> Parsed {
        match self.token.kind {
            TokenKind::Name => self.take(Kind::MemberName),
            TokenKind::Private => self.take(Kind::PrivateName),
            _ => Err(self.unexpected()),
        }
    }

    fn key_in_brackets(&mut self) -> Parsed {
        self.expect("[")?;
        let key = self.with_in(Self::expression)?;
        self.expect("]")?;
        Ok(key)
    }

    /// `(a, ...b)`
    pub(super) fn arguments(&mut self) -> Result<Vec<Node>, SyntaxError> {
        self.expect("(")?;
        let mut arguments = Vec::new();
        while !self.is_mark(")") {
            arguments.push(self.with_in(Self::spread_or_assignment)?);
            if !self.skip_mark(",")? {
                break;
            }
        }
        self.expect(")")?;
        Ok(arguments)
    }

    pub(super) fn spread_or_assignment(&mut self) -> Parsed {
        let start = self.token.start;
        if self.skip_mark("...")? {
            let value = self.assignment()?;
            return Ok(self.node(Kind::Spread, start, vec![value]));
        }
        self.assignment()
    }

    fn new_expression(&mut self) -> Parsed {
        let start = self.token.start;
        self.advance()?;
        if self.skip_mark(".")? {
            self.expect_word("target")?;
            return Ok(self.node(Kind::Meta, start, Vec::new()));
        }
        let mut children = vec![self.deeper(|parser| parser.calls(Calls::AreLeft))?];
        if self.is_mark("(") {
            children.extend(self.arguments()?);
        } else if self.is_mark("?.") {
            return Err(SyntaxError::at(self.token.start, "Invalid optional chain from new expression"));
        }
        Ok(self.node(Kind::New, start, children))
    }
}

pub(super) fn is_arrow(node: &Node) -> bool {
    matches!(node.kind, Kind::Function(function) if function.is_arrow)
}

/// Whether something may be stored there.
fn is_place(node: &Node) -> bool {
    let is_place = |kind| {
        matches!(
            kind,
            Kind::Name
                | Kind::Member { is_optional: false }
                | Kind::Index { is_optional: false }
                | Kind::Call { .. }
        )
    };
    is_place(node.bare().kind)
}
