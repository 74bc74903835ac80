//! Checks an expression: the faults that expr-lang refuses, and those that are certain at run time.
//!
//! expr-lang knows the types of top-level names, and treats everything below them as `any`. Argo supplies the values,
//! so this check knows more: `any` for expr-lang is here [`Type::Holds`] with the real type.

use std::sync::Arc;

use diagnostic::did_you_mean;

use super::environment::Environment;
use super::fault::{Fault, Trouble};
use super::functions;
use super::syntax::{ByteRange, Node, Syntax};
use super::types::Type;

/// Result of a check.
#[derive(Debug)]
pub struct Checked {
    /// Type of the expression's value.
    pub result: Type,
    /// Faults in the order of discovery. expr-lang reports only the first of those that it refuses.
    pub faults: Vec<Fault>,
}

/// Checks an expression. `environment` holds the names that it may use; `text` is its source.
pub fn check<'e>(node: &'e Node, text: &'e str, environment: &'e Environment) -> Checked {
    let mut compared_with_nil = Vec::new();
    node.walk(&mut |node| {
        if let Syntax::Binary(operator, left, right) = &node.syntax
            && operator.compares_with_nil(left, right)
        {
            compared_with_nil.extend([left.place.of(text), right.place.of(text)]);
        }
    });
    let mut checker = Checker {
        compared_with_nil,
        text,
        environment,
        faults: Vec::new(),
        variables: Vec::new(),
        predicates: Vec::new(),
        unchecked: 0,
        guarded: 0,
    };
    let result = checker.visit(node);
    Checked {
        result,
        faults: checker.faults,
    }
}

pub(super) struct Checker<'e> {
    /// The parts that the expression compares with `nil`.
    pub(super) compared_with_nil: Vec<&'e str>,
    pub(super) text: &'e str,
    pub(super) environment: &'e Environment,
    pub(super) faults: Vec<Fault>,
    pub(super) variables: Vec<(&'e str, Type)>,
    pub(super) predicates: Vec<Scope>,
    /// Number of unchecked arguments around the current part; expr-lang does not check inside them.
    pub(super) unchecked: usize,
    /// Number of parts around the current one that allow `nil`.
    pub(super) guarded: usize,
}

/// Types of `#`, `#acc` and `#index` in a predicate.
pub(super) struct Scope {
    pub(super) collection: Type,
    pub(super) names: Vec<(&'static str, Type)>,
}

impl<'e> Checker<'e> {
    pub(super) fn visit(&mut self, node: &'e Node) -> Type {
        let found = self.of(node);
        if self.unchecked > 0 {
            return found.held();
        }
        found
    }

    fn of(&mut self, node: &'e Node) -> Type {
        let place = node.place;
        match &node.syntax {
            Syntax::Nil => Type::Nil,
            Syntax::Boolean(_) => Type::Boolean,
            Syntax::Integer(_) => Type::Integer,
            Syntax::Float(_) => Type::Float,
            Syntax::Text(_) => Type::Text,
            Syntax::Bytes(_) => Type::Bytes,
            Syntax::Name(name) => self.name(place, name),
            Syntax::Unary(operator, operand) => self.unary(place, *operator, operand),
            Syntax::Binary(..) => self.binary(node),
            Syntax::Comparisons(first, others) => self.comparisons(first, others),
            Syntax::Chain(inner) | Syntax::Predicate(inner) => self.visit(inner),
            Syntax::Member {
                of,
                property,
                optional,
            } => self.member(place, of, property, *optional),
            Syntax::Slice { of, from, to } => self.slice(of, from.as_deref(), to.as_deref()),
            Syntax::Call(callee, arguments) => self.call(place, callee, arguments),
            Syntax::Builtin(name, arguments) => self.builtin(place, name, arguments),
            Syntax::Pointer(name) => self.pointer(place, name),
            Syntax::Let { name, value, then } => self.declaration(place, name, value, then),
            Syntax::Sequence(nodes) => {
                let mut last = Type::Nil;
                for node in nodes {
                    last = self.visit(node);
                }
                last
            }
            Syntax::Conditional { condition, yes, no } => {
                self.conditional(condition, yes.as_deref(), no)
            }
            Syntax::Array(nodes) => self.array(nodes),
            Syntax::Map(pairs) => {
                for (key, value) in pairs {
                    self.visit(key);
                    self.visit(value);
                }
                Type::Map(None)
            }
        }
    }

