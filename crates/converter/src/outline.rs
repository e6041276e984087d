//! What a script declares at its top level, read from its syntax tree.

use std::ops::{ControlFlow, Range};

use boa_engine::{
    ast::{
        Declaration, Expression, ModuleItem, Position, Span, Spanned, StatementListItem,
        declaration::{Binding, ExportDeclaration},
        expression::Identifier,
        function::FunctionBody,
        statement::{Return, Statement},
        visitor::{VisitWith, Visitor},
    },
    interner::Sym,
};
use pipeline_config::nearest;

use crate::{
    error::{ConverterError, Report},
    exports,
    script::{Form, Parsed, Script, Tree},
    suspects,
};

/// The top level of a script.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// Names in order, with their places.
    names: Vec<(String, Span)>,
    /// Where `convert` says what it returns, if it says so once; otherwise where it is declared.
    pub(crate) result: Option<Range<usize>>,
    /// Whether `convert` has a `return` with a value; true where that cannot be seen.
    pub(crate) returns_value: bool,
    /// Whether a module exports it, or it stands anywhere in a script as a word: `globalThis.convert = …` is no declaration.
    pub(crate) may_have_convert: bool,
}

impl Outline {
    /// Reads the syntax tree of `script`.
    pub(crate) fn read(parsed: &Parsed, script: &Script) -> Self {
        let mut outline = Self { returns_value: true, ..Self::default() };
        let mut result = None;
        for declared in declared(&parsed.tree) {
            let name = parsed.interner.resolve_expect(declared.name.sym()).to_string();
            let place = declared.name.span();
            if name == "convert" {
                let returns = declared.body.map(returns);
                outline.returns_value = returns.as_ref().is_none_or(|returns| !returns.is_empty());
                result = Some(match returns.unwrap_or_default().as_slice() {
                    [only] => Span::new(only.0, only.1),
                    _ => place,
                });
            }
            outline.names.push((name, place));
        }
        // To find a place the text is read from its beginning: not for each of a hundred thousand names.
        outline.result = result.map(|place| script.range(place));
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
        outline.may_have_convert = match &parsed.tree {
            Tree::Module(_) => exports::may_export_convert(script),
            Tree::Script(_) => script.shown().text.split(|c| !is_word(c)).any(|word| word == "convert"),
        };
        outline
    }

    /// The error for a script that has no function `convert`.
    pub(crate) fn missing_convert(&self, script: &Script) -> ConverterError {
        let near = nearest("convert", self.names.iter().map(|(name, _)| name.as_str()));
        let mut help = Vec::new();
        match near {
            Some("convert") if script.form() == Form::Module => {
                help.push("this is a module: write `export function convert(json)`".into());
            }
            Some("convert") => help.push("`convert` is there, but it is not a function".into()),
            Some(name) => help.push(format!("rename `{name}` to `convert`")),
            None => help
                .push("define `function convert(json) { … }`, which returns an array of row objects".into()),
        }
        let place = near.and_then(|name| self.names.iter().find(|(known, _)| known == name));
        let place = place.map_or(0..0, |(_, place)| script.range(*place));
        let title = "the converter has no function `convert`".to_owned();
        ConverterError::MissingConvert(Box::new(Report::new(script, title, Some(place)).help(help)))
    }
}

struct Declared<'t> {
    name: Identifier,
    body: Option<&'t FunctionBody>,
}

/// All that a file declares at its top level, in order.
fn declared(tree: &Tree) -> Vec<Declared<'_>> {
    match tree {
        Tree::Script(script) => script.statements().statements().iter().flat_map(declared_by).collect(),
        Tree::Module(module) => module.items().items().iter().flat_map(declared_in_module).collect(),
    }
}

fn declared_in_module(item: &ModuleItem) -> Vec<Declared<'_>> {
    match item {
        ModuleItem::StatementListItem(item) => declared_by(item),
        ModuleItem::ImportDeclaration(_) => Vec::new(),
        ModuleItem::ExportDeclaration(export) => match &**export {
            ExportDeclaration::Declaration(declaration) => declared_by_declaration(declaration),
            ExportDeclaration::VarStatement(variables) => {
                variables.0.as_ref().iter().filter_map(variable).collect()
            }
            ExportDeclaration::DefaultFunctionDeclaration(f) => {
                vec![Declared { name: f.name(), body: Some(f.body()) }]
            }
            ExportDeclaration::DefaultAsyncFunctionDeclaration(f) => {
                vec![Declared { name: f.name(), body: Some(f.body()) }]
            }
            _ => Vec::new(),
        },
    }
}

fn declared_by(item: &StatementListItem) -> Vec<Declared<'_>> {
    let declaration = match item {
        StatementListItem::Declaration(declaration) => declaration,
        StatementListItem::Statement(statement) => match &**statement {
            Statement::Var(variables) => return variables.0.as_ref().iter().filter_map(variable).collect(),
            _ => return Vec::new(),
        },
    };
    declared_by_declaration(declaration)
}

fn declared_by_declaration(declaration: &Declaration) -> Vec<Declared<'_>> {
    match declaration {
        Declaration::FunctionDeclaration(f) => vec![Declared { name: f.name(), body: Some(f.body()) }],
        Declaration::GeneratorDeclaration(f) => vec![Declared { name: f.name(), body: None }],
        Declaration::AsyncFunctionDeclaration(f) => vec![Declared { name: f.name(), body: Some(f.body()) }],
        Declaration::AsyncGeneratorDeclaration(f) => vec![Declared { name: f.name(), body: None }],
        Declaration::ClassDeclaration(class) => vec![Declared { name: class.name(), body: None }],
        Declaration::Lexical(lexical) => {
            lexical.variable_list().as_ref().iter().filter_map(variable).collect()
        }
    }
}

fn variable(variable: &boa_engine::ast::declaration::Variable) -> Option<Declared<'_>> {
    let Binding::Identifier(name) = variable.binding() else {
        return None;
    };
    let body = match variable.init() {
        Some(Expression::ArrowFunction(f)) => Some(f.body()),
        Some(Expression::AsyncArrowFunction(f)) => Some(f.body()),
        Some(Expression::FunctionExpression(f)) => Some(f.body()),
        Some(Expression::AsyncFunctionExpression(f)) => Some(f.body()),
        _ => None,
    };
    Some(Declared { name: *name, body })
}

/// The expressions that a function returns, those of inner functions left out.
fn returns(body: &FunctionBody) -> Vec<(Position, Position)> {
    struct Returns(Vec<(Position, Position)>);
    impl<'a> Visitor<'a> for Returns {
        type BreakTy = ();
        fn visit_return(&mut self, node: &'a Return) -> ControlFlow<()> {
            if let Some(target) = node.target() {
                self.0.push((suspects::start(target), target.span().end()));
            }
            ControlFlow::Continue(())
        }
        // Inner functions are expressions or declarations; expressions hold no return of this one.
        fn visit_expression(&mut self, _: &'a Expression) -> ControlFlow<()> {
            ControlFlow::Continue(())
        }
        fn visit_declaration(&mut self, _: &'a Declaration) -> ControlFlow<()> {
            ControlFlow::Continue(())
        }
        fn visit_sym(&mut self, _: &'a Sym) -> ControlFlow<()> {
            ControlFlow::Continue(())
        }
    }
    let mut found = Returns(Vec::new());
    let _ = body.visit_with(&mut found);
    found.0
}
