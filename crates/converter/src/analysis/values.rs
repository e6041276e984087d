//! What expressions are, as far as the script alone tells.

use boa_engine::{
    ast::{
        Declaration, Expression, Statement, StatementListItem,
        declaration::{Binding, Variable},
        expression::{
            Call,
            access::{PropertyAccess, PropertyAccessField},
            literal::{LiteralKind, PropertyDefinition, TemplateElement},
            operator::{
                Binary,
                binary::{ArithmeticOp, BinaryOp},
                unary::UnaryOp,
            },
        },
        function::{FormalParameterList, FunctionBody},
        property::PropertyName,
    },
    interner::{Interner, Sym},
};

use super::{names, state::Origin};
use crate::script::Parsed;

/// Reads expressions of one script.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'p>(pub(super) &'p Interner);

impl Values<'_> {
    pub(super) fn text(self, name: Sym) -> String {
        self.0.resolve_expect(name).to_string()
    }

    /// Whether a statement of the top level only declares functions and constant tables.
    pub(super) fn is_inert(self, item: &StatementListItem) -> bool {
        let values: &[Variable] = match item {
            StatementListItem::Declaration(declaration) => match &**declaration {
                Declaration::Lexical(lexical) => lexical.variable_list().as_ref(),
                Declaration::ClassDeclaration(_) => return false,
                _ => return true,
            },
            StatementListItem::Statement(statement) => match &**statement {
                Statement::Var(var) => var.0.as_ref(),
                Statement::Empty => return true,
                Statement::Expression(Expression::Literal(_)) => return true,
                _ => return false,
            },
        };
        values.iter().all(|variable| {
            matches!(variable.binding(), Binding::Identifier(_))
                && variable.init().is_none_or(|value| self.is_constant(value))
        })
    }

    /// A value that needs no code to run, with nothing in it that remembers anything.
    fn is_constant(self, value: &Expression) -> bool {
        match value {
            Expression::Literal(_) => true,
            function if self.is_function(function) => true,
            // `g` and `y` make it remember where it stopped.
            Expression::RegExpLiteral(regexp) => !self.text(regexp.flags()).contains(['g', 'y']),
            Expression::TemplateLiteral(template) => {
                template.elements().iter().all(|element| matches!(element, TemplateElement::String(_)))
            }
            Expression::Unary(unary) => unary.op() != UnaryOp::Delete && self.is_constant(unary.target()),
            Expression::Parenthesized(inner) => self.is_constant(inner.expression()),
            Expression::ArrayLiteral(array) => {
                array.as_ref().iter().flatten().all(|item| self.is_constant(item))
            }
            Expression::ObjectLiteral(object) => object.properties().iter().all(|property| match property {
                PropertyDefinition::Property(PropertyName::Literal(_), value) => self.is_constant(value),
                // A number.
                PropertyDefinition::Property(PropertyName::Computed(Expression::Literal(_)), value) => {
                    self.is_constant(value)
                }
                PropertyDefinition::MethodDefinition(method) => method.name().literal().is_some(),
                _ => false,
            }),
            Expression::New(new) => {
                let is_table = matches!(new.constructor(), Expression::Identifier(name)
                    if matches!(self.text(name.sym()).as_str(), "Set" | "Map"));
                is_table && new.arguments().iter().all(|argument| self.is_constant(argument))
            }
            _ => false,
        }
    }

    /// Where the value of an expression comes from.
    pub(super) fn origin(self, value: &Expression) -> Origin {
        match value {
            Expression::Literal(literal) => match literal.kind() {
                LiteralKind::Num(_) | LiteralKind::Int(_) => Origin::Number,
                _ => Origin::New,
            },
            Expression::Update(_) => Origin::Number,
            Expression::ArrayLiteral(_) | Expression::ObjectLiteral(_) | Expression::TemplateLiteral(_) => {
                Origin::New
            }
            Expression::Unary(unary) => match unary.op() {
                UnaryOp::Minus | UnaryOp::Plus | UnaryOp::Tilde => Origin::Number,
                _ => Origin::New,
            },
            Expression::Binary(binary) => self.origin_of_binary(binary),
            Expression::Parenthesized(inner) => self.origin(inner.expression()),
            Expression::Conditional(both) => self.origin(both.if_true()).or(self.origin(both.if_false())),
            Expression::New(new) => match new.constructor() {
                Expression::Identifier(name) => match self.text(name.sym()).as_str() {
                    // `new Object(value)` is the value.
                    "Object" if !new.arguments().is_empty() => Origin::Any,
                    name if names::is_container(name) => Origin::New,
                    _ => Origin::Any,
                },
                _ => Origin::Any,
            },
            Expression::Call(call) => self.origin_of_call(call),
            function if self.is_function(function) => Origin::Function,
            _ => Origin::Any,
        }
    }

    fn origin_of_binary(self, binary: &Binary) -> Origin {
        let either = || self.origin(binary.lhs()).or(self.origin(binary.rhs()));
        match binary.op() {
            // It joins texts, too.
            BinaryOp::Arithmetic(ArithmeticOp::Add) if either() != Origin::Number => Origin::New,
            BinaryOp::Arithmetic(_) | BinaryOp::Bitwise(_) => Origin::Number,
            BinaryOp::Relational(_) => Origin::New,
            BinaryOp::Logical(_) => either(),
            BinaryOp::Comma => self.origin(binary.rhs()),
        }
    }

    fn origin_of_call(self, call: &Call) -> Origin {
        match self.called_member(call) {
            Some((Expression::Identifier(owner), name)) if names::is_static_maker(&name) => {
                match (self.text(owner.sym()).as_str(), name.as_str()) {
                    ("Array", "of" | "from") | ("Object", "fromEntries") => Origin::New,
                    // What a reviver returns may be anything; a spread may give one.
                    ("JSON", "parse") if matches!(call.args(), [text] if !matches!(text, Expression::Spread(_))) => {
                        Origin::New
                    }
                    _ => Origin::Any,
                }
            }
            Some((_, name)) if names::is_static_maker(&name) => Origin::Any,
            Some((_, name)) if names::is_maker(&name) => Origin::New,
            _ => match call.function() {
                Expression::Identifier(name) if names::is_conversion(&self.text(name.sym())) => Origin::New,
                _ => Origin::Any,
            },
        }
    }

    /// Whether it is a function that stands here.
    pub(super) fn is_function(self, value: &Expression) -> bool {
        match value {
            Expression::Parenthesized(inner) => self.is_function(inner.expression()),
            other => matches!(
                other,
                Expression::FunctionExpression(_)
                    | Expression::ArrowFunction(_)
                    | Expression::AsyncFunctionExpression(_)
                    | Expression::AsyncArrowFunction(_)
                    | Expression::GeneratorExpression(_)
                    | Expression::AsyncGeneratorExpression(_)
            ),
        }
    }

    /// `object.name(…)` with a name that stands in the script.
    pub(super) fn called_member(self, call: &Call) -> Option<(&Expression, String)> {
        let Expression::PropertyAccess(PropertyAccess::Simple(access)) = call.function() else {
            return None;
        };
        Some((access.target(), self.field(access.field())?))
    }

    pub(super) fn field(self, field: &PropertyAccessField) -> Option<String> {
        match field {
            PropertyAccessField::Const(name) => Some(self.text(name.sym())),
            PropertyAccessField::Expr(expression) => self.constant_key(expression),
        }
    }

    /// The name that stands in `[…]`, if one does.
    pub(super) fn constant_key(self, key: &Expression) -> Option<String> {
        let Expression::Literal(literal) = key else { return None };
        match literal.kind() {
            LiteralKind::String(text) => Some(self.text(*text)),
            LiteralKind::Int(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

/// The function `convert`, as the top level declares it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConvertFunction<'p> {
    parameters: &'p FormalParameterList,
    /// `None` of an async function.
    pub(crate) body: Option<&'p FunctionBody>,
}

impl ConvertFunction<'_> {
    /// Its first parameter, when that is a plain name.
    pub(crate) fn text(self) -> Option<Sym> {
        match self.parameters.as_ref().first()?.variable().binding() {
            Binding::Identifier(name) => Some(name.sym()),
            Binding::Pattern(_) => None,
        }
    }
}

/// The first function `convert` of the top level.
pub(crate) fn convert_function(parsed: &Parsed) -> Option<ConvertFunction<'_>> {
    let is_convert = |name: Sym| parsed.interner.resolve_expect(name).to_string() == "convert";
    parsed.tree.script()?.statements().statements().iter().find_map(|item| match item {
        StatementListItem::Declaration(declaration) => match &**declaration {
            Declaration::FunctionDeclaration(f) if is_convert(f.name().sym()) => {
                Some(ConvertFunction { parameters: f.parameters(), body: Some(f.body()) })
            }
            Declaration::AsyncFunctionDeclaration(f) if is_convert(f.name().sym()) => {
                Some(ConvertFunction { parameters: f.parameters(), body: None })
            }
            Declaration::Lexical(lexical) => lexical.variable_list().as_ref().iter().find_map(|variable| {
                let Binding::Identifier(name) = variable.binding() else { return None };
                match variable.init() {
                    Some(Expression::ArrowFunction(f)) if is_convert(name.sym()) => {
                        Some(ConvertFunction { parameters: f.parameters(), body: Some(f.body()) })
                    }
                    _ => None,
                }
            }),
            _ => None,
        },
        StatementListItem::Statement(_) => None,
    })
}
