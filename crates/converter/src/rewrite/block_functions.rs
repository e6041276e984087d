//! Functions that are declared in blocks.
//!
//! Outside of strict code such a function is a variable of the function around as well, from when its declaration is reached.
//! Where a parameter has a default, the engine stores it into a variable of that name further out, and where a scope elsewhere in
//! the function has the name for itself, nowhere. So the function around gets a `let h, v = f => { h = f };`, which the engine leaves
//! alone, and the block `function h() { … } v(h);`.
//!
//! In strict code it is none; but the engine has one that never gets a value, in functions that are strict only because of the class or
//! function around. So they get a `'use strict'` of their own.

use std::collections::HashMap;

use super::{
    Refusal,
    declared::{is_var, name_of, targets},
    edits::Edits,
};
use crate::syntax::{Declares, Goal, Kind, Node};

pub(super) fn edit(text: &str, tree: &Node, goal: Goal, edits: &mut Edits<'_>) -> Result<(), Refusal> {
    if goal == Goal::Module || begins_strict(text, &tree.children) {
        return Ok(());
    }
    functions(text, (tree, false), edits)
}

/// Whether the statements begin with `'use strict'`.
fn begins_strict(text: &str, statements: &[Node]) -> bool {
    let is_directive = |node: &&Node| node.kind == Kind::Expression && node.children[0].kind == Kind::Text;
    let mut directives = statements.iter().take_while(is_directive);
    directives.any(|node| matches!(node.children[0].text(text), "'use strict'" | "\"use strict\""))
}

fn functions(text: &str, (node, in_strict): (&Node, bool), edits: &mut Edits<'_>) -> Result<(), Refusal> {
    let mut is_strict = in_strict || matches!(node.kind, Kind::Class { .. });
    if node.is_function() && node.children[2].kind == Kind::Block {
        let is_own = begins_strict(text, &node.children[2].children);
        match (is_own, in_strict) {
            (true, _) => is_strict = true,
            (false, true) => strict_function(text, node, edits)?,
            (false, false) => sloppy_function(text, node, edits)?,
        }
    }
    node.children.iter().try_for_each(|child| functions(text, (child, is_strict), edits))
}

/// Whether the engine gives the parameters a scope of their own.
fn has_defaults(parameters: &Node) -> bool {
    parameters.children.iter().any(|parameter| matches!(parameter.kind, Kind::Assign(_)))
}

/// The functions in blocks that the engine has a variable for.
fn in_blocks<'n>(text: &str, function: &'n Node) -> Vec<InBlock<'n>> {
    let [_, parameters, body] = &function.children[..] else { return Vec::new() };
    let mut taken = Vec::new();
    targets(parameters, &mut taken);
    let mut taken: Vec<String> = taken.into_iter().map(|name| name_of(text, name).into_owned()).collect();
    taken.extend(lexical(text, &body.children));
    let mut blocks = Blocks { text, around: vec![(body, taken)], found: Vec::new() };
    body.children.iter().for_each(|statement| blocks.statement((statement, false)));
    blocks.found
}

fn strict_function(text: &str, function: &Node, edits: &mut Edits<'_>) -> Result<(), Refusal> {
    let found = in_blocks(text, function);
    let [_, parameters, body] = &function.children[..] else { return Ok(()) };
    if parameters.children.iter().all(|parameter| parameter.kind == Kind::Name) {
        if !found.is_empty() {
            edits.begin(body.start + 1, " 'use strict';");
        }
        return Ok(());
    }
    // A directive is not allowed beside other parameters.
    for InBlock { function: declared, block, .. } in found {
        let name = name_of(text, &declared.children[0]);
        let mut used = None;
        function.walk(&mut |node| {
            let is_it = node.kind == Kind::Name && name_of(text, node) == name;
            used = used.or(Some(node).filter(|_| is_it && !block.range().contains(&node.start)));
            node.range() != block.range()
        });
        if let Some(node) = used {
            let message =
                format!("the engine takes `{name}` for the function `{name}` of a block of this function");
            return Err(Refusal::new(node.range(), message).help("give one of them another name"));
        }
    }
    Ok(())
}

fn sloppy_function(text: &str, function: &Node, edits: &mut Edits<'_>) -> Result<(), Refusal> {
    let body = &function.children[2];
    let variables = variables(text, body);
    let mut setters: HashMap<String, String> = HashMap::new();
    let mut declarations = String::new();
    let in_scopes = names_of_scopes(text, body);
    let has_defaults = has_defaults(&function.children[1]);
    for InBlock { function: declared, is_alone, .. } in in_blocks(text, function) {
        let name = name_of(text, &declared.children[0]).into_owned();
        if !has_defaults && !in_scopes.contains(&name) {
            continue;
        }
        if variables.contains(&name) {
            let message = format!(
                "the engine cannot store the function `{name}` of a block into the variable `{name}`"
            );
            let refusal = Refusal::new(declared.children[0].range(), message);
            return Err(refusal.help("give one of them another name"));
        }
        let setter = setters.entry(name.clone()).or_insert_with(|| {
            let setter = edits.new_name();
            declarations.push_str(&format!(" let {name}, {setter} = f => {{ {name} = f }};"));
            setter
        });
        let (before, after) = if is_alone { ("{ ", " }") } else { ("", "") };
        edits.around(declared.range(), before, format!(" {setter}({name});{after}"));
    }
    if !declarations.is_empty() {
        edits.begin(body.start + 1, declarations);
    }
    Ok(())
}

