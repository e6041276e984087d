//! What a walk over the syntax tree has seen, and what that proves.

use std::ops::ControlFlow;

use boa_engine::{
    ast::{
        Expression,
        declaration::{Binding, Variable},
        expression::{
            Call, Identifier,
            access::{PropertyAccess, PropertyAccessField},
            operator::{Assign, assign::AssignOp},
        },
        pattern::{ArrayPatternElement, ObjectPatternElement, Pattern},
        visitor::{VisitWith, Visitor},
    },
    interner::Sym,
};

use super::{
    Analysis, Proven,
    calls::Calls,
    names::{self, KNOWN_GLOBALS, PLAIN_GLOBALS, SHARED},
    state::{Origin, Reach, Variables},
    values::{self, Values},
};
use crate::script::Parsed;

/// What has been seen so far.
pub(super) struct Walk<'p> {
    parsed: &'p Parsed,
    pub(super) values: Values<'p>,
    pub(super) variables: Variables,
    /// Names that stand for a variable or a global.
    pub(super) mentioned: Vec<Sym>,
    /// Those of them that are not only called, constructed or asked for a member.
    pub(super) passed: Vec<Sym>,
    /// The first parameter of `convert`.
    pub(super) text: Option<Sym>,
    /// Names that are the only argument of `JSON.parse`.
    pub(super) parsed_names: Vec<Sym>,
    pub(super) looks_at_members: bool,
    pub(super) keeps_something: bool,
    pub(super) calls: Calls,
    /// Whether functions of the script are used as values, other than as names and as callbacks; and variables that are
    /// used so, which may hold functions. Stored under the name of a method, they could make `x.map()` anything.
    pub(super) has_loose_functions: bool,
    pub(super) loose: Vec<Sym>,
}

pub(super) type Flow = ControlFlow<()>;

pub(super) const GO_ON: Flow = ControlFlow::Continue(());

impl<'p> Walk<'p> {
    pub(super) fn new(parsed: &'p Parsed) -> Self {
        Self {
            parsed,
            values: Values(&parsed.interner),
            variables: Variables::new(),
            mentioned: Vec::new(),
            passed: Vec::new(),
            text: values::convert_function(parsed).and_then(values::ConvertFunction::text),
            parsed_names: Vec::new(),
            looks_at_members: false,
            keeps_something: false,
            calls: Calls::default(),
            has_loose_functions: false,
            loose: Vec::new(),
        }
    }

    pub(super) fn read(mut self) -> Analysis {
        // Of a module, whose imports are elsewhere, nothing is proven.
        let Some(script) = self.parsed.tree.script() else {
            return Analysis::default();
        };
        for item in script.statements().statements() {
            self.keeps_something |= !self.values.is_inert(item);
            let _ = self.visit_statement_list_item(item);
        }
        let n_converts = self.mentioned.iter().filter(|name| self.values.text(**name) == "convert").count();
        Analysis {
            proven: self.proven(),
            fixed: self.variables.fixed().collect(),
            names_convert_once: n_converts == 1,
        }
    }

    fn proven(&self) -> Proven {
        let is_known = |name: &Sym, known: &[&str]| {
            self.variables.is_declared(*name) || known.contains(&self.values.text(*name).as_str())
        };
        // A name may be declared in one place and mean the global in another.
        let means_other = |name: Sym| names::is_other_global(&self.values.text(name));
        let has_unknown = self.variables.names().any(means_other)
            || !self.mentioned.iter().all(|name| is_known(name, &KNOWN_GLOBALS));
        let passes_shared = !self.passed.iter().all(|name| is_known(name, &PLAIN_GLOBALS));
        let only_parses = self.only_parses();
        // The proof knows the functions of the language by their names.
        let mut names = self.variables.names();
        let hides_globals = names.any(|name| KNOWN_GLOBALS.contains(&self.values.text(name).as_str()));
        let is_function = |name: &Sym| self.variables.origin(*name) == Some(Origin::Function);
        let has_loose_functions = self.has_loose_functions || self.loose.iter().any(is_function);
        let may_be_confused = has_loose_functions && self.calls.stores_as_maker();
        let by_name_only = !self.looks_at_members && !has_unknown;
        let keeps_nothing = !self.keeps_something
            && !has_unknown
            && !passes_shared
            && !hides_globals
            && !may_be_confused
            && !self.calls.may_be_chosen_by_data(&self.variables, self.values)
            && self.variables.are_of_calls();
        // Where something is kept, `JSON.parse` may be another function.
        Proven { by_name_only, keeps_nothing, only_parses: only_parses && by_name_only && keeps_nothing }
    }

    /// Whether the first parameter of `convert` stands nowhere but as the argument of `JSON.parse`.
    fn only_parses(&self) -> bool {
        let Some(text) = self.text else { return false };
        let mentions = |of: &str| self.mentioned.iter().filter(|name| self.values.text(**name) == of).count();
        let n_mentions = self.mentioned.iter().filter(|name| **name == text).count();
        let is_shadowed = self
            .mentioned
            .iter()
            .any(|name| self.values.text(*name) == "JSON" && self.variables.is_declared(*name));
        // The parameter itself is a mention, too.
        !is_shadowed && mentions("arguments") == 0 && n_mentions == self.n_parsed(text) + 1
    }

    fn n_parsed(&self, text: Sym) -> usize {
        self.parsed_names.iter().filter(|name| **name == text).count()
    }

    /// A member's name, wherever it stands.
    pub(super) fn member_name(&mut self, name: &str) {
        self.keeps_something |= SHARED.contains(&name);
        // `JSON.stringify` goes deeper than a guard can.
        self.looks_at_members |= name == "stringify";
    }

