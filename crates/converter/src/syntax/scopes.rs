//! How many names a scope may have. The engine compares each with all others of its scope when it reads a script: 4,000 take some two
//! seconds, and twice as many four times as long.

use std::collections::HashSet;

use super::{
    SyntaxError,
    tree::{Declares, Kind, Node},
};

/// The most names in one scope.
const MAX_NAMES: usize = 4_000;

/// Where names that stand in a node belong.
#[derive(Debug, Clone, Copy)]
struct Around {
    /// The scope of the function, for `var`.
    function: usize,
    /// That of the block.
    block: usize,
    /// The scope that gets the names of a pattern, where the node is a part of one.
    declared: Option<usize>,
}

/// Refuses a script with a scope of more names.
///
/// # Errors
/// It says where the first name too many stands.
pub(super) fn check(program: &Node, text: &str) -> Result<(), SyntaxError> {
    let mut scopes = Scopes { text, names: HashSet::new(), n_names: vec![0] };
    // Trees may be high, so they are gone through without the thread's stack.
    let mut open = vec![(program, Around { function: 0, block: 0, declared: None })];
    while let Some((node, around)) = open.pop() {
        let from = open.len();
        scopes.visit(node, around, &mut open)?;
        // In the order of the text.
        open[from..].reverse();
    }
    Ok(())
}

struct Scopes<'t> {
    text: &'t str,
    /// With the numbers of their scopes: one that is declared again is one.
    names: HashSet<(usize, &'t str)>,
    n_names: Vec<usize>,
}

