//! Which part of the page an expression stands for: `issue.fields` is `issues[17].fields`.
//!
//! The engine says that something was null, not where in the page it came from. So the script is read for how the
//! expression gets its value from `JSON.parse`, and the page for the first place on that way with nothing in it. Only
//! plain ways are followed: members, destructuring, `for … of` and the callbacks of array methods; a name that is
//! bound twice means nothing here, and no answer is better than a wrong one.

use std::{collections::HashMap, ops::ControlFlow};

use boa_engine::{
    ast::{
        Expression, Position, Spanned,
        declaration::{Binding, Variable},
        expression::{
            Call, Optional, OptionalOperationKind,
            access::{PropertyAccess, PropertyAccessField},
            literal::LiteralKind,
        },
        function::FormalParameterList,
        pattern::{ObjectPatternElement, Pattern},
        property::PropertyName,
        statement::iteration::{ForOfLoop, IterableLoopInitializer},
        visitor::{VisitWith, Visitor},
    },
    interner::{Interner, Sym},
};
use serde_json::Value;

use crate::{
    script::{Parsed, Tree},
    suspects,
};

/// Methods of arrays that call back with each item.
const EACH: [&str; 9] =
    ["map", "forEach", "filter", "flatMap", "find", "findLast", "some", "every", "findIndex"];

/// Methods of arrays that give some of the same items.
const SOME: [&str; 6] = ["filter", "slice", "sort", "toSorted", "reverse", "toReversed"];

/// Longer ways are not followed.
const MAX_STEPS: usize = 32;

/// One step down from the page.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
    Each,
}

/// What a name is bound to.
#[derive(Debug, Clone)]
struct Bound<'t> {
    from: &'t Expression,
    steps: Vec<Step>,
}

/// The first place of the page that the expression at `extent` stands for and that has nothing in it.
pub(crate) fn of_nothing(parsed: &Parsed, extent: (Position, Position), body: &[u8]) -> Option<String> {
    let mut walk = Walk { interner: &parsed.interner, extent, bound: HashMap::new(), found: None };
    let _ = match &parsed.tree {
        Tree::Script(script) => script.visit_with(&mut walk),
        Tree::Module(module) => module.visit_with(&mut walk),
    };
    let steps = walk.steps(walk.found?, 0)?;
    let page: Value = serde_json::from_slice(body).ok()?;
    let mut path = String::new();
    first_nothing(&page, &steps, &mut path).then_some(path)
}

/// Whether the steps lead from `value` to nothing; `path` is then where.
fn first_nothing(value: &Value, steps: &[Step], path: &mut String) -> bool {
    let Some((step, rest)) = steps.split_first() else { return value.is_null() };
    let length = path.len();
    let next = match (step, value) {
        (Step::Each, Value::Array(items)) => {
            for (index, item) in items.iter().enumerate() {
                path.push_str(&format!("[{index}]"));
                if first_nothing(item, rest, path) {
                    return true;
                }
                path.truncate(length);
            }
            return false;
        }
        (Step::Name(name), Value::Object(members)) => {
            path.push_str(if path.is_empty() { "" } else { "." });
            path.push_str(name);
            members.get(name)
        }
        (Step::Index(index), Value::Array(items)) => {
            path.push_str(&format!("[{index}]"));
            items.get(*index)
        }
        // Members of other values: the exception came earlier, or from elsewhere.
        _ => return false,
    };
    let is_nothing = match next {
        Some(value) => first_nothing(value, rest, path),
        None => rest.is_empty(),
    };
    if !is_nothing {
        path.truncate(length);
    }
    is_nothing
}

struct Walk<'t> {
    interner: &'t Interner,
    extent: (Position, Position),
    /// `None` is a name that is bound more than once.
    bound: HashMap<Sym, Option<Bound<'t>>>,
    found: Option<&'t Expression>,
}

impl<'t> Walk<'t> {
    fn text(&self, name: Sym) -> String {
        self.interner.resolve_expect(name).to_string()
    }

    fn bind(&mut self, binding: &'t Binding, bound: Bound<'t>) {
        match binding {
            Binding::Identifier(name) => self.bind_name(name.sym(), bound),
            Binding::Pattern(pattern) => self.bind_pattern(pattern, &bound),
        }
    }

    fn bind_name(&mut self, name: Sym, bound: Bound<'t>) {
        let is_new = !self.bound.contains_key(&name);
        self.bound.insert(name, is_new.then_some(bound));
    }

    fn bind_pattern(&mut self, pattern: &'t Pattern, bound: &Bound<'t>) {
        let Pattern::Object(object) = pattern else { return };
        for element in object.bindings() {
            let (name, deeper) = match element {
                ObjectPatternElement::SingleName { name, .. } => (name, None),
                ObjectPatternElement::Pattern { name, pattern, .. } => (name, Some(pattern)),
                _ => continue,
            };
            let PropertyName::Literal(name) = name else { continue };
            let mut member = bound.clone();
            member.steps.push(Step::Name(self.text(name.sym())));
            match (deeper, element) {
                (Some(pattern), _) => self.bind_pattern(pattern, &member),
                (None, ObjectPatternElement::SingleName { ident, .. }) => {
                    self.bind_name(ident.sym(), member);
                }
                _ => {}
            }
        }
    }

