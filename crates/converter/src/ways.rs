//! How an expression gets its value from the page: `issue.fields` is `issues`, each item, `fields`.
//!
//! Only plain ways are followed: members, destructuring, `for … of` and the callbacks of array methods; a name that is
//! bound twice has none, and no answer is better than a wrong one.

use std::{collections::HashMap, ops::ControlFlow};

use boa_engine::{
    ast::{
        Expression, Position, Spanned,
        declaration::{Binding, VarDeclaration, Variable},
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

use crate::script::{Parsed, Tree};

/// Methods of arrays that call back with each item.
const EACH: [&str; 9] =
    ["map", "forEach", "filter", "flatMap", "find", "findLast", "some", "every", "findIndex"];

/// Methods of arrays that give some of the same items.
const SOME: [&str; 6] = ["filter", "slice", "sort", "toSorted", "reverse", "toReversed"];

/// Longer ways are not followed.
const MAX_STEPS: usize = 32;

/// One step down from the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// A member; with `?.` the way ends without an error where nothing could have one.
    Name {
        name: String,
        is_optional: bool,
    },
    Index(usize),
    Each,
    /// Not always what stands there: some of the items in some order, a default in place of nothing.
    Perhaps,
}

/// What a name is bound to.
#[derive(Debug, Clone)]
struct Bound<'t> {
    from: &'t Expression,
    steps: Vec<Step>,
    /// Where its value is there: a `var` is undefined before, while `let` and `const` are errors.
    since: Option<Position>,
}

/// The ways that a script's names stand for.
#[derive(Debug)]
pub(crate) struct Ways<'t> {
    interner: &'t Interner,
    /// `None` is a name that is bound more than once.
    bound: HashMap<Sym, Option<Bound<'t>>>,
}

impl<'t> Ways<'t> {
    /// Looks through the whole script.
    pub(crate) fn read(parsed: &'t Parsed) -> Self {
        let mut ways = Self { interner: &parsed.interner, bound: HashMap::new() };
        let _ = match &parsed.tree {
            Tree::Script(script) => script.visit_with(&mut ways),
            Tree::Module(module) => module.visit_with(&mut ways),
        };
        ways
    }

