//! Why a column is undefined in all rows of a page: a member that no record has, or members of nulls.

use std::ops::ControlFlow;

use boa_engine::{
    ast::{
        Expression,
        expression::literal::{ObjectLiteral, PropertyDefinition},
        property::PropertyName,
        visitor::{VisitWith, Visitor},
    },
    interner::{Interner, Sym},
};
use serde_json::Value;

use crate::{
    absent::{self, Absent},
    json,
    script::{Parsed, Script, Tree},
    ways::Ways,
};

/// What the page says of a column that is undefined in all rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Undefined {
    /// No record has a member that the column is made of: what they have instead.
    Absent(String),
    /// The page has nulls there, whose members are undefined (`issue.assignee?.name`).
    OfNull,
    /// The script does not tell what the column is made of.
    Unknown,
}

/// The same for each of these places in columns: `name`, `links[].id`.
pub(crate) fn reasons(script: &Script, places: &[String], body: &[u8]) -> Vec<Undefined> {
    let page = json::utf8(body).ok().and_then(|body| serde_json::from_slice(body).ok());
    let (Some(page), Ok(parsed)) = (page, script.parse()) else {
        return vec![Undefined::Unknown; places.len()];
    };
    let ways = Ways::read(&parsed);
    places.iter().map(|place| reason((&parsed, &ways), place, &page)).collect()
}

fn reason((parsed, ways): (&Parsed, &Ways<'_>), place: &str, page: &Value) -> Undefined {
    let mut made_of = MadeOf { interner: &parsed.interner, place, ways, page, found: Undefined::Unknown };
    let _ = match &parsed.tree {
        Tree::Script(script) => script.visit_with(&mut made_of),
        Tree::Module(module) => module.visit_with(&mut made_of),
    };
    made_of.found
}

/// Looks at what the properties of that name are made of.
struct MadeOf<'a, 't> {
    interner: &'a Interner,
    place: &'a str,
    ways: &'a Ways<'t>,
    page: &'a Value,
    found: Undefined,
}

impl MadeOf<'_, '_> {
    fn is_named(&self, name: Sym) -> bool {
        let name = self.interner.resolve_expect(name).to_string();
        let last = self.place.rsplit('.').next().unwrap_or_default();
        [self.place, last].iter().any(|place| place.trim_end_matches("[]") == name)
    }

    /// Looks at a value and at what it is made of.
    fn look(&mut self, value: &Expression) -> ControlFlow<()> {
        if let Some(way) = self.ways.of(value) {
            if let Some(absent) = Absent::find(self.page, &way.steps) {
                self.found = Undefined::Absent(absent.help().join("; "));
                return ControlFlow::Break(());
            }
            if absent::ends_in_null(self.page, &way.steps) {
                self.found = Undefined::OfNull;
            }
        }
        value.visit_with(&mut Within(self))
    }
}

impl<'t> Visitor<'t> for MadeOf<'_, '_> {
    type BreakTy = ();

    fn visit_object_literal(&mut self, node: &'t ObjectLiteral) -> ControlFlow<()> {
        for property in node.properties() {
            match property {
                PropertyDefinition::Property(PropertyName::Literal(name), value)
                    if self.is_named(name.sym()) =>
                {
                    self.look(value)?;
                }
                PropertyDefinition::IdentifierReference(name) if self.is_named(name.sym()) => {
                    self.look(&Expression::Identifier(*name))?;
                }
                _ => {}
            }
        }
        node.visit_with(self)
    }
}

/// The expressions within another one.
struct Within<'m, 'a, 't>(&'m mut MadeOf<'a, 't>);

impl<'e> Visitor<'e> for Within<'_, '_, '_> {
    type BreakTy = ();

    fn visit_expression(&mut self, node: &'e Expression) -> ControlFlow<()> {
        self.0.look(node)
    }
}