impl Scopes<'_> {
    fn begin(&mut self) -> usize {
        self.n_names.push(0);
        self.n_names.len() - 1
    }

    fn declare(&mut self, scope: usize, name: &Node) -> Result<(), SyntaxError> {
        if self.names.insert((scope, &self.text[name.start..name.end])) {
            self.n_names[scope] += 1;
        }
        if self.n_names[scope] <= MAX_NAMES {
            return Ok(());
        }
        let message = format!("more than {MAX_NAMES} names in one function or block");
        let help = Some("put the values into an array or an object, and look them up there");
        Err(SyntaxError { help, ..SyntaxError::at(name.start, message) })
    }

    /// Declares what a node itself does, and opens its children.
    fn visit<'n>(
        &mut self,
        node: &'n Node,
        around: Around,
        open: &mut Vec<(&'n Node, Around)>,
    ) -> Result<(), SyntaxError> {
        let plain = Around { declared: None, ..around };
        let children = node.children.as_slice();
        match (node.kind, children) {
            (Kind::Name, _) => return around.declared.map_or(Ok(()), |scope| self.declare(scope, node)),
            (Kind::Function(kind), [name, parameters, body]) => {
                if kind.is_declaration && name.kind == Kind::Name {
                    self.declare(around.block, name)?;
                }
                self.open_function((parameters, body), open);
            }
            (Kind::Class { is_declaration }, [name, members @ ..]) => {
                if is_declaration && name.kind == Kind::Name {
                    self.declare(around.block, name)?;
                }
                open.extend(members.iter().map(|member| (member, plain)));
            }
            (Kind::Declaration(declares), _) => {
                let scope = if declares == Declares::Var { around.function } else { around.block };
                open.extend(children.iter().map(|child| (child, Around { declared: Some(scope), ..around })));
            }
            (Kind::Import, _) => {
                for name in children {
                    self.declare(around.block, name)?;
                }
            }
            // What is declared stands first, and what it is otherwise behind.
            (Kind::Declarator | Kind::Assign(_) | Kind::Shorthand, [target, values @ ..]) => {
                open.push((target, around));
                open.extend(values.iter().map(|value| (value, plain)));
            }
            (Kind::Property, [key, value]) => open.extend([(key, plain), (value, around)]),
            (Kind::Catch | Kind::StaticBlock | Kind::Block, _) => self.open_block(node, plain, open),
            (Kind::Switch | Kind::For | Kind::ForIn | Kind::ForOf, _) => self.open_block(node, plain, open),
            (Kind::Array | Kind::Object | Kind::Spread | Kind::Parameters, _) => {
                open.extend(children.iter().map(|child| (child, around)));
            }
            _ => open.extend(children.iter().map(|child| (child, plain))),
        }
        Ok(())
    }

    fn open_function<'n>(
        &mut self,
        (parameters, body): (&'n Node, &'n Node),
        open: &mut Vec<(&'n Node, Around)>,
    ) {
        let own = self.begin();
        let inside = Around { function: own, block: own, declared: None };
        open.push((parameters, Around { declared: Some(own), ..inside }));
        // The block of a function is no other scope to its names than the function.
        let statements = if body.kind == Kind::Block { &body.children } else { std::slice::from_ref(body) };
        open.extend(statements.iter().map(|statement| (statement, inside)));
    }

    fn open_block<'n>(&mut self, node: &'n Node, around: Around, open: &mut Vec<(&'n Node, Around)>) {
        let block = self.begin();
        let function = if node.kind == Kind::StaticBlock { block } else { around.function };
        let inside = Around { function, block, declared: None };
        let declared = (node.kind == Kind::Catch).then_some(block);
        for (index, child) in node.children.iter().enumerate() {
            open.push((child, Around { declared: declared.filter(|_| index == 0), ..inside }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Goal, parse},
        *,
    };

    /// Each of `n` numbers in the place of `#`, joined.
    fn each(n: usize, text: &str, between: &str) -> String {
        (0..n).map(|i| text.replace('#', &i.to_string())).collect::<Vec<_>>().join(between)
    }

    #[test]
    fn a_scope_with_too_many_names_is_refused_where_the_first_too_many_stands() {
        for (before, text, between, after) in [
            ("function f() {\n", "var v#;", "\n", "}"),
            ("{", "let v# = 1;", "\n", "}"),
            ("", "const v# = 1;", "\n", ""),
            ("", "function v#() {}", "\n", ""),
            ("", "class v# {}", "\n", ""),
            ("const {", "v#", ",", "} = {};"),
            ("const {", "a: [v# = 1]", ",", "} = {};"),
            ("const {", "v# = 1", ",", "} = {};"),
            ("const [", "...v#", ",", "] = [];"),
            ("const f = (", "v#", ",", ") => 1;"),
            ("function f(", "v# = 1", ",", ") {}"),
            ("for (var ", "v#", ",", ";;) {}"),
            ("switch (1) {", "case 1: let v#;", "", "}"),
            ("class A { static {", "var v#;", "", "} }"),
            ("try {} catch ({", "v#", ",", "}) {}"),
            ("if (a) {", "var v#;", "} if (a) {", "}"),
        ] {
            let script = |n| format!("{before}{}{after}", each(n, text, between));
            assert_eq!(parse(&script(MAX_NAMES), Goal::Script).err(), None, "{text}");
            let text = script(MAX_NAMES + 1);
            let error = parse(&text, Goal::Script).unwrap_err();
            assert!(error.message.contains("more than 4000 names") && error.help.is_some(), "{error:?}");
            assert_eq!(Some(error.at), text.find("v4000"), "{before}");
        }
    }

    #[test]
    fn names_of_many_scopes_and_of_no_scope_are_not_counted_together() {
        for text in [
            each(MAX_NAMES + 1, "{ let v#; }", ""),
            each(MAX_NAMES + 1, "(() => { var v#; const w# = 1; })();", ""),
            each(MAX_NAMES + 1, "for (var i = 0; i < #; i++) {}", ""),
            each(MAX_NAMES + 1, "o.v# = v# + { v#: 1 }.v#;", ""),
            format!("const a = {{ {} }};", each(MAX_NAMES + 1, "v#: w#", ",")),
            format!("const {{ a = [{}] }} = b;", each(MAX_NAMES + 1, "v#", ",")),
            each(MAX_NAMES + 1, "f(function v#() {}, class v# {});", ""),
            each(MAX_NAMES + 1, "for (const v# of w) {}", ""),
        ] {
            assert_eq!(parse(&text, Goal::Script).err(), None, "{}", &text[..80]);
        }
    }
}