/// What `var` and functions declare for the whole function.
fn variables(text: &str, body: &Node) -> Vec<String> {
    let mut names = Vec::new();
    body.walk(&mut |node| {
        if is_var(node) {
            node.children.iter().for_each(|declarator| targets(&declarator.children[0], &mut names));
        }
        !node.is_function()
    });
    let functions = body.children.iter().filter(|statement| is_declared_function(statement));
    names.extend(functions.map(|function| &function.children[0]));
    names.into_iter().map(|name| name_of(text, name).into_owned()).collect()
}

/// What any scope in the function has for itself, but for plain functions.
fn names_of_scopes(text: &str, body: &Node) -> Vec<String> {
    let mut names = Vec::new();
    body.walk(&mut |node| {
        match node.kind {
            Kind::Declaration(Declares::Let | Declares::Const) => {
                node.children.iter().for_each(|declarator| targets(&declarator.children[0], &mut names));
            }
            Kind::Class { is_declaration: true } => names.push(&node.children[0]),
            Kind::Function(function) if function.is_async || function.is_generator => {
                targets(&node.children[0], &mut names);
            }
            Kind::Catch if node.children[0].kind != Kind::Name => targets(&node.children[0], &mut names),
            _ => {}
        }
        !node.is_function()
    });
    names.into_iter().map(|name| name_of(text, name).into_owned()).collect()
}

fn is_declared_function(node: &Node) -> bool {
    matches!(node.kind, Kind::Function(function) if function.is_declaration)
}

/// What the statements of a block declare in it, functions apart.
fn lexical(text: &str, statements: &[Node]) -> Vec<String> {
    let mut names = Vec::new();
    for statement in statements {
        match statement.kind {
            Kind::Declaration(Declares::Let | Declares::Const) => {
                statement.children.iter().for_each(|declarator| targets(&declarator.children[0], &mut names));
            }
            Kind::Class { .. } => names.push(&statement.children[0]),
            _ => {}
        }
    }
    names.into_iter().map(|name| name_of(text, name).into_owned()).collect()
}

/// The same with functions.
fn declared(text: &str, statements: &[Node]) -> Vec<String> {
    let functions = statements.iter().filter(|statement| matches!(statement.kind, Kind::Function(_)));
    let functions = functions.map(|function| name_of(text, &function.children[0]).into_owned());
    lexical(text, statements).into_iter().chain(functions).collect()
}

/// A function that is declared in a block.
struct InBlock<'n> {
    function: &'n Node,
    block: &'n Node,
    /// Whether it is the body of an `if`.
    is_alone: bool,
}

struct Blocks<'n, 't> {
    text: &'t str,
    /// Each scope around, with the names that it has for itself.
    around: Vec<(&'n Node, Vec<String>)>,
    found: Vec<InBlock<'n>>,
}

impl<'n> Blocks<'n, '_> {
    fn statement(&mut self, (node, in_block): (&'n Node, bool)) {
        match node.kind {
            Kind::Function(function)
                if in_block && function.is_declaration && !function.is_async && !function.is_generator =>
            {
                self.found_function((node, false));
            }
            Kind::Function(_) | Kind::Class { .. } => {}
            Kind::Block => {
                self.around.push((node, declared(self.text, &node.children)));
                node.children.iter().for_each(|statement| self.statement((statement, true)));
                self.around.pop();
            }
            Kind::Switch => self.switch(node),
            Kind::For | Kind::ForIn | Kind::ForOf => {
                let names = lexical(self.text, &node.children[..1]);
                self.around.push((node, names));
                node.children.iter().for_each(|child| self.statement((child, false)));
                self.around.pop();
            }
            Kind::Catch => self.catch(node),
            Kind::If => node.children[1..].iter().for_each(|child| match is_declared_function(child) {
                true => {
                    self.around.push((child, Vec::new()));
                    self.found_function((child, true));
                    self.around.pop();
                }
                false => self.statement((child, false)),
            }),
            Kind::While | Kind::DoWhile | Kind::Labelled | Kind::Try | Kind::With => {
                node.children
                    .iter()
                    .for_each(|child| self.statement((child, in_block && node.kind == Kind::Labelled)));
            }
            _ => {}
        }
    }

    fn switch(&mut self, node: &'n Node) {
        let statements: Vec<&Node> = node.children[1..].iter().flat_map(|case| &case.children[1..]).collect();
        let names =
            statements.iter().flat_map(|statement| declared(self.text, std::slice::from_ref(*statement)));
        self.around.push((node, names.collect()));
        statements.into_iter().for_each(|statement| self.statement((statement, true)));
        self.around.pop();
    }

    fn catch(&mut self, node: &'n Node) {
        let mut names = Vec::new();
        if node.children[0].kind != Kind::Name {
            targets(&node.children[0], &mut names);
        }
        let names = names.into_iter().map(|name| name_of(self.text, name).into_owned()).collect();
        self.around.push((node, names));
        self.statement((&node.children[1], false));
        self.around.pop();
    }

    /// Takes it unless a scope between its own and the function has the name.
    fn found_function(&mut self, (node, is_alone): (&'n Node, bool)) {
        let name = name_of(self.text, &node.children[0]);
        let (between, own) = self.around.split_at(self.around.len() - 1);
        if !between.iter().any(|(_, names)| names.iter().any(|other| *other == name)) {
            self.found.push(InBlock { function: node, block: own[0].0, is_alone });
        }
    }
}