    pub(super) fn push(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// Adds a fault that expr-lang refuses.
    pub(super) fn refuse(&mut self, place: ByteRange, message: impl Into<String>) -> Type {
        self.push(Fault::new(Trouble::Type, place, message));
        Type::Any
    }

    /// Adds a fault that occurs when the expression runs.
    pub(super) fn fails(&mut self, place: ByteRange, message: impl Into<String>) -> Type {
        self.push(Fault::new(Trouble::Fails, place, message));
        Type::Any
    }

    /// Source text of a part, for a message.
    pub(super) fn shown(&self, place: ByteRange) -> String {
        let text = place.of(self.text);
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.chars().count() <= 40 {
            return format!("`{line}`");
        }
        let start: String = line.chars().take(37).collect();
        format!("`{start}...`")
    }

    /// Removes the fault that a part is always absent: the new fault says more.
    pub(super) fn forget_absent(&mut self, place: ByteRange) {
        self.faults
            .retain(|fault| fault.trouble != Trouble::Absent || fault.place != place);
    }

    fn name(&mut self, place: ByteRange, name: &str) -> Type {
        if let Some((_, found)) = self
            .variables
            .iter()
            .rev()
            .find(|(known, _)| *known == name)
        {
            return found.clone();
        }
        if name == "$env" {
            return Type::Any;
        }
        if let Some(found) = self.environment.get(name) {
            return found.clone();
        }
        // At run time, a function's name without a call is `nil`.
        if functions::is_builtin(name) && self.unchecked > 0 {
            return Type::Any;
        }
        if let Some(function) = functions::builtin(name) {
            return Type::Function(function);
        }
        if functions::is_builtin(name) {
            return Type::Other("a function");
        }
        if self.unchecked > 0 {
            return self.absent(place, format!("there is no `{name}` here"), None);
        }
        self.unknown_name(place, name)
    }

    pub(super) fn unknown_name(&mut self, place: ByteRange, name: &str) -> Type {
        let environment = self.environment;
        let known = environment.shape().keys.keys().map(String::as_str);
        let after = self.text.get(place.end..).unwrap_or_default();
        let (what, help) = if after.trim_start().starts_with('(') {
            let names = known.chain(functions::builtin_names());
            ("function", did_you_mean(name, names))
        } else {
            ("name", did_you_mean(name, known))
        };
        let message = format!("there is no {what} `{name}` here");
        self.push(Fault::new(Trouble::Name, place, message).maybe_help(help));
        Type::Any
    }

    pub(super) fn absent(
        &mut self,
        place: ByteRange,
        message: String,
        help: Option<String>,
    ) -> Type {
        if self.guarded == 0 {
            self.push(Fault::new(Trouble::Absent, place, message).maybe_help(help));
        }
        // An expression that compares the part with `nil` handles its absence.
        if self.compared_with_nil.contains(&place.of(self.text)) {
            return Type::Any;
        }
        Type::Nil.held()
    }

    fn pointer(&mut self, place: ByteRange, name: &str) -> Type {
        let Some(scope) = self.predicates.last() else {
            return self.refuse(
                place,
                "`#` stands for an element, and here is not a list of which",
            );
        };
        if name.is_empty() {
            let inside = scope.collection.inside();
            let element = if inside.is_list() {
                inside.element()
            } else {
                Type::Any
            };
            return if scope.collection.is_unknown() {
                element.held()
            } else {
                element
            };
        }
        match scope.names.iter().find(|(known, _)| *known == name) {
            Some((_, found)) => found.clone(),
            None if self.unchecked > 0 => Type::Any,
            None => self.refuse(place, format!("there is no `#{name}` here")),
        }
    }

    fn declaration(
        &mut self,
        place: ByteRange,
        name: &'e str,
        value: &'e Node,
        then: &'e Node,
    ) -> Type {
        let is_taken = self.environment.knows(name)
            || functions::is_builtin(name)
            || self.variables.iter().any(|(known, _)| *known == name);
        if is_taken {
            let message = format!("`let {name}` gives a name away that is taken");
            return self.refuse(place, message);
        }
        let value = self.visit(value);
        self.variables.push((name, value));
        let then = self.visit(then);
        self.variables.pop();
        then
    }

    fn conditional(&mut self, condition: &'e Node, yes: Option<&'e Node>, no: &'e Node) -> Type {
        let asked = self.visit(condition);
        if *asked.inside() != Type::Boolean && *asked.inside() != Type::Any {
            let message = format!(
                "the condition {} is {}, not a boolean",
                self.shown(condition.place),
                asked.shown()
            );
            if asked.is_unknown() {
                self.forget_absent(condition.place);
                self.fails(condition.place, message);
            } else {
                return self.refuse(condition.place, message);
            }
        }
        let yes = match yes {
            Some(yes) => self.visit(yes),
            None => asked,
        };
        let no = self.visit(no);
        match (yes, no) {
            (Type::Nil, other) | (other, Type::Nil) => {
                // The value may also be `nil`.
                if other.is_unknown() { Type::Any } else { other }
            }
            (yes, no) if yes == no => yes,
            (Type::List(_), Type::List(_)) => Type::list(),
            (yes, no) if yes.is_assignable_to(&no) => no,
            _ => Type::Any,
        }
    }

    fn array(&mut self, nodes: &'e [Node]) -> Type {
        let mut element: Option<Type> = None;
        for node in nodes {
            let found = self.visit(node);
            element = Some(match element {
                None => found,
                Some(before) if before == found => found,
                Some(_) => Type::Any,
            });
        }
        Type::List(Arc::new(element.unwrap_or(Type::Any)))
    }
}
