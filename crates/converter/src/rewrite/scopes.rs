//! Errors of the language that the engine does not find, and variables that it finds before they are there.
//!
//! It lets a name be declared twice at the top of a function, gives a variable a value before its declaration is reached, and
//! reads in one `case` what another one declares. There is nothing to make of these: they are refused, with V8's words where
//! it has any.

use std::collections::HashMap;

use super::{
    Refusal,
    declared::{is_var, name_of, targets},
};
use crate::syntax::{Declares, Goal, Kind, Node};

/// Looks through all scopes.
pub(super) fn check(text: &str, tree: &Node, goal: Goal) -> Result<(), Refusal> {
    let mut check = Check { text, scopes: Vec::new(), in_head: false, refusal: None };
    let top = if goal == Goal::Module { Reach::Module } else { Reach::Function };
    check.within(Scope::new(top), |check| {
        check.declare_all(&tree.children);
        check.children(&tree.children);
    });
    check.refusal.map_or(Ok(()), Err)
}

struct Check<'t> {
    text: &'t str,
    /// From the script's to the innermost.
    scopes: Vec<Scope>,
    /// Whether the next declaration is in the head of a `for…of` or `for…in`.
    in_head: bool,
    refusal: Option<Refusal>,
}

/// What is declared in a block, function or script.
#[derive(Debug)]
struct Scope {
    reach: Reach,
    lexical: HashMap<String, Declared>,
    /// Where names are declared by `var`, in it or through it.
    vars: HashMap<String, usize>,
    /// Of a `switch`: the case that the check is in.
    case: Option<usize>,
}

/// What a scope is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Block,
    /// A function or script, at whose top functions are variables.
    Function,
    Module,
}

#[derive(Debug, Clone, Copy)]
struct Declared {
    start: usize,
    /// From where on it may be used.
    from: usize,
    case: Option<usize>,
    is_function: bool,
}

impl Scope {
    fn new(reach: Reach) -> Self {
        Self { reach, lexical: HashMap::new(), vars: HashMap::new(), case: None }
    }
}

