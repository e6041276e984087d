//! One walk over the syntax tree for both proofs.

use boa_engine::{
    ast::{
        Declaration, Expression,
        declaration::{LexicalDeclaration, VarDeclaration},
        expression::{
            Call, Identifier, ImportCall, New, Optional, OptionalOperationKind, This,
            access::{PropertyAccess, PropertyAccessField},
            literal::PropertyDefinition,
            operator::{
                Assign, Binary, Unary, Update,
                assign::{AssignOp, AssignTarget},
                binary::{BinaryOp, RelationalOp},
                unary::UnaryOp,
                update::UpdateTarget,
            },
        },
        function::{ClassDeclaration, ClassExpression, FormalParameter, FormalParameterList, FunctionBody},
        pattern::ObjectPatternElement,
        property::PropertyName,
        statement::{
            Block, Catch, ForInLoop, ForLoop, ForOfLoop, Switch, With, iteration::IterableLoopInitializer,
        },
        visitor::{VisitWith, Visitor},
    },
    interner::Sym,
};

use super::{
    names,
    seen::{Flow, GO_ON, Walk},
    state::{Origin, Reach},
};

impl<'p> Visitor<'p> for Walk<'p> {
    type BreakTy = ();

    // Texts of literals and names of labels are no names of variables.
    fn visit_sym(&mut self, _: &'p Sym) -> Flow {
        GO_ON
    }

    fn visit_identifier(&mut self, node: &'p Identifier) -> Flow {
        self.mentioned.push(node.sym());
        GO_ON
    }

    fn visit_expression(&mut self, node: &'p Expression) -> Flow {
        if let Expression::Identifier(name) = node {
            self.passed.push(name.sym());
        }
        node.visit_with(self)
    }

    fn visit_this(&mut self, _: &'p This) -> Flow {
        // The global object has everything, by any name.
        (self.keeps_something, self.looks_at_members) = (true, true);
        GO_ON
    }

    fn visit_import_call(&mut self, node: &'p ImportCall) -> Flow {
        (self.keeps_something, self.looks_at_members) = (true, true);
        node.visit_with(self)
    }

    fn visit_with(&mut self, node: &'p With) -> Flow {
        (self.keeps_something, self.looks_at_members) = (true, true);
        node.visit_with(self)
    }

    fn visit_class_declaration(&mut self, node: &'p ClassDeclaration) -> Flow {
        self.keeps_something = true;
        self.variables.declare(node.name().sym(), Reach::Block, Origin::Any);
        node.visit_with(self)
    }

    fn visit_class_expression(&mut self, node: &'p ClassExpression) -> Flow {
        self.keeps_something = true;
        node.visit_with(self)
    }

    // ---- names of members

    fn visit_property_access_field(&mut self, node: &'p PropertyAccessField) -> Flow {
        if let Some(name) = self.values.field(node) {
            self.member_name(&name);
            // Read and not called, it could be called for something else.
            self.keeps_something |= names::is_mutator(&name);
        }
        match node {
            PropertyAccessField::Const(_) => GO_ON,
            PropertyAccessField::Expr(expression) => self.visit_expression(expression),
        }
    }

    fn visit_property_name(&mut self, node: &'p PropertyName) -> Flow {
        match node {
            PropertyName::Literal(name) => {
                let name = self.values.text(name.sym());
                self.member_name(&name);
                GO_ON
            }
            PropertyName::Computed(expression) => {
                self.has_computed_writes |= !matches!(expression, Expression::Literal(_));
                self.visit_expression(expression)
            }
        }
    }

    fn visit_property_access(&mut self, node: &'p PropertyAccess) -> Flow {
        match node {
            PropertyAccess::Simple(access) => {
                self.base(access.target())?;
                self.visit_property_access_field(access.field())
            }
            other => other.visit_with(self),
        }
    }

    fn visit_property_definition(&mut self, node: &'p PropertyDefinition) -> Flow {
        self.looks_at_members |= matches!(node, PropertyDefinition::SpreadObject(_));
        self.has_own_methods |= match node {
            PropertyDefinition::MethodDefinition(_) => true,
            PropertyDefinition::Property(name, value) => {
                let is_maker =
                    name.literal().is_some_and(|name| names::is_maker(&self.values.text(name.sym())));
                // A new object called `map` is not called as a function.
                self.has_computed_writes |= is_maker;
                self.values.origin(value) == Origin::Any
                    && !matches!(
                        value,
                        Expression::PropertyAccess(_) | Expression::Optional(_) | Expression::Call(_)
                    )
            }
            PropertyDefinition::IdentifierReference(name) => {
                self.has_computed_writes |= names::is_maker(&self.values.text(name.sym()));
                true
            }
            _ => false,
        };
        node.visit_with(self)
    }

    fn visit_object_pattern_element(&mut self, node: &'p ObjectPatternElement) -> Flow {
        self.looks_at_members |= matches!(
            node,
            ObjectPatternElement::RestProperty { .. }
                | ObjectPatternElement::AssignmentRestPropertyAccess { .. }
        );
        if let ObjectPatternElement::SingleName { name: PropertyName::Literal(name), .. } = node {
            let name = self.values.text(name.sym());
            self.keeps_something |= names::is_mutator(&name);
        }
        node.visit_with(self)
    }

    // ---- calls

    fn visit_call(&mut self, node: &'p Call) -> Flow {
        self.calls(node);
        match node.function() {
            Expression::PropertyAccess(PropertyAccess::Simple(access)) => {
                if let Some(name) = self.values.field(access.field()) {
                    self.member_name(&name);
                }
                self.base(access.target())?;
                if let PropertyAccessField::Expr(expression) = access.field() {
                    self.visit_expression(expression)?;
                }
            }
            function => self.base(function)?,
        }
        node.args().iter().try_for_each(|argument| self.visit_expression(argument))
    }

    fn visit_new(&mut self, node: &'p New) -> Flow {
        self.base(node.constructor())?;
        node.arguments().iter().try_for_each(|argument| self.visit_expression(argument))
    }

    fn visit_optional(&mut self, node: &'p Optional) -> Flow {
        let mut is_computed = false;
        for operation in node.chain() {
            match operation.kind() {
                // Data chooses what is called.
                OptionalOperationKind::Call { .. } => self.keeps_something |= is_computed,
                OptionalOperationKind::SimplePropertyAccess { field } => {
                    is_computed = self.values.field(field).is_none();
                }
                OptionalOperationKind::PrivatePropertyAccess { .. } => self.keeps_something = true,
            }
        }
        self.base(node.target())?;
        node.chain().iter().try_for_each(|operation| self.visit_optional_operation(operation))
    }

    // ---- operators

    fn visit_binary(&mut self, node: &'p Binary) -> Flow {
        match node.op() {
            BinaryOp::Relational(RelationalOp::In) => self.looks_at_members = true,
            BinaryOp::Relational(RelationalOp::InstanceOf) => {
                self.visit_expression(node.lhs())?;
                return self.base(node.rhs());
            }
            _ => {}
        }
        node.visit_with(self)
    }

    fn visit_unary(&mut self, node: &'p Unary) -> Flow {
        match (node.op(), node.target()) {
            (UnaryOp::Delete, Expression::PropertyAccess(access)) => {
                self.looks_at_members = true;
                self.writes_member(access);
            }
            (UnaryOp::Delete, _) => (self.keeps_something, self.looks_at_members) = (true, true),
            _ => {}
        }
        node.visit_with(self)
    }

    fn visit_assign(&mut self, node: &'p Assign) -> Flow {
        match node.lhs() {
            AssignTarget::Identifier(name) => {
                let origin = match node.op() {
                    AssignOp::Assign | AssignOp::BoolAnd | AssignOp::BoolOr | AssignOp::Coalesce => {
                        self.values.origin(node.rhs())
                    }
                    _ => Origin::New,
                };
                self.variables.assign(name.sym(), origin);
            }
            AssignTarget::Access(access) => {
                self.writes_member(access);
                self.has_own_methods |= self.values.origin(node.rhs()) == Origin::Any
                    && matches!(
                        node.rhs(),
                        Expression::FunctionExpression(_)
                            | Expression::ArrowFunction(_)
                            | Expression::Identifier(_)
                    );
            }
            AssignTarget::Pattern(_) => self.keeps_something = true,
        }
        node.visit_with(self)
    }

    fn visit_update(&mut self, node: &'p Update) -> Flow {
        match node.target() {
            UpdateTarget::Identifier(name) => self.variables.assign(name.sym(), Origin::New),
            UpdateTarget::PropertyAccess(access) => self.writes_member(access),
        }
        node.visit_with(self)
    }

    // ---- declarations and where they reach

    fn visit_declaration(&mut self, node: &'p Declaration) -> Flow {
        let name = match node {
            Declaration::FunctionDeclaration(function) => Some(function.name()),
            Declaration::GeneratorDeclaration(function) => Some(function.name()),
            Declaration::AsyncFunctionDeclaration(function) => Some(function.name()),
            Declaration::AsyncGeneratorDeclaration(function) => Some(function.name()),
            _ => None,
        };
        if let Some(name) = name {
            self.variables.declare(name.sym(), Reach::Block, Origin::Any);
        }
        node.visit_with(self)
    }

    fn visit_lexical_declaration(&mut self, node: &'p LexicalDeclaration) -> Flow {
        self.declares_all(node.variable_list().as_ref(), Reach::Block);
        node.visit_with(self)
    }

    fn visit_var_declaration(&mut self, node: &'p VarDeclaration) -> Flow {
        self.declares_all(node.0.as_ref(), Reach::Function);
        node.visit_with(self)
    }

    fn visit_formal_parameter(&mut self, node: &'p FormalParameter) -> Flow {
        self.declares(node.variable().binding(), Reach::Block, Origin::Any);
        node.visit_with(self)
    }

    fn visit_iterable_loop_initializer(&mut self, node: &'p IterableLoopInitializer) -> Flow {
        match node {
            IterableLoopInitializer::Var(variable) => {
                self.declares(variable.binding(), Reach::Function, Origin::Any);
            }
            IterableLoopInitializer::Let(binding) | IterableLoopInitializer::Const(binding) => {
                self.declares(binding, Reach::Block, Origin::Any);
            }
            _ => self.keeps_something = true,
        }
        node.visit_with(self)
    }

    /// Every function has parameters before its body.
    fn visit_formal_parameter_list(&mut self, node: &'p FormalParameterList) -> Flow {
        self.variables.enter(Reach::Function);
        node.visit_with(self)
    }

    fn visit_function_body(&mut self, node: &'p FunctionBody) -> Flow {
        let flow = node.visit_with(self);
        self.variables.leave();
        flow
    }

    fn visit_block(&mut self, node: &'p Block) -> Flow {
        self.in_block(node)
    }

    fn visit_switch(&mut self, node: &'p Switch) -> Flow {
        self.in_block(node)
    }

    fn visit_for_loop(&mut self, node: &'p ForLoop) -> Flow {
        self.in_block(node)
    }

    fn visit_for_of_loop(&mut self, node: &'p ForOfLoop) -> Flow {
        self.in_block(node)
    }

    fn visit_for_in_loop(&mut self, node: &'p ForInLoop) -> Flow {
        self.looks_at_members = true;
        self.in_block(node)
    }

    fn visit_catch(&mut self, node: &'p Catch) -> Flow {
        self.variables.enter(Reach::Block);
        if let Some(parameter) = node.parameter() {
            self.declares(parameter, Reach::Block, Origin::Any);
        }
        let flow = node.visit_with(self);
        self.variables.leave();
        flow
    }
}
