//! Which part of the page an expression stands for: `issue.fields` is `issues[17].fields`.
//!
//! The engine says that something was null, not where in the page it came from. So the script is read for how the
//! expression gets its value from `JSON.parse`, and the page for the first place on that way with nothing in it.

use std::ops::ControlFlow;

use boa_engine::ast::{
    Expression, Position, Spanned,
    visitor::{VisitWith, Visitor},
};
use serde_json::Value;

use crate::{
    absent::Absent,
    json,
    script::{Parsed, Tree},
    suspects,
    ways::{Step, Ways},
};

/// What the page says of an expression that was null or undefined.
#[derive(Debug, Clone)]
pub(crate) struct InPage {
    /// The first place that the expression stands for and that has nothing in it.
    pub(crate) path: String,
    /// Set where no record of the page has the member that the expression goes through.
    pub(crate) absent: Option<Absent>,
}

/// Where in the page the expression at `extent` finds nothing.
pub(crate) fn of_nothing(parsed: &Parsed, extent: (Position, Position), body: &[u8]) -> Option<InPage> {
    let mut search = Search { extent, found: None };
    let _ = match &parsed.tree {
        Tree::Script(script) => script.visit_with(&mut search),
        Tree::Module(module) => module.visit_with(&mut search),
    };
    let way = Ways::read(parsed).of(search.found?)?;
    let page: Value = serde_json::from_slice(json::utf8(body).ok()?).ok()?;
    let mut path = String::new();
    let is_nothing = first_nothing(&page, &way.steps, &mut path);
    is_nothing.then(|| InPage { path, absent: Absent::find(&page, &way.steps) })
}

/// Whether the steps lead from `value` to nothing; `path` is then where.
fn first_nothing(value: &Value, steps: &[Step], path: &mut String) -> bool {
    let Some((step, rest)) = steps.split_first() else { return value.is_null() };
    let length = path.len();
    let next = match (step, value) {
        (Step::Perhaps, value) => return first_nothing(value, rest, path),
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
        (Step::Name { name, .. }, Value::Object(members)) => {
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

/// Looks for the expression at a place.
struct Search<'t> {
    extent: (Position, Position),
    found: Option<&'t Expression>,
}

impl<'t> Visitor<'t> for Search<'t> {
    type BreakTy = ();

    fn visit_expression(&mut self, node: &'t Expression) -> ControlFlow<()> {
        if (suspects::start(node), node.span().end()) == self.extent {
            self.found = Some(node);
        }
        node.visit_with(self)
    }
}
