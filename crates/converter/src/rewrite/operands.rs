//! Operators whose operands the engine reads too late or does not convert.
//!
//! It does not copy a local variable that is the left operand, so `a + (a = 2)` reads what the right side stored; one in
//! parentheses it does copy. `x++` of a local variable gives what was in it, and not its number. The values in a template
//! become texts after all of them are computed. `**` gives 1 for `1 ** NaN`, and of whole numbers a power that is a few last
//! digits off, where `Math.pow` is right. `x ??= y` that keeps a `var` of a function around, or a name of nobody's, leaves it where
//! an assignment around looks for its own variable. What a loop compares with and another module exports is asked for once.

use std::collections::HashSet;

use super::{
    Refusal,
    declared::{assigns, declared_in, name_of},
    edits::Edits,
    facts::Facts,
};
use crate::syntax::{self, Kind, Node};

/// Powers of what may be `BigInt`s.
const POWER: &str =
    "function @Power(a,b){return typeof a==='bigint'||typeof b==='bigint'?a**b:Math.pow(a,b)}";

/// The same where `Math` may be a variable.
const POWER_OF_GLOBAL: &str =
    "function @Power(a,b){return typeof a==='bigint'||typeof b==='bigint'?a**b:globalThis.Math.pow(a,b)}";

pub(super) fn edit<'t>(tree: &Node, facts: &Facts<'t>, edits: &mut Edits<'t>) -> Result<(), Refusal> {
    let mut operands = Operands { facts, edits, locals: HashSet::new(), refusal: None };
    operands.function(tree);
    operands.refusal.map_or(Ok(()), Err)
}

struct Operands<'a, 't> {
    facts: &'a Facts<'t>,
    edits: &'a mut Edits<'t>,
    /// What the function around declares.
    locals: HashSet<String>,
    refusal: Option<Refusal>,
}

/// Whether anybody asks what an expression gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    IsWanted,
    IsDiscarded,
}

impl Operands<'_, '_> {
    fn function(&mut self, function: &Node) {
        let names = declared_in(function);
        let locals = names.into_iter().map(|name| name_of(self.facts.text, name).into_owned()).collect();
        let outer = std::mem::replace(&mut self.locals, locals);
        function.children.iter().for_each(|child| self.visit(child, Value::IsWanted));
        self.locals = outer;
    }

    /// Goes through a node.
    fn visit(&mut self, node: &Node, value: Value) {
        match node.kind {
            Kind::Function(_) => return self.function(node),
            Kind::Binary("**") => self.power(node),
            Kind::Assign("**=") => self.power_of_variable(node),
            Kind::Assign(operator @ ("&&=" | "||=" | "??=")) => self.logical(node, operator),
            Kind::Expression => self.statement(&node.children[0]),
            Kind::Binary(operator) if !matches!(operator, "&&" | "||" | "??") => self.left_operand(node),
            Kind::Update { is_prefix: false } if value == Value::IsWanted => self.counted(node),
            Kind::For | Kind::DoWhile => self.loop_condition(&node.children[1]),
            Kind::While => self.loop_condition(&node.children[0]),
            Kind::Template => return self.template(node),
            Kind::Tagged => {
                self.visit(&node.children[0], Value::IsWanted);
                return node.children[1].children.iter().for_each(|value| self.visit(value, Value::IsWanted));
            }
            _ => {}
        }
        self.children(node, value);
        if let Kind::Binary("**") | Kind::Assign("**=") = node.kind
            && needs_power(self.facts.text, &node.children[1])
        {
            self.power_ends(node);
        }
    }

    fn children(&mut self, node: &Node, value: Value) {
        let last = node.children.len().saturating_sub(1);
        for (place, child) in node.children.iter().enumerate() {
            let is_discarded = match node.kind {
                Kind::Expression | Kind::Unary("void") => true,
                Kind::For => place == 0 || place == 2,
                Kind::Sequence => value == Value::IsDiscarded || place != last,
                Kind::Parenthesized => value == Value::IsDiscarded,
                _ => false,
            };
            self.visit(child, if is_discarded { Value::IsDiscarded } else { Value::IsWanted });
        }
    }

