//! The syntax tree: nodes that know where they stand, so that a script can be copied but for the places that change.

use std::ops::Range;

/// A part of a script. Patterns are what they look like: objects, arrays and assignments.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// In the order in which they stand.
    pub(crate) children: Vec<Node>,
    /// How many levels the tree below it has, its own included.
    pub(super) height: u32,
}

/// What a node is; after the dash its children.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A variable's name.
    Name,
    /// The name of a member, method or property; of a label; of an import or export.
    MemberName,
    /// `#name`
    PrivateName,
    /// `[key]` in front of a property or method — key
    Computed,
    Number,
    Text,
    Regex,
    /// `null`, `true`, `false`
    Word,
    This,
    Super,
    /// `new.target`, `import.meta`
    Meta,
    /// — the expressions in it
    Template,
    /// — function, template
    Tagged,
    /// — elements
    Array,
    /// What is left out in an array, a `for` or a `class`.
    Nothing,
    /// — properties, methods, spreads
    Object,
    /// `name: value` — name, value
    Property,
    /// `name`, `name = default` — name, default if there is one
    Shorthand,
    /// — name, function
    Method(Accessor),
    /// — name, value or nothing
    Field,
    /// — statements
    StaticBlock,
    /// — value
    Spread,
    /// — name or nothing, parameters, block (of an arrow also an expression)
    Function(Function),
    /// — parameters
    Parameters,
    /// — name or nothing, superclass or nothing, members
    Class {
        is_declaration: bool,
    },
    /// — operand
    Unary(&'static str),
    /// `++x`, `x--` — operand
    Update {
        is_prefix: bool,
    },
    /// — left, right
    Binary(&'static str),
    /// — left, right
    Assign(&'static str),
    /// — condition, two values
    Conditional,
    /// — function, arguments
    Call {
        is_optional: bool,
    },
    /// — constructor, arguments
    New,
    /// — object, name
    Member {
        is_optional: bool,
    },
    /// — object, key
    Index {
        is_optional: bool,
    },
    /// `import(…)` — arguments
    ImportCall,
    /// — expressions
    Sequence,
    /// — expression
    Parenthesized,
    /// — value if there is one
    Yield,
    /// — value
    Await,

    /// — statements
    Block,
    /// — declarators
    Declaration(Declares),
    /// — name or pattern, value if there is one
    Declarator,
    /// — expression
    Expression,
    /// — condition, statement, other statement if there is one
    If,
    /// — beginning, condition, step, body; the first three may be nothing
    For,
    /// — declaration or target, object, body
    ForIn,
    /// — declaration or target, iterable, body
    ForOf,
    /// — condition, body
    While,
    /// — body, condition
    DoWhile,
    /// — value if there is one
    Return,
    /// — label if there is one
    Break,
    /// — label if there is one
    Continue,
    /// — value
    Throw,
    /// — block, catch or nothing, block or nothing
    Try,
    /// — name, pattern or nothing, block
    Catch,
    /// — value, cases
    Switch,
    /// — value or nothing, statements
    Case,
    /// — label, statement
    Labelled,
    /// — object, body
    With,
    /// `;`, `debugger`
    Empty,
    /// — names that it declares
    Import,
    /// — declaration, expression or nothing
    Export,
    /// — statements
    Program,
}

/// How a method is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accessor {
    None,
    Get,
    Set,
}

/// What kind of function it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) is_arrow: bool,
    pub(crate) is_async: bool,
    pub(crate) is_generator: bool,
    pub(crate) is_declaration: bool,
}

pub(super) const ARROW: Function =
    Function { is_arrow: true, is_async: false, is_generator: false, is_declaration: false };

pub(super) const ASYNC_ARROW: Function = Function { is_async: true, ..ARROW };

/// Where a function or class stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stands {
    AsDeclaration,
    InExpression,
}

/// The word that declares variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Declares {
    Var,
    Let,
    Const,
}

impl Node {
    pub(crate) fn new(kind: Kind, range: Range<usize>, children: Vec<Node>) -> Self {
        let height = children.iter().map(|child| child.height).max().unwrap_or_default() + 1;
        Self { kind, start: range.start, end: range.end, children, height }
    }

    pub(crate) fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// What it says in the script.
    pub(crate) fn text<'t>(&self, script: &'t str) -> &'t str {
        &script[self.range()]
    }

    pub(crate) fn is_function(&self) -> bool {
        matches!(self.kind, Kind::Function(_))
    }

    pub(crate) fn is_nothing(&self) -> bool {
        self.kind == Kind::Nothing
    }

    /// The expression within parentheses.
    pub(crate) fn bare(&self) -> &Self {
        let mut node = self;
        while node.kind == Kind::Parenthesized {
            node = &node.children[0];
        }
        node
    }

    /// Calls `seen` with the node and all below it, in order, until one answers no: nothing below that one is seen.
    pub(crate) fn walk<'n>(&'n self, seen: &mut impl FnMut(&'n Self) -> bool) {
        if seen(self) {
            self.children.iter().for_each(|child| child.walk(seen));
        }
    }

    /// Whether the node or anything below it is such.
    pub(crate) fn has_anywhere(&self, is_such: &dyn Fn(&Self) -> bool) -> bool {
        is_such(self) || self.children.iter().any(|child| child.has_anywhere(is_such))
    }

    /// Whether the node or anything below it, without functions, is such.
    pub(crate) fn has<'n>(&'n self, mut is_such: impl FnMut(&'n Self) -> bool) -> bool {
        let mut found = false;
        self.walk(&mut |node| {
            found = found || is_such(node);
            !found && !node.is_function()
        });
        found
    }
}
