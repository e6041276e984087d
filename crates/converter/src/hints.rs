//! What the author may have meant, read from the text of the script.

use std::ops::Range;

use crate::{
    script::Script,
    syntax::{self, Kind, Node},
};

/// A script's own text, for questions about it.
pub(crate) struct Hints<'s> {
    script: &'s Script,
    text: &'s str,
    tree: Node,
}

impl<'s> Hints<'s> {
    /// `None` where there is no text that can be read.
    pub(crate) fn of(script: &'s Script) -> Option<Self> {
        let text = script.text()?;
        let tree = syntax::parse(text, script.form().goal()).ok()?;
        Some(Self { script, text, tree })
    }

    /// Help for an expression that begins with the promise of an async function: `page.issues` after `const page = load(json)`.
    pub(crate) fn missing_await(&self, expression: &str) -> Option<String> {
        let name = leading_name(expression);
        let mut promise = None;
        self.tree.walk(&mut |node| {
            let is_meant = match node.kind {
                Kind::Declarator => node.children[0].text(self.text) == name,
                Kind::Call { .. } => expression.starts_with(node.text(self.text)),
                _ => false,
            };
            let call = if node.kind == Kind::Declarator { node.children.get(1) } else { Some(node) };
            if let Some(call) = call.filter(|call| is_meant && self.is_promise(call)) {
                promise = promise.or(Some(call));
            }
            promise.is_none()
        });
        let call = promise?.text(self.text).split_whitespace().collect::<Vec<_>>().join(" ");
        Some(format!(
            "is `await` missing before `{}`? it needs an `async function`",
            crate::values::shorten(&call, 60)
        ))
    }

    fn is_promise(&self, call: &Node) -> bool {
        let call = call.bare();
        if !matches!(call.kind, Kind::Call { .. }) {
            return false;
        }
        let callee = call.children[0].text(self.text);
        callee.starts_with("Promise.") || self.is_async(callee)
    }

    fn is_async(&self, name: &str) -> bool {
        let is = |node: &Node| matches!(node.kind, Kind::Function(function) if function.is_async);
        let mut found = false;
        self.tree.walk(&mut |node| {
            let named = match node.kind {
                Kind::Function(_) => is(node) && node.children[0].text(self.text) == name,
                Kind::Declarator => {
                    let value = node.children.get(1).map(Node::bare);
                    value.is_some_and(is) && node.children[0].text(self.text) == name
                }
                _ => false,
            };
            found = found || named;
            !found
        });
        found
    }

    /// Help for an item of a list at a place that is counted: `issues[n]`.
    pub(crate) fn counted(&self, expression: &str) -> Option<String> {
        let (list, key) = expression.strip_suffix(']')?.rsplit_once('[')?;
        if !self.is_counted(key) {
            return None;
        }
        let length = format!("{list}.length");
        let mut goes_beyond = false;
        self.tree.walk(&mut |node| {
            let compares = node.kind == Kind::Binary("<=");
            let sides = || [0, 1].map(|side| node.children[side].text(self.text));
            goes_beyond = goes_beyond || (compares && sides() == [key, length.as_str()]);
            !goes_beyond
        });
        Some(match goes_beyond {
            true => format!("`{key} <= {length}` goes one beyond the last item: write `{key} < {length}`"),
            false => format!("is `{key}` beyond the last item of `{list}`?"),
        })
    }

    /// Whether something is added to it, or it is such a sum.
    fn is_counted(&self, key: &str) -> bool {
        let mut counted = key.contains(['+', '-']) || key.ends_with(".length");
        self.tree.walk(&mut |node| {
            let counts = matches!(node.kind, Kind::Update { .. } | Kind::Assign("+=" | "-="));
            counted = counted || (counts && node.children[0].text(self.text) == key);
            !counted
        });
        counted
    }

    /// Where the script awaits, each place in its file.
    pub(crate) fn awaits(&self) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        self.tree.walk(&mut |node| {
            if node.kind == Kind::Await {
                found.push(self.script.place(node.start)..self.script.place(node.end));
            }
            true
        });
        found
    }
}

fn leading_name(expression: &str) -> &str {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let end = expression.find(|c| !is_part(c)).unwrap_or(expression.len());
    &expression[..end]
}

/// Methods of texts, lists, numbers and dates, one of which may be meant where another name is no function.
pub(crate) fn near_method(name: &str) -> Option<&'static str> {
    let near = pipeline_config::nearest(name, METHODS)?;
    (near != name).then_some(near)
}

const METHODS: [&str; 76] = [
    "at",
    "charAt",
    "charCodeAt",
    "codePointAt",
    "concat",
    "endsWith",
    "entries",
    "every",
    "fill",
    "filter",
    "find",
    "findIndex",
    "findLast",
    "flat",
    "flatMap",
    "forEach",
    "from",
    "fromEntries",
    "getDate",
    "getDay",
    "getFullYear",
    "getHours",
    "getMinutes",
    "getMonth",
    "getSeconds",
    "getTime",
    "getUTCDate",
    "getUTCDay",
    "getUTCFullYear",
    "getUTCHours",
    "getUTCMonth",
    "groupBy",
    "hasOwn",
    "hasOwnProperty",
    "includes",
    "indexOf",
    "isArray",
    "isInteger",
    "isNaN",
    "join",
    "keys",
    "lastIndexOf",
    "localeCompare",
    "match",
    "matchAll",
    "normalize",
    "padEnd",
    "padStart",
    "parse",
    "parseFloat",
    "push",
    "reduce",
    "repeat",
    "replace",
    "replaceAll",
    "reverse",
    "slice",
    "some",
    "sort",
    "splice",
    "split",
    "startsWith",
    "stringify",
    "substring",
    "toFixed",
    "toISOString",
    "toLocaleString",
    "toLowerCase",
    "toReversed",
    "toSorted",
    "toString",
    "toUpperCase",
    "trim",
    "trimEnd",
    "trimStart",
    "values",
];
