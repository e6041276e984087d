//! Finds the expressions that an engine's position may mean.
//!
//! Boa 0.22 notes positions only for calls (their arguments), properties that are read (their names), assignments,
//! updates, `delete`, `throw` and function bodies; whatever else fails has the position of the innermost of these
//! around it. `parsed['issues'].map(…)` on undefined is reported at the function's `{`. This module walks the syntax
//! tree with the same rules (`position_guard` in boa_engine's bytecompiler) and collects what shares a position, so
//! that messages can name the expression when there is one, and all of them when there are several.

use std::ops::ControlFlow;

use boa_engine::{
    ast::{
        Expression, Position, Spanned,
        declaration::{Binding, Variable},
        expression::{
            Call, Identifier, New, Optional, OptionalOperationKind, Spread,
            access::{PropertyAccess, PropertyAccessField, SimplePropertyAccess},
            literal::LiteralKind,
            operator::{
                Assign, Binary, Unary, Update,
                assign::{AssignOp, AssignTarget},
                binary::BinaryOp,
                unary::UnaryOp,
            },
        },
        function::{FormalParameterList, FunctionBody},
        pattern::Pattern,
        statement::{Throw, iteration::ForOfLoop},
        visitor::{VisitWith, Visitor},
    },
    interner::Interner,
};

use crate::script::{Parsed, Tree};

/// What can go wrong at an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A property of it is used; it may be null or undefined.
    Member,
    /// The same, where the property is assigned to.
    Assigned,
    /// It is called; it may be no function.
    Call,
    /// It is a function of the language that refuses null and undefined.
    Argument,
    /// It is iterated; it may be not iterable.
    Iterated,
    /// It is taken apart by a pattern; it, or a part that the pattern takes apart, may be null or undefined.
    Destructured,
    /// It is the pattern of a parameter; what is passed may be null or undefined.
    Parameter,
    /// It computes with two values, of which one may be a BigInt and the other not.
    Mixed,
    /// It is a name; nothing may have that name.
    Name,
}

/// An expression that shares a position with others.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Suspect {
    pub(crate) fault: Fault,
    /// Its first and the place after its last character.
    pub(crate) extent: (Position, Position),
    /// The property that is used or the pattern that is filled, if any: first, after last.
    pub(crate) detail: Option<(Position, Position)>,
}

/// Everything whose failure Boa reports at `position`; `None` is a failure without position.
pub(crate) fn at(parsed: &Parsed, position: Option<Position>) -> Vec<Suspect> {
    let mut walk = Walk { interner: &parsed.interner, guard: None, wanted: position, found: Vec::new() };
    let _ = match &parsed.tree {
        Tree::Script(script) => script.visit_with(&mut walk),
        Tree::Module(module) => module.visit_with(&mut walk),
    };
    walk.found
}

/// Where an expression begins; the span of a call is that of its arguments.
pub(crate) fn start(expression: &Expression) -> Position {
    match expression {
        Expression::Call(call) => start(call.function()),
        Expression::PropertyAccess(PropertyAccess::Simple(access)) => start(access.target()),
        Expression::PropertyAccess(PropertyAccess::Private(access)) => start(access.target()),
        Expression::Optional(optional) => start(optional.target()),
        Expression::TaggedTemplate(template) => start(template.tag()),
        Expression::Binary(binary) => start(binary.lhs()),
        Expression::Conditional(conditional) => start(conditional.condition()),
        other => other.span().start(),
    }
}

struct Walk<'t> {
    interner: &'t Interner,
    guard: Option<Position>,
    wanted: Option<Position>,
    found: Vec<Suspect>,
}

impl<'t> Walk<'t> {
    fn guarded(
        &mut self,
        position: Position,
        walk: impl FnOnce(&mut Self) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let outer = self.guard.replace(position);
        let flow = walk(self);
        self.guard = outer;
        flow
    }

    fn add(&mut self, fault: Fault, expression: &Expression) {
        self.add_extent(fault, (start(expression), expression.span().end()), None);
    }

    fn add_extent(
        &mut self,
        fault: Fault,
        extent: (Position, Position),
        detail: Option<(Position, Position)>,
    ) {
        if self.guard == self.wanted {
            self.found.push(Suspect { fault, extent, detail });
        }
    }

    fn add_member(&mut self, fault: Fault, object: &Expression, field: &PropertyAccessField) {
        if self.can_be_nullish(object) {
            let property = (field.span().start(), field.span().end());
            self.add_extent(fault, (start(object), object.span().end()), Some(property));
        }
    }

    fn add_destructured(&mut self, pattern: &Pattern, value: &Expression) {
        let extent = (start(value), value.span().end());
        self.add_extent(Fault::Destructured, extent, Some((pattern.span().start(), pattern.span().end())));
    }

