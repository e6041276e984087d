//! What is called, and whether data may choose it.
//!
//! A read such as `o[k]` may give any function of the language: with `k` from the page, `Object[k]` may be
//! `Object.freeze`. That does no harm as long as nothing calls what it gave. So where a script reads members by names that
//! it does not spell out, everything that it calls must be a function of its own or a method called by its name, and
//! nothing may be stored under the name of a method.

use boa_engine::{
    ast::{
        Expression,
        expression::access::{PropertyAccess, PropertyAccessField},
        property::PropertyName,
    },
    interner::Sym,
};
use rustc_hash::FxHashSet;

use super::{
    names::{self, KNOWN_GLOBALS},
    state::{Origin, Variables},
    values::Values,
};

/// Reads by computed names, and calls.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// Whether a member is read whose name the script does not spell out, and which is no index.
    reads_by_data: bool,
    /// Variables that are such names; indexes, if all their values are numbers.
    keys: Vec<Sym>,
    /// Whether something is called that could be any value.
    calls_values: bool,
    /// Variables that are called, or given to a method that calls them.
    called: Vec<Sym>,
    /// Names of methods that are called.
    methods: FxHashSet<String>,
    /// Names under which something is stored that may be a function of somebody else's.
    stored: FxHashSet<String>,
    /// Whether something is stored under a name that the script does not spell out.
    stores_by_data: bool,
}

impl Calls {
    /// `target[key]`, read; also as a name in a pattern.
    pub(super) fn read(&mut self, key: &Expression, values: Values<'_>) {
        match key {
            Expression::Identifier(name) => self.keys.push(name.sym()),
            other if values.constant_key(other).is_some() || values.origin(other) == Origin::Number => {}
            _ => self.reads_by_data = true,
        }
    }

    /// `{name: value}`
    pub(super) fn define(&mut self, name: &PropertyName, value: &Expression, values: Values<'_>) {
        if !values.origin(value).is_new() {
            self.store_function(name, values);
        }
    }

    /// `{name: function}`
    pub(super) fn store_function(&mut self, name: &PropertyName, values: Values<'_>) {
        match name {
            PropertyName::Literal(name) => self.store(values.text(name.sym())),
            PropertyName::Computed(key) => self.store_by(key, values),
        }
    }

    /// `target.field = value`
    pub(super) fn assign(&mut self, field: &PropertyAccessField, values: Values<'_>) {
        match field {
            PropertyAccessField::Const(name) => self.store(values.text(name.sym())),
            PropertyAccessField::Expr(key) => self.store_by(key, values),
        }
    }

    /// Something that may be a function is stored under this name.
    pub(super) fn store(&mut self, name: String) {
        self.stored.insert(name);
    }

    fn store_by(&mut self, key: &Expression, values: Values<'_>) {
        match values.constant_key(key) {
            Some(name) => self.store(name),
            None => self.stores_by_data |= values.origin(key) != Origin::Number,
        }
    }

    /// Whether something that may be a function may be called where a method is meant whose result is new.
    pub(super) fn stores_as_maker(&self) -> bool {
        self.stores_by_data || self.stored.iter().any(|name| names::is_maker(name))
    }

    /// `callee(arguments)`, `new callee(arguments)`, `` callee`…` ``
    pub(super) fn call(&mut self, callee: &Expression, arguments: &[Expression], values: Values<'_>) {
        match callee {
            Expression::Parenthesized(inner) => self.call(inner.expression(), arguments, values),
            Expression::PropertyAccess(PropertyAccess::Simple(access)) => {
                self.method(access.field(), arguments, values);
            }
            Expression::Identifier(name) => {
                self.called.push(name.sym());
                if values.text(name.sym()) == "Promise" {
                    self.callback(arguments.first(), values);
                }
            }
            other => self.calls_values |= !values.is_function(other),
        }
    }

    /// `….field(arguments)`
    pub(super) fn method(
        &mut self,
        field: &PropertyAccessField,
        arguments: &[Expression],
        values: Values<'_>,
    ) {
        let Some(name) = values.field(field).filter(|name| !name.starts_with(|c: char| c.is_ascii_digit()))
        else {
            self.calls_values = true;
            return;
        };
        if let Some(places) = names::callbacks(&name) {
            let is_spread = |argument: &Expression| matches!(argument, Expression::Spread(_));
            self.calls_values |= arguments.iter().any(is_spread);
            places.iter().for_each(|place| self.callback(arguments.get(*place), values));
        }
        // They make members of any name.
        self.stores_by_data |= name == "fromEntries";
        self.methods.insert(name);
    }

    /// Something of which only the value is known is called.
    pub(super) fn call_value(&mut self) {
        self.calls_values = true;
    }

    fn callback(&mut self, argument: Option<&Expression>, values: Values<'_>) {
        match argument {
            None => {}
            Some(Expression::Identifier(name)) => self.called.push(name.sym()),
            Some(value) => self.calls_values |= !values.is_function(value) && !values.origin(value).is_new(),
        }
    }

    /// Whether a function that data has chosen may be called.
    pub(super) fn may_be_chosen_by_data(&self, variables: &Variables, values: Values<'_>) -> bool {
        let is_index = |name: &Sym| variables.origin(*name) == Some(Origin::Number);
        if !self.reads_by_data && self.keys.iter().all(is_index) {
            return false;
        }
        let is_known = |name: &Sym| match variables.origin(*name) {
            Some(origin) => origin == Origin::Function || origin.is_new(),
            None => KNOWN_GLOBALS.contains(&values.text(*name).as_str()),
        };
        let has_method = |name: &String| self.methods.contains(name) || names::is_called_by_builtins(name);
        self.calls_values
            || self.stores_by_data
            || !self.called.iter().all(is_known)
            || self.stored.iter().any(has_method)
    }
}