    /// `a - (a = b)` → `(a) - (a = b)`
    fn left_operand(&mut self, binary: &Node) {
        let [left, right] = &binary.children[..] else { return };
        let text = self.facts.text;
        if left.kind == Kind::Name && assigns(text, right, &name_of(text, left)) {
            self.edits.wrap(&left.range(), "(", ")");
        }
    }

    /// `i < imported` → `i < (imported)`: without parentheses the engine asks for it once, before the loop.
    fn loop_condition(&mut self, condition: &Node) {
        if !matches!(condition.kind, Kind::Binary("<" | ">" | "<=" | ">=")) {
            return;
        }
        for operand in condition.children.iter().filter(|operand| operand.kind == Kind::Name) {
            if self.facts.imported.contains(&name_of(self.facts.text, operand)) {
                self.edits.wrap(&operand.range(), "(", ")");
            }
        }
    }

    /// `a ??= b` → `a ?? (a = b)`
    fn logical(&mut self, assign: &Node, operator: &str) {
        let [left, right] = &assign.children[..] else { return };
        if left.bare().kind != Kind::Name {
            return;
        }
        let (name, operator) = (left.text(self.facts.text), operator.trim_end_matches('='));
        let token = syntax::next_token(self.facts.text, left.end);
        self.edits.replace(token, format!("{operator} ({name} ="));
        self.edits.wrap(&right.range(), "", ")");
    }

    /// `a ??= b;` needs no other words: nothing around has a variable that could be taken for `a`.
    fn statement(&mut self, expression: &Node) {
        let is_logical = matches!(expression.kind, Kind::Assign("&&=" | "||=" | "??="));
        if is_logical && expression.children[0].bare().kind == Kind::Name {
            self.edits.were_optional(3);
        }
    }

    /// `a ** b` → `Math.pow(a, b)`
    fn power(&mut self, binary: &Node) {
        let [left, right] = &binary.children[..] else { return };
        if needs_power(self.facts.text, right) {
            let function = self.power_function(&[left, right]);
            self.edits.before(&binary.range(), format!("{function}("));
            self.edits.replace(syntax::next_token(self.facts.text, left.end), ",");
        }
    }

    fn power_ends(&mut self, power: &Node) {
        let is_assigned = matches!(power.kind, Kind::Assign(_));
        let range = if is_assigned { power.children[1].range() } else { power.range() };
        self.edits.after(&range, ")");
        self.edits.were_optional(if is_assigned { 2 } else { 3 });
    }

    /// `a **= b` → `a = Math.pow(a, b)`
    fn power_of_variable(&mut self, assign: &Node) {
        let [left, right] = &assign.children[..] else { return };
        if !needs_power(self.facts.text, right) {
            return;
        }
        if left.kind != Kind::Name {
            let help = "write `object.member = Math.pow(object.member, exponent)`";
            let refusal = Refusal::new(assign.range(), "the engine cannot compute `**=` of a member exactly");
            self.refusal.get_or_insert(refusal.help(help));
        }
        let function = self.power_function(&[right]);
        let name = left.text(self.facts.text);
        self.edits.replace(syntax::next_token(self.facts.text, left.end), format!("= {function}({name},"));
    }

    fn power_function(&mut self, operands: &[&Node]) -> String {
        let is_number =
            |node: &&Node| node.kind == Kind::Number && !node.text(self.facts.text).ends_with('n');
        if operands.iter().any(is_number) && !self.facts.declares_math {
            return "Math.pow".into();
        }
        self.edits.function("Power", if self.facts.declares_math { POWER_OF_GLOBAL } else { POWER })
    }