    fn add_call(&mut self, callee: &Expression) {
        self.add(Fault::Call, callee);
        // Such as `Object.keys(…)` and `Array.from(…)`; methods of values take null and undefined.
        let owner = match callee.flatten() {
            Expression::PropertyAccess(PropertyAccess::Simple(access)) => access.target(),
            other => other,
        };
        if matches!(owner.flatten(), Expression::Identifier(name) if GLOBALS.contains(&self.name(*name).as_str()))
        {
            self.add(Fault::Argument, callee);
        }
    }

    /// A property whose object is evaluated without a position of its own: of a method call, or assigned to.
    fn bare_access(&mut self, fault: Fault, access: &'t PropertyAccess) -> ControlFlow<()> {
        let PropertyAccess::Simple(access) = access else {
            return access.visit_with(self);
        };
        self.add_member(fault, access.target(), access.field());
        self.visit_expression(access.target())?;
        self.visit_property_access_field(access.field())
    }

    /// Whether null or undefined is plausible; literals, globals and what built-in methods return are left out.
    fn can_be_nullish(&self, expression: &Expression) -> bool {
        match expression.flatten() {
            Expression::Identifier(name) => !GLOBALS.contains(&self.name(*name).as_str()),
            Expression::Literal(literal) => {
                matches!(literal.kind(), LiteralKind::Null | LiteralKind::Undefined)
            }
            Expression::Call(call) => match call.function().flatten() {
                Expression::PropertyAccess(PropertyAccess::Simple(access)) => match access.field() {
                    PropertyAccessField::Const(method) => {
                        !NEVER_NULLISH.contains(&self.name(*method).as_str())
                    }
                    PropertyAccessField::Expr(_) => true,
                },
                Expression::Identifier(name) => !GLOBALS.contains(&self.name(*name).as_str()),
                _ => true,
            },
            Expression::ArrayLiteral(_)
            | Expression::ObjectLiteral(_)
            | Expression::TemplateLiteral(_)
            | Expression::RegExpLiteral(_)
            | Expression::New(_)
            | Expression::FunctionExpression(_)
            | Expression::ArrowFunction(_)
            | Expression::ClassExpression(_) => false,
            _ => true,
        }
    }

    fn name(&self, name: Identifier) -> String {
        self.interner.resolve_expect(name.sym()).to_string()
    }
}

/// What makes a text of a BigInt.
fn is_text(operand: &Expression) -> bool {
    match operand.flatten() {
        Expression::Literal(literal) => matches!(literal.kind(), LiteralKind::String(_)),
        Expression::TemplateLiteral(_) => true,
        _ => false,
    }
}

/// Globals of the language, which nobody shadows with null.
const GLOBALS: [&str; 14] = [
    "Array",
    "BigInt",
    "Boolean",
    "console",
    "Date",
    "globalThis",
    "JSON",
    "Math",
    "Number",
    "Object",
    "Promise",
    "Reflect",
    "String",
    "Symbol",
];

/// Methods of arrays, strings, numbers and `Object` that return a value in every case.
const NEVER_NULLISH: [&str; 36] = [
    "concat",
    "entries",
    "filter",
    "flat",
    "flatMap",
    "forEach",
    "from",
    "fromEntries",
    "join",
    "keys",
    "map",
    "padEnd",
    "padStart",
    "repeat",
    "replace",
    "replaceAll",
    "reverse",
    "slice",
    "sort",
    "splice",
    "split",
    "substring",
    "toFixed",
    "toISOString",
    "toLowerCase",
    "toReversed",
    "toSorted",
    "toString",
    "toUpperCase",
    "trim",
    "trimEnd",
    "trimStart",
    "values",
    "valueOf",
    "all",
    "assign",
];