    /// The way from the page to what the expression stands for.
    pub(crate) fn of(&self, expression: &Expression) -> Option<Way<'t>> {
        self.follow(expression, Way::default(), 0)
    }

    /// The way from an item of `items`, whose names come through callbacks and loops over that very expression.
    pub(crate) fn within(&self, items: &'t Expression, expression: &Expression) -> Option<Way<'t>> {
        self.follow(expression, Way { items: Some(items), ..Way::default() }, 0)
    }

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
            let (name, default) = match element {
                ObjectPatternElement::SingleName { name, default_init, .. }
                | ObjectPatternElement::Pattern { name, default_init, .. } => (name, default_init),
                _ => continue,
            };
            let PropertyName::Literal(name) = name else { continue };
            let mut member = bound.clone();
            member.steps.push(Step::Name { name: self.text(name.sym()), is_optional: false });
            member.steps.extend(default.as_ref().map(|_| Step::Perhaps));
            match element {
                ObjectPatternElement::Pattern { pattern, .. } => self.bind_pattern(pattern, &member),
                ObjectPatternElement::SingleName { ident, .. } => self.bind_name(ident.sym(), member),
                _ => {}
            }
        }
    }

    fn bind_first(&mut self, parameters: &'t FormalParameterList, items: &'t Expression) {
        if let Some(first) = parameters.as_ref().first() {
            let mut steps = vec![Step::Each];
            steps.extend(first.init().map(|_| Step::Perhaps));
            self.bind(first.variable().binding(), Bound { from: items, steps, since: None });
        }
    }

    fn follow(&self, expression: &Expression, mut way: Way<'t>, depth: usize) -> Option<Way<'t>> {
        if depth > MAX_STEPS {
            return None;
        }
        match expression.flatten() {
            Expression::Identifier(name) => {
                let bound = self.bound.get(&name.sym())?.as_ref()?;
                if bound.since.is_some_and(|since| name.span().start() < since) {
                    return None;
                }
                way.names.push(name.sym());
                if !way.begins_with(bound.from) {
                    way = self.follow(bound.from, way, depth + 1)?;
                }
                if !bound.steps.is_empty() {
                    way.go_on();
                }
                way.steps.extend(bound.steps.iter().cloned());
                Some(way)
            }
            Expression::PropertyAccess(PropertyAccess::Simple(access)) => {
                let mut way = self.follow(access.target(), way, depth + 1)?;
                way.go_on();
                way.steps.push(self.member(access.field())?);
                Some(way)
            }
            Expression::Optional(optional) => {
                let mut way = self.follow(optional.target(), way, depth + 1)?;
                way.go_on();
                self.chain(optional, way)
            }
            Expression::Call(call) => self.call(call, way, depth),
            _ => None,
        }
    }

    fn chain(&self, optional: &Optional, mut way: Way<'t>) -> Option<Way<'t>> {
        for operation in optional.chain() {
            let OptionalOperationKind::SimplePropertyAccess { field } = operation.kind() else { return None };
            let mut member = self.member(field)?;
            if let Step::Name { is_optional, .. } = &mut member {
                *is_optional = operation.shorted();
            }
            way.steps.push(member);
        }
        Some(way)
    }

    fn call(&self, call: &Call, mut way: Way<'t>, depth: usize) -> Option<Way<'t>> {
        let Expression::PropertyAccess(PropertyAccess::Simple(access)) = call.function().flatten() else {
            return None;
        };
        let PropertyAccessField::Const(method) = access.field() else { return None };
        let method = self.text(method.sym());
        match access.target().flatten() {
            Expression::Identifier(name) if self.text(name.sym()) == "JSON" && method == "parse" => {
                if let [Expression::Identifier(text)] = call.args() {
                    way.text = Some(text.sym());
                }
                way.items.is_none().then_some(way)
            }
            // Places are counted in the page, so whatever is left out there, too, is looked through.
            target if SOME.contains(&method.as_str()) => {
                let mut way = self.follow(target, way, depth + 1)?;
                way.steps.push(Step::Perhaps);
                Some(way)
            }
            _ => None,
        }
    }

    fn member(&self, field: &PropertyAccessField) -> Option<Step> {
        let name = |name| Step::Name { name: self.text(name), is_optional: false };
        match field {
            PropertyAccessField::Const(constant) => Some(name(constant.sym())),
            PropertyAccessField::Expr(key) => match key.flatten() {
                Expression::Literal(literal) => match literal.kind() {
                    LiteralKind::String(constant) => Some(name(*constant)),
                    LiteralKind::Int(index) => usize::try_from(*index).ok().map(Step::Index),
                    _ => None,
                },
                _ => None,
            },
        }
    }
}

/// How a value is found in the page.
#[derive(Debug, Default)]
pub(crate) struct Way<'t> {
    /// What it begins with an item of; with the page itself where there is none.
    items: Option<&'t Expression>,
    pub(crate) steps: Vec<Step>,
    /// The variables on it.
    pub(crate) names: Vec<Sym>,
    /// The variable whose text `JSON.parse` reads, if it is one.
    pub(crate) text: Option<Sym>,
}

impl Way<'_> {
    fn begins_with(&self, items: &Expression) -> bool {
        self.items.is_some_and(|begin| std::ptr::eq(begin, items))
    }

    /// Another expression takes the value further: a chain with `?.` has ended before, and members of nothing are errors again.
    fn go_on(&mut self) {
        if self.steps.iter().any(|step| matches!(step, Step::Name { is_optional: true, .. })) {
            self.steps.push(Step::Perhaps);
        }
    }
}

impl<'t> Visitor<'t> for Ways<'t> {
    type BreakTy = ();

    fn visit_var_declaration(&mut self, node: &'t VarDeclaration) -> ControlFlow<()> {
        for variable in node.0.as_ref() {
            let Some(init) = variable.init() else { continue };
            let bound = Bound { from: init, steps: Vec::new(), since: Some(init.span().end()) };
            self.bind(variable.binding(), bound);
            self.visit_expression(init)?;
        }
        ControlFlow::Continue(())
    }

    fn visit_variable(&mut self, node: &'t Variable) -> ControlFlow<()> {
        if let Some(init) = node.init() {
            self.bind(node.binding(), Bound { from: init, steps: Vec::new(), since: None });
        }
        node.visit_with(self)
    }

    fn visit_for_of_loop(&mut self, node: &'t ForOfLoop) -> ControlFlow<()> {
        let mut bound = Bound { from: node.iterable(), steps: vec![Step::Each], since: None };
        match node.initializer() {
            IterableLoopInitializer::Let(binding) | IterableLoopInitializer::Const(binding) => {
                self.bind(binding, bound);
            }
            IterableLoopInitializer::Var(variable) => {
                bound.since = Some(node.iterable().span().end());
                self.bind(variable.binding(), bound);
            }
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