    /// `x++` → `(typeof x === 'number' ? x++ : (x = - -x, x++))`, where `- -x` is the number or `BigInt` that `x` says.
    fn counted(&mut self, update: &Node) {
        let operand = update.children[0].bare();
        let text = self.facts.text;
        if operand.kind != Kind::Name {
            return;
        }
        let name = operand.text(text);
        let decoded = name_of(text, operand);
        if !self.locals.contains(&*decoded) || self.facts.is_number(&decoded, update.start) {
            return;
        }
        let operator = &text[update.end - 2..update.end];
        self.edits.replace(
            update.range(),
            format!(
                "(typeof {name} === 'number' ? {name}{operator} : ({name} = - -{name}, {name}{operator}))"
            ),
        );
    }

    /// `` `${a}${f()}` `` → `` `${`${a}`}${f()}` ``
    fn template(&mut self, template: &Node) {
        let facts = self.facts;
        let mut has_effect_after = false;
        let mut wraps = Vec::new();
        for value in template.children.iter().rev() {
            wraps.push(has_effect_after && !is_fixed_text(self.facts.text, value));
            has_effect_after = has_effect_after || value.has(|node| is_effect(node, facts));
        }
        for (value, wrap) in template.children.iter().zip(wraps.into_iter().rev()) {
            self.visit(value, Value::IsWanted);
            if wrap {
                self.edits.wrap(&value.range(), "`${", "}`");
            }
        }
    }
}

/// Whether the engine may be wrong about a power with this exponent.
fn needs_power(text: &str, exponent: &Node) -> bool {
    !(exponent.kind == Kind::Number && matches!(exponent.text(text), "0" | "1" | "2"))
}

/// Whether it may change what something else stands for as a text.
pub(super) fn is_effect(node: &Node, facts: &Facts<'_>) -> bool {
    match node.kind {
        Kind::Call { .. }
        | Kind::New
        | Kind::Assign(_)
        | Kind::Update { .. }
        | Kind::Await
        | Kind::Yield
        | Kind::Tagged
        | Kind::ImportCall
        | Kind::Unary("delete") => true,
        Kind::Member { .. } | Kind::Index { .. } => facts.has_accessors,
        _ => false,
    }
}

/// Methods whose result nobody else can change.
const TEXTS: [&str; 30] = [
    "getDate",
    "getDay",
    "getFullYear",
    "getHours",
    "getMilliseconds",
    "getMinutes",
    "getMonth",
    "getSeconds",
    "getTime",
    "getUTCDate",
    "getUTCDay",
    "getUTCFullYear",
    "getUTCHours",
    "getUTCMinutes",
    "getUTCMonth",
    "getUTCSeconds",
    "join",
    "padEnd",
    "padStart",
    "replace",
    "replaceAll",
    "slice",
    "substring",
    "toFixed",
    "toISOString",
    "toLowerCase",
    "toString",
    "toUpperCase",
    "trim",
    "stringify",
];

/// Whether it stands for the same text whatever happens.
fn is_fixed_text(text: &str, value: &Node) -> bool {
    match value.kind {
        Kind::Number
        | Kind::Text
        | Kind::Word
        | Kind::Template
        | Kind::Unary(_)
        | Kind::Update { .. }
        | Kind::Regex => true,
        Kind::Binary("&&" | "||" | "??") => value.children.iter().all(|child| is_fixed_text(text, child)),
        Kind::Binary(_) => true,
        Kind::Parenthesized => is_fixed_text(text, &value.children[0]),
        Kind::Conditional => value.children[1..].iter().all(|child| is_fixed_text(text, child)),
        Kind::Call { .. } => match value.children[0].kind {
            Kind::Member { .. } => TEXTS.contains(&value.children[0].children[1].text(text)),
            Kind::Name => matches!(value.children[0].text(text), "String" | "Number" | "encodeURIComponent"),
            _ => false,
        },
        _ => false,
    }
}