impl<'t> Visitor<'t> for Walk<'t> {
    type BreakTy = ();

    fn visit_function_body(&mut self, node: &'t FunctionBody) -> ControlFlow<()> {
        self.guarded(node.span().start(), |walk| node.visit_with(walk))
    }

    fn visit_formal_parameter_list(&mut self, node: &'t FormalParameterList) -> ControlFlow<()> {
        // Parameters are bound before the body's position begins.
        let outer = self.guard.take();
        for parameter in node.as_ref() {
            if let Binding::Pattern(pattern) = parameter.variable().binding() {
                let span = pattern.span();
                self.add_extent(Fault::Parameter, (span.start(), span.end()), None);
            }
        }
        let flow = node.visit_with(self);
        self.guard = outer;
        flow
    }

    fn visit_simple_property_access(&mut self, node: &'t SimplePropertyAccess) -> ControlFlow<()> {
        self.guarded(node.field().span().start(), |walk| {
            walk.add_member(Fault::Member, node.target(), node.field());
            node.visit_with(walk)
        })
    }

    fn visit_call(&mut self, node: &'t Call) -> ControlFlow<()> {
        match node.function().flatten() {
            Expression::PropertyAccess(access) => self.bare_access(Fault::Member, access)?,
            callee => self.visit_expression(callee)?,
        }
        self.guarded(node.span().start(), |walk| {
            walk.add_call(node.function());
            node.args().iter().try_for_each(|argument| walk.visit_expression(argument))
        })
    }

    fn visit_new(&mut self, node: &'t New) -> ControlFlow<()> {
        self.visit_expression(node.constructor())?;
        self.guarded(node.call().span().start(), |walk| {
            walk.add_call(node.constructor());
            node.arguments().iter().try_for_each(|argument| walk.visit_expression(argument))
        })
    }

    fn visit_optional(&mut self, node: &'t Optional) -> ControlFlow<()> {
        let start = start(node.target());
        let mut end = node.target().span().end();
        for operation in node.chain() {
            match operation.kind() {
                OptionalOperationKind::SimplePropertyAccess { field } if !operation.shorted() => {
                    let property = (field.span().start(), field.span().end());
                    self.add_extent(Fault::Member, (start, end), Some(property));
                }
                OptionalOperationKind::Call { .. } if !operation.shorted() => {
                    self.add_extent(Fault::Call, (start, end), None);
                }
                _ => {}
            }
            end = operation.span().end();
        }
        node.visit_with(self)
    }

    fn visit_assign(&mut self, node: &'t Assign) -> ControlFlow<()> {
        self.guarded(node.span().start(), |walk| {
            match node.lhs() {
                AssignTarget::Access(access) => walk.bare_access(Fault::Assigned, access)?,
                other => walk.visit_assign_target(other)?,
            }
            if let AssignTarget::Pattern(pattern) = node.lhs() {
                walk.add_destructured(pattern, node.rhs());
            }
            if !matches!(node.op(), AssignOp::Assign) && !is_text(node.rhs()) {
                let extent = (node.lhs().span().start(), node.rhs().span().end());
                walk.add_extent(Fault::Mixed, extent, Some((start(node.rhs()), extent.1)));
            }
            walk.visit_expression(node.rhs())
        })
    }

    fn visit_binary(&mut self, node: &'t Binary) -> ControlFlow<()> {
        if matches!(node.op(), BinaryOp::Arithmetic(_) | BinaryOp::Bitwise(_))
            && !(is_text(node.lhs()) || is_text(node.rhs()))
        {
            let right = (start(node.rhs()), node.rhs().span().end());
            self.add_extent(Fault::Mixed, (start(node.lhs()), right.1), Some(right));
        }
        node.visit_with(self)
    }

    fn visit_update(&mut self, node: &'t Update) -> ControlFlow<()> {
        self.guarded(node.span().start(), |walk| node.visit_with(walk))
    }

    fn visit_unary(&mut self, node: &'t Unary) -> ControlFlow<()> {
        match node.op() {
            UnaryOp::Delete => self.guarded(node.span().start(), |walk| node.visit_with(walk)),
            _ => node.visit_with(self),
        }
    }

    fn visit_throw(&mut self, node: &'t Throw) -> ControlFlow<()> {
        self.guarded(node.target().span().start(), |walk| node.visit_with(walk))
    }

    fn visit_spread(&mut self, node: &'t Spread) -> ControlFlow<()> {
        self.add(Fault::Iterated, node.target());
        node.visit_with(self)
    }

    fn visit_for_of_loop(&mut self, node: &'t ForOfLoop) -> ControlFlow<()> {
        self.add(Fault::Iterated, node.iterable());
        node.visit_with(self)
    }

    fn visit_variable(&mut self, node: &'t Variable) -> ControlFlow<()> {
        if let (Binding::Pattern(pattern), Some(value)) = (node.binding(), node.init()) {
            self.add_destructured(pattern, value);
        }
        node.visit_with(self)
    }

    fn visit_property_access_field(&mut self, node: &'t PropertyAccessField) -> ControlFlow<()> {
        match node {
            // The name of a property is not looked up as a variable.
            PropertyAccessField::Const(_) => ControlFlow::Continue(()),
            PropertyAccessField::Expr(key) => self.visit_expression(key),
        }
    }

    fn visit_identifier(&mut self, node: &'t Identifier) -> ControlFlow<()> {
        self.add_extent(Fault::Name, (node.span().start(), node.span().end()), None);
        ControlFlow::Continue(())
    }
}
