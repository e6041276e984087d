//! Quotients of zero.
//!
//! Where both operands are whole numbers the engine divides them as such, and gives 0 for `0 / -3`, which is `-0`. So where
//! the right side may be negative, `a / b` is looked at again when it is zero or no number:
//! `(a / b || (a === 0 && b < 0 && 1 / a > 0 ? -0 : a / b))`. Where somebody could notice that an operand is computed again, a
//! function divides.

use super::{declared::name_of, edits::Edits, facts::Facts};
use crate::syntax::{self, Kind, Node};

/// The quotient that ECMA-262 says.
const QUOTIENT: &str = "function @Quotient(a,b){const q=a/b;\
     return q===0&&typeof a==='number'&&typeof b==='number'&&b<0&&1/a>0?-0:q}";

/// Operands that are longer are not written again.
const MAX_REPEATED: usize = 60;

pub(super) fn edit<'t>(tree: &Node, facts: &Facts<'t>, edits: &mut Edits<'t>) {
    let mut quotients = Quotients { facts, edits, statement: None };
    quotients.visit(tree);
}

struct Quotients<'a, 't> {
    facts: &'a Facts<'t>,
    edits: &'a mut Edits<'t>,
    /// Where the expression begins that is the statement around: what goes there must not go on with the line before.
    statement: Option<usize>,
}

impl Quotients<'_, '_> {
    fn visit(&mut self, node: &Node) {
        if node.kind == Kind::Expression {
            self.statement = Some(node.start);
        }
        node.children.iter().for_each(|child| self.visit(child));
        match node.kind {
            Kind::Binary("/") => self.quotient(node),
            Kind::Assign("/=") => self.divide_variable(node),
            _ => {}
        }
    }

    fn quotient(&mut self, node: &Node) {
        let [left, right] = &node.children[..] else { return };
        let text = self.facts.text;
        // What is no operand is for the engine to refuse.
        let is_wrong = match right.kind {
            Kind::Function(function) => function.is_arrow,
            kind => matches!(kind, Kind::Yield | Kind::Assign(_) | Kind::Conditional),
        };
        if is_wrong || self.is_positive(right) || is_literal_but_zero(text, left) {
            return;
        }
        let is_plain = self.may_repeat(left) && self.may_repeat(right);
        if is_plain && self.statement != Some(node.start) {
            let (a, b) = (left.text(text), right.text(text));
            let divisor = if let Kind::Binary(_) = left.kind { format!("({a})") } else { a.to_owned() };
            let after = format!(" || ({a} === 0 && {b} < 0 && 1 / {divisor} > 0 ? -0 : {a} / {b}))");
            self.edits.wrap(&node.range(), "(", after);
            return self.edits.were_optional(2);
        }
        if !is_length(text, right) {
            let function = self.edits.function("Quotient", QUOTIENT);
            self.edits.wrap(&node.range(), format!("{function}("), ")");
            self.edits.replace(syntax::next_token(text, left.end), ",");
            self.edits.were_optional(3);
        }
    }

    /// `a /= b` → `a = quotient(a, b)`
    fn divide_variable(&mut self, assign: &Node) {
        let [target, right] = &assign.children[..] else { return };
        if self.is_positive(right) {
            return;
        }
        let Some(value) = self.value_of(target) else { return };
        let function = self.edits.function("Quotient", QUOTIENT);
        let operator = syntax::next_token(self.facts.text, target.end);
        self.edits.replace(operator, format!("= {function}({value},"));
        self.edits.wrap(&right.range(), "", ")");
        self.edits.were_optional(3);
    }

    /// What stands for the value of a variable or member that gets another one; `None` where it cannot be written twice.
    fn value_of(&self, target: &Node) -> Option<String> {
        let text = self.facts.text;
        let is_once = |object: &Node| match object.kind {
            Kind::Name | Kind::This => true,
            _ => self.may_repeat(object),
        };
        match (target.kind, &target.children[..]) {
            (Kind::Name, _) => Some(target.text(text).to_owned()),
            (Kind::Member { is_optional: false }, [object, name]) if is_once(object) => {
                let (object, member) = (object.text(text), name.text(text));
                Some(match name.kind {
                    Kind::MemberName => format!("{object}['{member}']"),
                    _ => format!("{object}.{member}"),
                })
            }
            (Kind::Index { is_optional: false }, [object, key])
                if is_once(object) && self.may_repeat(key) =>
            {
                Some(target.text(text).to_owned())
            }
            _ => None,
        }
        .filter(|value| !value.contains('\n'))
    }

    /// Whether nobody notices when it is computed again, and no part of it is changed.
    fn may_repeat(&self, node: &Node) -> bool {
        let text = node.text(self.facts.text);
        text.len() <= MAX_REPEATED && !text.contains('\n') && self.is_plain(node)
    }

    fn is_plain(&self, node: &Node) -> bool {
        match node.kind {
            Kind::Name | Kind::This => !self.facts.notices_repetition(),
            Kind::Number => true,
            Kind::Member { is_optional: false } => {
                !self.facts.has_stale_caches() && self.is_plain(&node.children[0])
            }
            Kind::Parenthesized | Kind::Unary("-" | "+") => self.is_plain(&node.children[0]),
            Kind::Binary("+" | "-" | "*" | "%") => node.children.iter().all(|child| self.is_plain(child)),
            _ => false,
        }
    }

    fn is_positive(&self, node: &Node) -> bool {
        is_literal_but_zero(self.facts.text, node)
            || (node.kind == Kind::Name && self.facts.is_positive(&name_of(self.facts.text, node)))
    }
}

/// Whether it is a number that stands in the script, and not zero.
fn is_literal_but_zero(text: &str, node: &Node) -> bool {
    node.kind == Kind::Number && super::facts::is_positive(text, node)
}

/// `list.length`, `set.size`
fn is_length(text: &str, node: &Node) -> bool {
    matches!(node.kind, Kind::Member { .. }) && matches!(node.children[1].text(text), "length" | "size")
}