    fn bind_first(&mut self, parameters: &'t FormalParameterList, items: &'t Expression) {
        if let Some(first) = parameters.as_ref().first() {
            self.bind(first.variable().binding(), Bound { from: items, steps: vec![Step::Each] });
        }
    }

    /// The way from the page to what the expression stands for.
    fn steps(&self, expression: &Expression, depth: usize) -> Option<Vec<Step>> {
        if depth > MAX_STEPS {
            return None;
        }
        match expression.flatten() {
            Expression::Identifier(name) => {
                let bound = self.bound.get(&name.sym())?.as_ref()?;
                let mut steps = self.steps(bound.from, depth + 1)?;
                steps.extend(bound.steps.iter().cloned());
                Some(steps)
            }
            Expression::PropertyAccess(PropertyAccess::Simple(access)) => {
                let mut steps = self.steps(access.target(), depth + 1)?;
                steps.push(self.member(access.field())?);
                Some(steps)
            }
            Expression::Optional(optional) => self.optional(optional, depth),
            Expression::Call(call) => self.call(call, depth),
            _ => None,
        }
    }

    fn optional(&self, optional: &Optional, depth: usize) -> Option<Vec<Step>> {
        let mut steps = self.steps(optional.target(), depth + 1)?;
        for operation in optional.chain() {
            match operation.kind() {
                OptionalOperationKind::SimplePropertyAccess { field } => steps.push(self.member(field)?),
                _ => return None,
            }
        }
        Some(steps)
    }

    fn call(&self, call: &Call, depth: usize) -> Option<Vec<Step>> {
        let Expression::PropertyAccess(PropertyAccess::Simple(access)) = call.function().flatten() else {
            return None;
        };
        let PropertyAccessField::Const(method) = access.field() else { return None };
        let method = self.text(method.sym());
        match access.target().flatten() {
            Expression::Identifier(name) if self.text(name.sym()) == "JSON" && method == "parse" => {
                Some(Vec::new())
            }
            // Places are counted in the page, so whatever is left out there, too, is looked through.
            target if SOME.contains(&method.as_str()) => self.steps(target, depth + 1),
            _ => None,
        }
    }

    fn member(&self, field: &PropertyAccessField) -> Option<Step> {
        match field {
            PropertyAccessField::Const(name) => Some(Step::Name(self.text(name.sym()))),
            PropertyAccessField::Expr(key) => match key.flatten() {
                Expression::Literal(literal) => match literal.kind() {
                    LiteralKind::String(name) => Some(Step::Name(self.text(*name))),
                    LiteralKind::Int(index) => usize::try_from(*index).ok().map(Step::Index),
                    _ => None,
                },
                _ => None,
            },
        }
    }
}

impl<'t> Visitor<'t> for Walk<'t> {
    type BreakTy = ();

    fn visit_expression(&mut self, node: &'t Expression) -> ControlFlow<()> {
        if (suspects::start(node), node.span().end()) == self.extent {
            self.found = Some(node);
        }
        node.visit_with(self)
    }

    fn visit_variable(&mut self, node: &'t Variable) -> ControlFlow<()> {
        if let Some(init) = node.init() {
            self.bind(node.binding(), Bound { from: init, steps: Vec::new() });
        }
        node.visit_with(self)
    }

    fn visit_for_of_loop(&mut self, node: &'t ForOfLoop) -> ControlFlow<()> {
        let bound = Bound { from: node.iterable(), steps: vec![Step::Each] };
        match node.initializer() {
            IterableLoopInitializer::Let(binding) | IterableLoopInitializer::Const(binding) => {
                self.bind(binding, bound);
            }
            IterableLoopInitializer::Var(variable) => self.bind(variable.binding(), bound),
            _ => {}
        }
        node.visit_with(self)
    }

    fn visit_call(&mut self, node: &'t Call) -> ControlFlow<()> {
        if let Expression::PropertyAccess(PropertyAccess::Simple(access)) = node.function().flatten()
            && let PropertyAccessField::Const(method) = access.field()
            && EACH.contains(&self.text(method.sym()).as_str())
        {
            match node.args().first() {
                Some(Expression::ArrowFunction(f)) => self.bind_first(f.parameters(), access.target()),
                Some(Expression::AsyncArrowFunction(f)) => self.bind_first(f.parameters(), access.target()),
                Some(Expression::FunctionExpression(f)) => self.bind_first(f.parameters(), access.target()),
                _ => {}
            }
        }
        node.visit_with(self)
    }
}