impl Check<'_> {
    fn refuse(&mut self, refusal: Refusal) {
        let is_first = self.refusal.as_ref().is_none_or(|first| refusal.range.start < first.range.start);
        if is_first {
            self.refusal = Some(refusal);
        }
    }

    fn within(&mut self, scope: Scope, check: impl FnOnce(&mut Self)) {
        self.scopes.push(scope);
        check(self);
        self.scopes.pop();
    }

    /// Puts the `let`, `const`, `class` and, in blocks, functions of a list of statements into the scope.
    fn declare_all(&mut self, statements: &[Node]) {
        for statement in statements {
            let statement = match statement.kind {
                Kind::Export if !statement.children.is_empty() => &statement.children[0],
                _ => statement,
            };
            self.declare(statement, None);
        }
    }

    fn declare(&mut self, statement: &Node, case: Option<usize>) {
        let has_variables = self.scopes.last().is_some_and(|scope| scope.reach == Reach::Function);
        let declared = |from, is_function| Declared { start: 0, from, case, is_function };
        match statement.kind {
            Kind::Declaration(Declares::Let | Declares::Const) => {
                for declarator in &statement.children {
                    let mut names = Vec::new();
                    targets(&declarator.children[0], &mut names);
                    let declared = declared(declarator.end, false);
                    names.into_iter().for_each(|name| self.declare_name(name, declared));
                }
            }
            Kind::Class { .. } => self.declare_name(&statement.children[0], declared(statement.end, false)),
            Kind::Function(function) if function.is_declaration && has_variables => {
                self.declare_var(&statement.children[0]);
            }
            Kind::Function(function) if function.is_declaration => {
                self.declare_name(&statement.children[0], declared(0, true));
            }
            Kind::Import => {
                statement.children.iter().for_each(|name| self.declare_name(name, declared(0, false)));
            }
            _ => {}
        }
    }

    fn declare_name(&mut self, node: &Node, declared: Declared) {
        if node.is_nothing() {
            return;
        }
        let name = name_of(self.text, node).into_owned();
        let Some(scope) = self.scopes.last_mut() else { return };
        let other = scope.lexical.insert(name.clone(), Declared { start: node.start, ..declared });
        let is_twice = other.is_some_and(|other| !(other.is_function && declared.is_function));
        if is_twice || scope.vars.contains_key(&name) {
            self.refuse(twice(&name, node));
        }
    }

    /// `var name`: it goes up to the function, and no block on the way may have the name.
    fn declare_var(&mut self, node: &Node) {
        let name = name_of(self.text, node).into_owned();
        for place in (0..self.scopes.len()).rev() {
            if let Some(declared) = self.scopes[place].lexical.get(&name) {
                let at = if declared.start > node.start {
                    declared.start..declared.start + name.len()
                } else {
                    node.range()
                };
                self.refuse(Refusal { range: at, ..twice(&name, node) });
            }
            self.scopes[place].vars.insert(name.clone(), node.start);
            if self.scopes[place].reach != Reach::Block {
                return;
            }
        }
    }

    fn children(&mut self, children: &[Node]) {
        children.iter().for_each(|child| self.visit(child));
    }

    fn visit(&mut self, node: &Node) {
        match node.kind {
            Kind::Function(_) => self.function(node),
            Kind::StaticBlock => self.within(Scope::new(Reach::Function), |check| {
                check.declare_all(&node.children);
                check.children(&node.children);
            }),
            Kind::Field => self.within(Scope::new(Reach::Function), |check| check.children(&node.children)),
            Kind::Block => self.within(Scope::new(Reach::Block), |check| {
                check.declare_all(&node.children);
                check.children(&node.children);
            }),
            Kind::For | Kind::ForIn | Kind::ForOf => self.within(Scope::new(Reach::Block), |check| {
                check.in_head = node.kind != Kind::For;
                check.declare(&node.children[0], None);
                if node.kind != Kind::For && !matches!(node.children[0].kind, Kind::Declaration(_)) {
                    check.stores(&node.children[0]);
                }
                check.children(&node.children);
            }),
            Kind::Switch => self.switch(node),
            Kind::Declaration(_) if is_var(node) && !self.has_initializers(node) => {}
            Kind::Declaration(Declares::Let | Declares::Const) if !self.has_initializers(node) => {}
            Kind::Declaration(_) if is_var(node) => {
                let mut names = Vec::new();
                node.children.iter().for_each(|declarator| targets(&declarator.children[0], &mut names));
                names.into_iter().for_each(|name| self.declare_var(name));
                self.children(&node.children);
            }
            Kind::Assign("=") => {
                self.stores(&node.children[0]);
                self.pattern(&node.children[0]);
                self.visit(&node.children[1]);
            }
            Kind::Declarator | Kind::Catch => {
                self.pattern(&node.children[0]);
                self.children(&node.children[1..]);
            }
            Kind::Parameters => node.children.iter().for_each(|parameter| self.pattern(parameter)),
            Kind::Update { is_prefix: false } => {
                self.updates(node);
                self.children(&node.children);
            }
            Kind::Name => self.reads(node),
            _ => self.children(&node.children),
        }
    }

    /// A pattern, in which `=` gives a default and stores nothing.
    fn pattern(&mut self, node: &Node) {
        match node.kind {
            Kind::Assign("=") => {
                self.pattern(&node.children[0]);
                self.visit(&node.children[1]);
            }
            Kind::Object | Kind::Array | Kind::Property | Kind::Spread => {
                node.children.iter().for_each(|child| self.pattern(child));
            }
            _ => self.visit(node),
        }
    }

    fn function(&mut self, node: &Node) {
        let [_, parameters, body] = &node.children[..] else { return };
        let mut names = Vec::new();
        targets(parameters, &mut names);
        let is_simple = parameters.children.iter().all(|parameter| parameter.kind == Kind::Name);
        if !is_simple || matches!(node.kind, Kind::Function(function) if function.is_arrow) {
            self.are_different(&names);
        }
        let has_expressions = parameters
            .children
            .iter()
            .any(|parameter| parameter.has(|node| matches!(node.kind, Kind::Assign(_) | Kind::Computed)));
        self.within(Scope::new(Reach::Function), |check| {
            check.children(std::slice::from_ref(parameters));
            if body.kind != Kind::Block {
                return check.visit(body);
            }
            check.declare_all(&body.children);
            names.iter().for_each(|name| check.is_no_lexical(name));
            if has_expressions {
                names.iter().for_each(|name| check.is_no_variable(name, body));
            }
            check.children(&body.children);
        });
    }

    fn are_different(&mut self, names: &[&Node]) {
        for (place, name) in names.iter().enumerate() {
            let is_same = |other: &&Node| name_of(self.text, other) == name_of(self.text, name);
            if names[..place].iter().any(is_same) {
                let message = "syntax error: Duplicate parameter name not allowed in this context";
                return self.refuse(Refusal::new(name.range(), message));
            }
        }
    }

    fn is_no_lexical(&mut self, parameter: &Node) {
        let name = name_of(self.text, parameter);
        let lexical = self.scopes.last().and_then(|scope| scope.lexical.get(&*name));
        if let Some(declared) = lexical {
            let range = declared.start..declared.start + name.len();
            self.refuse(Refusal { range, ..twice(&name, parameter) });
        }
    }

    fn is_no_variable(&mut self, parameter: &Node, body: &Node) {
        let name = name_of(self.text, parameter);
        let mut vars = Vec::new();
        body.walk(&mut |node| {
            if is_var(node) {
                node.children.iter().for_each(|declarator| targets(&declarator.children[0], &mut vars));
            }
            !node.is_function()
        });
        if let Some(var) = vars.into_iter().find(|var| name_of(self.text, var) == name) {
            let message =
                format!("the engine cannot have a variable `{name}` besides the parameter `{name}`");
            self.refuse(Refusal::new(var.range(), message).help("give the variable another name"));
        }
    }

    /// A pattern that declares needs a value, but in the head of a `for…of` and `for…in`.
    fn has_initializers(&mut self, declaration: &Node) -> bool {
        let in_head = std::mem::take(&mut self.in_head);
        let is_without =
            |declarator: &&Node| declarator.children[0].kind != Kind::Name && declarator.children.len() == 1;
        let without = declaration.children.iter().find(is_without).filter(|_| !in_head);
        if let Some(declarator) = without {
            let message = "syntax error: Missing initializer in destructuring declaration";
            self.refuse(Refusal::new(declarator.range(), message));
        }
        without.is_none()
    }

    fn switch(&mut self, node: &Node) {
        self.visit(&node.children[0]);
        self.within(Scope::new(Reach::Block), |check| {
            for (place, case) in node.children[1..].iter().enumerate() {
                case.children[1..].iter().for_each(|statement| check.declare(statement, Some(place)));
            }
            for (place, case) in node.children[1..].iter().enumerate() {
                if let Some(scope) = check.scopes.last_mut() {
                    scope.case = Some(place);
                }
                check.children(&case.children);
            }
        });
    }

    /// What the function around declares under this name, and the case that the check is in.
    fn find(&self, name: &str) -> Option<(Declared, Option<usize>)> {
        for scope in self.scopes.iter().rev() {
            if let Some(declared) = scope.lexical.get(name) {
                return Some((*declared, scope.case));
            }
            if scope.reach != Reach::Block {
                return None;
            }
        }
        None
    }

    fn stores(&mut self, pattern: &Node) {
        let mut names = Vec::new();
        targets(pattern, &mut names);
        for node in names {
            let name = name_of(self.text, node);
            // At the top of a script and for the variables of other functions the engine knows.
            let is_too_early = self.find(&name).is_some_and(|(declared, _)| node.start < declared.from);
            if is_too_early {
                let message = format!("Cannot access '{name}' before initialization");
                let refusal = Refusal::new(node.range(), message);
                self.refuse(refusal.help(format!("declare `{name}` before it gets a value")));
            }
        }
    }

    fn reads(&mut self, node: &Node) {
        let name = name_of(self.text, node);
        let is_of_other =
            self.find(&name).is_some_and(|(declared, case)| !declared.is_function && declared.case != case);
        if is_of_other {
            let message = format!("`{name}` is declared in another `case`, which need not have run");
            self.refuse(
                Refusal::new(node.range(), message)
                    .help("declare it before the `switch`, or give each `case` a block `{ … }`"),
            );
        }
    }

    /// `super[key]++`, of which the engine gives the new value.
    fn updates(&mut self, node: &Node) {
        let place = node.children[0].bare();
        if matches!(place.kind, Kind::Index { .. }) && place.children[0].kind == Kind::Super {
            let refusal =
                Refusal::new(node.range(), "the engine cannot count a member of `super` by a computed name");
            self.refuse(refusal.help("write `this[key]++`"));
        }
    }
}

fn twice(name: &str, node: &Node) -> Refusal {
    Refusal::new(node.range(), format!("syntax error: Identifier '{name}' has already been declared"))
}