    pub(super) fn names_function(&mut self, name: Option<Identifier>) {
        if let Some(name) = name {
            self.variables.declare_within(name.sym());
        }
    }

    /// A value that is called, or known by a name: if it is a function, it is no loose one.
    pub(super) fn value(&mut self, value: &'p Expression) -> Flow {
        if self.values.is_function(value) { value.visit_with(self) } else { self.visit_expression(value) }
    }

    /// What is called, constructed or asked for a member: a name there is not passed around.
    pub(super) fn base(&mut self, base: &'p Expression) -> Flow {
        match base {
            Expression::Identifier(name) => self.visit_identifier(name),
            Expression::Parenthesized(inner) => self.base(inner.expression()),
            other => self.value(other),
        }
    }

    /// `target.member = …`, `target.member++`, `target.push(…)`
    pub(super) fn changes(&mut self, target: &Expression) {
        match target {
            Expression::Identifier(name) => self.variables.change(name.sym()),
            other if self.values.origin(other).is_new() => {}
            _ => self.variables.write_elsewhere(),
        }
    }

    pub(super) fn writes_member(&mut self, access: &PropertyAccess) {
        match access {
            PropertyAccess::Simple(access) => self.changes(access.target()),
            _ => self.keeps_something = true,
        }
    }

    /// `target.member` on the left of `=`: nothing is read.
    pub(super) fn visit_written(&mut self, access: &'p PropertyAccess) -> Flow {
        match access {
            PropertyAccess::Simple(access) => {
                self.base(access.target())?;
                self.visit_name(access.field())
            }
            other => other.visit_with(self),
        }
    }

    pub(super) fn visit_name(&mut self, field: &'p PropertyAccessField) -> Flow {
        if let Some(name) = self.values.field(field) {
            self.member_name(&name);
            // Read and not called, it could be called for something else.
            self.keeps_something |= names::is_mutator(&name);
        }
        match field {
            PropertyAccessField::Const(_) => GO_ON,
            PropertyAccessField::Expr(expression) => self.visit_expression(expression),
        }
    }

    pub(super) fn declares(&mut self, binding: &Binding, reach: Reach, origin: Origin) {
        match binding {
            Binding::Identifier(name) => self.variables.declare(name.sym(), reach, origin),
            Binding::Pattern(pattern) => {
                let mut names = Vec::new();
                names_of(pattern, &mut names);
                names.into_iter().for_each(|name| self.variables.declare(name, reach, Origin::Any));
            }
        }
    }

    pub(super) fn declares_all(&mut self, variables: &[Variable], reach: Reach) {
        for variable in variables {
            // Without a value it is undefined, which cannot be changed.
            let origin = variable.init().map_or(Origin::New, |value| self.values.origin(value));
            self.declares(variable.binding(), reach, origin);
        }
    }

    pub(super) fn in_block(&mut self, node: &'p impl VisitWith) -> Flow {
        self.variables.enter(Reach::Block);
        let flow = node.visit_with(self);
        self.variables.leave();
        flow
    }

    /// What a variable or a member holds after it was assigned to.
    pub(super) fn assigned(&self, assign: &Assign) -> Origin {
        match assign.op() {
            AssignOp::Assign | AssignOp::BoolAnd | AssignOp::BoolOr | AssignOp::Coalesce => {
                self.values.origin(assign.rhs())
            }
            // It joins texts, too.
            AssignOp::Add if self.values.origin(assign.rhs()) != Origin::Number => Origin::New,
            _ => Origin::Number,
        }
    }

    /// What a method calls: not a loose function.
    pub(super) fn callback(&mut self, value: &'p Expression) -> Flow {
        match value {
            Expression::Identifier(name) => {
                self.passed.push(name.sym());
                self.visit_identifier(name)
            }
            other => self.value(other),
        }
    }

    /// `target.name(…)`
    pub(super) fn calls_method(&mut self, call: &'p Call) {
        if let (Some((Expression::Identifier(owner), method)), [Expression::Identifier(argument)]) =
            (self.values.called_member(call), call.args())
            && method == "parse"
            && self.values.text(owner.sym()) == "JSON"
        {
            self.parsed_names.push(argument.sym());
        }
        match call.function() {
            Expression::PropertyAccess(PropertyAccess::Simple(access)) => {
                match self.values.field(access.field()) {
                    Some(name) if names::is_mutator(&name) => self.changes(access.target()),
                    Some(_) => {}
                    // Data chooses what is called.
                    None => self.keeps_something = true,
                }
            }
            Expression::PropertyAccess(_) => self.keeps_something = true,
            _ => {}
        }
    }
}

/// All names that a pattern declares.
fn names_of(pattern: &Pattern, names: &mut Vec<Sym>) {
    match pattern {
        Pattern::Object(object) => {
            for element in object.bindings() {
                match element {
                    ObjectPatternElement::SingleName { ident, .. }
                    | ObjectPatternElement::RestProperty { ident } => names.push(ident.sym()),
                    ObjectPatternElement::Pattern { pattern, .. } => names_of(pattern, names),
                    _ => {}
                }
            }
        }
        Pattern::Array(array) => {
            for element in array.bindings() {
                match element {
                    ArrayPatternElement::SingleName { ident, .. }
                    | ArrayPatternElement::SingleNameRest { ident } => names.push(ident.sym()),
                    ArrayPatternElement::Pattern { pattern, .. }
                    | ArrayPatternElement::PatternRest { pattern } => names_of(pattern, names),
                    _ => {}
                }
            }
        }
    }
}
