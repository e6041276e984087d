//! One walk over the syntax tree for both proofs.

use boa_engine::{
    ast::{
        Declaration, Expression,
        declaration::{Binding, LexicalDeclaration, VarDeclaration, Variable},
        expression::{
            Call, Identifier, ImportCall, New, Optional, OptionalOperationKind, TaggedTemplate, This,
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
        function::{
            ArrowFunction, AsyncFunctionExpression, AsyncGeneratorExpression, ClassDeclaration,
            ClassExpression, FormalParameter, FormalParameterList, FunctionBody, FunctionExpression,
            GeneratorExpression,
        },
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
            self.loose.push(name.sym());
        }
        self.has_loose_functions |= self.values.is_function(node);
        node.visit_with(self)
    }

    fn visit_this(&mut self, _: &'p This) -> Flow {
        self.keeps_something = true;
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

    fn visit_function_expression(&mut self, node: &'p FunctionExpression) -> Flow {
        self.names_function(node.name());
        node.visit_with(self)
    }

    // Its name is the engine's, from the variable that it is given to.
    fn visit_arrow_function(&mut self, node: &'p ArrowFunction) -> Flow {
        self.visit_formal_parameter_list(node.parameters())?;
        self.visit_function_body(node.body())
    }

    fn visit_generator_expression(&mut self, node: &'p GeneratorExpression) -> Flow {
        self.names_function(node.name());
        node.visit_with(self)
    }

    fn visit_async_function_expression(&mut self, node: &'p AsyncFunctionExpression) -> Flow {
        self.names_function(node.name());
        node.visit_with(self)
    }

    fn visit_async_generator_expression(&mut self, node: &'p AsyncGeneratorExpression) -> Flow {
        self.names_function(node.name());
        node.visit_with(self)
    }

    // ---- names of members

    fn visit_property_access_field(&mut self, node: &'p PropertyAccessField) -> Flow {
        if let PropertyAccessField::Expr(key) = node {
            self.calls.read(key, self.values);
        }
        self.visit_name(node)
    }

    fn visit_property_name(&mut self, node: &'p PropertyName) -> Flow {
        match node {
            PropertyName::Literal(name) => {
                let name = self.values.text(name.sym());
                self.member_name(&name);
                GO_ON
            }
            PropertyName::Computed(expression) => self.visit_expression(expression),
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
        match node {
            PropertyDefinition::MethodDefinition(method) => {
                self.has_loose_functions = true;
                self.calls.store_function(method.name(), self.values);
            }
            PropertyDefinition::Property(name, value) => self.calls.define(name, value, self.values),
            PropertyDefinition::IdentifierReference(name)
            | PropertyDefinition::CoverInitializedName(name, _) => {
                self.loose.push(name.sym());
                self.calls.store(self.values.text(name.sym()));
            }
            PropertyDefinition::SpreadObject(_) => {}
        }
        node.visit_with(self)
    }

    fn visit_object_pattern_element(&mut self, node: &'p ObjectPatternElement) -> Flow {
        self.looks_at_members |= matches!(
            node,
            ObjectPatternElement::RestProperty { .. }
                | ObjectPatternElement::AssignmentRestPropertyAccess { .. }
        );
        match node {
            ObjectPatternElement::SingleName { name, .. } | ObjectPatternElement::Pattern { name, .. } => {
                match name {
                    PropertyName::Literal(name) => {
                        let name = self.values.text(name.sym());
                        self.keeps_something |= names::is_mutator(&name);
                    }
                    PropertyName::Computed(key) => self.calls.read(key, self.values),
                }
            }
            _ => {}
        }
        node.visit_with(self)
    }

    // ---- calls

    fn visit_call(&mut self, node: &'p Call) -> Flow {
        self.calls_method(node);
        self.calls.call(node.function(), node.args(), self.values);
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
        let callbacks = match self.values.called_member(node) {
            Some((_, name)) => names::callbacks(&name).unwrap_or_default(),
            None => &[],
        };
        let arguments = node.args().iter().enumerate();
        arguments.into_iter().try_for_each(|(place, argument)| {
            if callbacks.contains(&place) { self.callback(argument) } else { self.visit_expression(argument) }
        })
    }

    fn visit_tagged_template(&mut self, node: &'p TaggedTemplate) -> Flow {
        self.calls.call(node.tag(), &[], self.values);
        node.visit_with(self)
    }

    fn visit_new(&mut self, node: &'p New) -> Flow {
        self.calls.call(node.constructor(), node.arguments(), self.values);
        self.base(node.constructor())?;
        node.arguments().iter().try_for_each(|argument| self.visit_expression(argument))
    }

    fn visit_optional(&mut self, node: &'p Optional) -> Flow {
        let mut field = None;
        for (place, operation) in node.chain().iter().enumerate() {
            match operation.kind() {
                OptionalOperationKind::Call { args } => {
                    match field.take() {
                        Some(field) => {
                            // Data chooses what is called.
                            self.keeps_something |= self.values.field(field).is_none();
                            self.calls.method(field, args, self.values);
                        }
                        None if place == 0 => self.calls.call(node.target(), args, self.values),
                        None => self.calls.call_value(),
                    }
                }
                OptionalOperationKind::SimplePropertyAccess { field: named } => field = Some(named),
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
                let origin = self.assigned(node);
                self.variables.assign(name.sym(), origin);
            }
            AssignTarget::Access(access) => {
                self.writes_member(access);
                if let PropertyAccess::Simple(access) = access
                    && !self.assigned(node).is_new()
                {
                    self.calls.assign(access.field(), self.values);
                }
                if !matches!(node.op(), AssignOp::BoolAnd | AssignOp::BoolOr | AssignOp::Coalesce) {
                    self.visit_written(access)?;
                    return self.visit_expression(node.rhs());
                }
            }
            AssignTarget::Pattern(_) => self.keeps_something = true,
        }
        node.visit_with(self)
    }

    fn visit_update(&mut self, node: &'p Update) -> Flow {
        match node.target() {
            UpdateTarget::Identifier(name) => {
                self.variables.assign(name.sym(), Origin::Number);
                node.visit_with(self)
            }
            UpdateTarget::PropertyAccess(access) => {
                self.writes_member(access);
                self.visit_written(access)
            }
        }
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
            self.variables.declare(name.sym(), Reach::Block, Origin::Function);
        }
        node.visit_with(self)
    }

    fn visit_variable(&mut self, node: &'p Variable) -> Flow {
        match (node.binding(), node.init()) {
            (Binding::Identifier(name), Some(value)) => {
                self.visit_identifier(name)?;
                self.value(value)
            }
            _ => node.visit_with(self),
        }
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
