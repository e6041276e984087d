//! The columns that a script's rows have, and which of them have a way.

use std::{borrow::Cow, ops::Range};

use boa_engine::{
    ast::{
        Declaration, Expression, Position, Spanned, Statement, StatementListItem,
        expression::{
            access::{PropertyAccess, PropertyAccessField},
            literal::{ObjectLiteral, PropertyDefinition},
        },
        function::{FormalParameterList, FunctionBody},
        property::PropertyName,
    },
    interner::Sym,
};

use super::{Column, Found, Member};
use crate::{
    analysis::{self, Analysis},
    script::{Parsed, Script},
    ways::{Step, Way, Ways},
};

/// Members that every object inherits (ECMA-262 §20.1.3 and §B.2.2).
pub const OBJECT_MEMBERS: [&str; 12] = [
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "toLocaleString",
    "toString",
    "valueOf",
];

/// Whether any object has a member of this name, or any text and array.
fn is_built_in(name: &str) -> bool {
    name == "length" || OBJECT_MEMBERS.contains(&name)
}

/// More names than any table needs.
const MAX_NAMES: usize = 2_000;

/// Ways of records longer than this are left to the script.
const MAX_LENGTH: usize = 16;

/// `convert` returns `items.map(record => ({ … }))` of an array that is found in the page by names alone.
pub(super) fn find(script: &Script, parsed: &Parsed, analysis: &Analysis) -> Option<Found> {
    if !(analysis.proven.only_parses && analysis.names_convert_once) {
        return None;
    }
    let text = |name: Sym| parsed.interner.resolve_expect(name).to_string();
    let is_fixed = |way: &Way<'_>| way.names.iter().all(|name| analysis.fixed.contains(name));
    let convert = analysis::convert_function(parsed)?;
    let Expression::Call(call) = only_result(convert.body?)? else { return None };
    let Expression::PropertyAccess(PropertyAccess::Simple(access)) = call.function() else { return None };
    let (items, [callback]) = (access.target(), call.args()) else { return None };
    if !matches!(access.field(), PropertyAccessField::Const(name) if text(name.sym()) == "map") {
        return None;
    }
    let ways = Ways::read(parsed);
    let way =
        ways.of(items).filter(|way| way.text.is_some() && way.text == convert.text() && is_fixed(way))?;
    let records = members(&way.steps)?;
    let (parameters, body) = function(callback)?;
    let Expression::ObjectLiteral(row) = only_result(body)? else { return None };
    if parameters.as_ref().first()?.is_rest_param() {
        return None;
    }
    let mut columns = Vec::new();
    for property in row.properties() {
        let (name, value) = match property {
            PropertyDefinition::Property(PropertyName::Literal(name), value) => (name, Cow::Borrowed(value)),
            PropertyDefinition::IdentifierReference(name) => {
                (name, Cow::Owned(Expression::Identifier(*name)))
            }
            _ => return None,
        };
        let way = ways.within(items, &value).filter(is_fixed);
        let way = way.and_then(|way| members(way.steps.strip_prefix(&[Step::Each])?));
        columns.push((
            name.span().start(),
            text(name.sym()),
            way.filter(|way| (1..=MAX_LENGTH).contains(&way.len())),
        ));
    }
    let records = records.into_iter().map(|member| (!member.is_optional).then_some(member.name));
    Some(Found { records: records.collect::<Option<_>>()?, columns: placed(script, row, columns)? })
}

/// What a function returns that does nothing before but declare.
fn only_result(body: &FunctionBody) -> Option<&Expression> {
    let (StatementListItem::Statement(last), declarations) = body.statements().split_last()? else {
        return None;
    };
    let declares = |item: &StatementListItem| match item {
        StatementListItem::Declaration(declaration) => {
            !matches!(&**declaration, Declaration::ClassDeclaration(_))
        }
        StatementListItem::Statement(statement) => {
            matches!(&**statement, Statement::Var(_) | Statement::Empty)
        }
    };
    match &**last {
        Statement::Return(result) if declarations.iter().all(declares) => Some(result.target()?.flatten()),
        _ => None,
    }
}

fn function(callback: &Expression) -> Option<(&FormalParameterList, &FunctionBody)> {
    match callback.flatten() {
        Expression::ArrowFunction(f) => Some((f.parameters(), f.body())),
        // By its name it could be called for something else.
        Expression::FunctionExpression(f) if f.name().is_none() => Some((f.parameters(), f.body())),
        _ => None,
    }
}

/// The members that a way leads through, if it leads through nothing else and they can only be the page's.
fn members(steps: &[Step]) -> Option<Vec<Member>> {
    // The engine writes halves of surrogate pairs as escapes.
    let is_plain = |name: &str| !is_built_in(name) && !name.contains(['\\', '\u{FFFD}']);
    let member = |step: &Step| match step {
        Step::Name { name, is_optional } if is_plain(name) => {
            Some(Member { name: name.clone(), is_optional: *is_optional })
        }
        _ => None,
    };
    steps.iter().map(member).collect()
}

/// The columns with where they stand, if all are where the tree says and no two share a name.
fn placed(
    script: &Script,
    row: &ObjectLiteral,
    columns: Vec<(Position, String, Option<Vec<Member>>)>,
) -> Option<Vec<Column>> {
    let n_names: usize = columns.iter().map(|(_, _, way)| way.as_ref().map_or(1, Vec::len)).sum();
    if n_names > MAX_NAMES {
        return None;
    }
    let code = script.code();
    let offset = |at: Position| code.offset(at.line_number() as usize, at.column_number() as usize);
    let starts = columns.iter().map(|(start, name, _)| {
        let start = offset(*start);
        let written = code.text.get(start..)?;
        let written = written.strip_prefix(['\'', '"']).unwrap_or(written);
        written.starts_with(name.as_str()).then_some(start)
    });
    let mut bounds = starts.collect::<Option<Vec<usize>>>()?;
    let end = offset(row.span().end());
    bounds.push(code.text.get(..end)?.strip_suffix('}')?.len());
    let texts = bounds.windows(2).map(|bounds| Range { start: bounds[0], end: bounds[1] });
    let mut placed: Vec<Column> = Vec::new();
    for (text, (_, name, way)) in texts.zip(columns) {
        // Indices come first in an object, whatever the order.
        let is_index = name.bytes().all(|byte| byte.is_ascii_digit());
        if is_index
            || name == "__proto__"
            || text.is_empty()
            || placed.iter().any(|column| column.name == name)
        {
            return None;
        }
        placed.push(Column { name, way, text });
    }
    Some(placed)
}
