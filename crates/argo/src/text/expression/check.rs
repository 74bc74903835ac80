//! What expr-lang refuses in an expression, and what certainly goes wrong when it runs.
//!
//! expr-lang knows the types of the names themselves and nothing of what is below them, which is `any` to it. Argo fills
//! them, so more is known here: a type that [`Type::Holds`] something is `any` to expr-lang.

use std::sync::Arc;

use diagnostic::did_you_mean;

use super::builtins::Wrong;
use super::environment::Environment;
use super::fault::{Fault, Trouble};
use super::functions::{self, Function};
use super::methods;
use super::operators;
use super::pattern;
use super::syntax::{BinaryOperator, Node, Place, Syntax, UnaryOperator};
use super::types::Type;

/// What is known of an expression.
#[derive(Debug)]
pub struct Checked {
    /// What it gives.
    pub result: Type,
    /// What is wrong with it, in the order of the text.
    pub faults: Vec<Fault>,
}

/// Checks an expression that stands where `environment` is what it may name. `text` is what it was read from.
pub fn check(node: &Node, text: &str, environment: &Environment) -> Checked {
    let mut checker = Checker {
        text,
        environment,
        faults: Vec::new(),
        variables: Vec::new(),
        predicates: Vec::new(),
        unchecked: 0,
        guarded: 0,
    };
    let result = checker.visit(node);
    let mut faults = checker.faults;
    faults.sort_by_key(|fault| (fault.place.start, fault.place.end));
    faults.dedup();
    Checked { result, faults }
}

/// Functions that are there for what may be `nil`.
const FOR_NIL: &[&str] = &["coalesce", "default", "dig", "empty", "ternary"];

pub(super) struct Checker<'e> {
    pub(super) text: &'e str,
    environment: &'e Environment,
    faults: Vec<Fault>,
    variables: Vec<(&'e str, Type)>,
    pub(super) predicates: Vec<Scope>,
    /// In how many arguments that expr-lang does not check the checker is.
    unchecked: usize,
    /// In how many parts that may be `nil` the checker is.
    guarded: usize,
}

/// What `#` and its like stand for.
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
            Syntax::Chain(inner) => self.visit(inner),
            Syntax::Member {
                of,
                property,
                optional,
            } => self.member(place, of, property, *optional),
            Syntax::Slice { of, from, to } => self.slice(of, from.as_deref(), to.as_deref()),
            Syntax::Call(callee, arguments) => self.call(place, callee, arguments),
            Syntax::Builtin(name, arguments) => self.builtin(place, name, arguments),
            Syntax::Predicate(inner) => self.visit(inner),
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

    /// What expr-lang refuses.
    pub(super) fn refuse(&mut self, place: Place, message: impl Into<String>) -> Type {
        self.push(Fault::new(Trouble::Type, place, message));
        Type::Any
    }

    /// What fails when it runs.
    pub(super) fn fails(&mut self, place: Place, message: impl Into<String>) -> Type {
        self.push(Fault::new(Trouble::Fails, place, message));
        Type::Any
    }

    /// The text of a part for a message.
    fn shown(&self, place: Place) -> String {
        let text = place.of(self.text);
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.chars().count() <= 40 {
            return format!("`{line}`");
        }
        let start: String = line.chars().take(37).collect();
        format!("`{start}...`")
    }

    /// Forgets that a part is never there: that it fails says more.
    fn forget_absent(&mut self, place: Place) {
        self.faults
            .retain(|fault| fault.trouble != Trouble::Absent || fault.place != place);
    }

    fn name(&mut self, place: Place, name: &str) -> Type {
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

    fn unknown_name(&mut self, place: Place, name: &str) -> Type {
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

    fn absent(&mut self, place: Place, message: String, help: Option<String>) -> Type {
        if self.guarded == 0 {
            self.push(Fault::new(Trouble::Absent, place, message).maybe_help(help));
        }
        Type::Nil.held()
    }

    fn unary(&mut self, place: Place, operator: UnaryOperator, operand: &'e Node) -> Type {
        let value = self.visit(operand);
        let wanted = |value: &Type| match operator {
            UnaryOperator::Not => *value == Type::Boolean,
            UnaryOperator::Minus | UnaryOperator::Plus => value.is_number(),
        };
        let result = match operator {
            UnaryOperator::Not => Type::Boolean,
            _ => value.clone(),
        };
        if wanted(&value) {
            return result;
        }
        let message = format!(
            "`{}` needs {}, and {} is {}",
            operator.text(),
            if operator == UnaryOperator::Not {
                "a boolean"
            } else {
                "a number"
            },
            self.shown(operand.place),
            value.shown()
        );
        if !value.is_unknown() {
            return self.refuse(place, message);
        }
        let inside = value.inside();
        if operator != UnaryOperator::Plus && *inside != Type::Any && !wanted(inside) {
            self.forget_absent(operand.place);
            self.fails(place, message);
        }
        match operator {
            UnaryOperator::Not => Type::Boolean,
            _ => value,
        }
    }

    /// Operators that follow each other, from the left.
    fn binary(&mut self, node: &'e Node) -> Type {
        let mut later = Vec::new();
        let mut first = node;
        while let Syntax::Binary(operator, left, right) = &first.syntax {
            later.push((*operator, left.as_ref(), right.as_ref()));
            first = left;
        }
        let compared = later
            .last()
            .is_some_and(|(operator, left, right)| compares_with_nil(*operator, left, right));
        let coalesced = later
            .iter()
            .any(|(operator, ..)| *operator == BinaryOperator::Coalesce);
        let may_be_nil = compared || coalesced;
        self.guarded += usize::from(may_be_nil);
        let mut found = self.visit(first);
        self.guarded -= usize::from(may_be_nil);
        while let Some((operator, left, right)) = later.pop() {
            let may_be_nil = compares_with_nil(operator, left, right);
            self.guarded += usize::from(may_be_nil);
            let other = self.visit(right);
            self.guarded -= usize::from(may_be_nil);
            found = self.operate(operator, (left, &found), (right, &other));
            if self.unchecked > 0 {
                found = found.held();
            }
        }
        found
    }

    fn comparisons(&mut self, first: &'e Node, others: &'e [(BinaryOperator, Node)]) -> Type {
        let mut left = (first, self.visit(first));
        for (operator, node) in others {
            let right = self.visit(node);
            self.operate(*operator, (left.0, &left.1), (node, &right));
            left = (node, right);
        }
        Type::Boolean
    }

    fn operate(
        &mut self,
        operator: BinaryOperator,
        (left, left_type): (&'e Node, &Type),
        (right, right_type): (&'e Node, &Type),
    ) -> Type {
        let place = left.place.to(right.place);
        if operator == BinaryOperator::Matches
            && let Syntax::Text(pattern) = &right.syntax
            && let Some(problem) = pattern::fault(pattern)
        {
            return self.refuse(right.place, problem);
        }
        let Some(result) = operators::result(operator, left_type, right_type) else {
            let message = self.mismatch(operator, (left, left_type), (right, right_type));
            let fault = Fault::new(Trouble::Type, place, message);
            self.push(fault.maybe_help(self.cast((left, left_type), (right, right_type))));
            return Type::Any;
        };
        let (inside_left, inside_right) = (left_type.inside(), right_type.inside());
        if !operators::works(operator, inside_left, inside_right) {
            let message = self.mismatch(operator, (left, left_type), (right, right_type));
            let fault = Fault::new(Trouble::Fails, place, message);
            self.forget_absent(left.place);
            self.forget_absent(right.place);
            self.push(fault.maybe_help(self.cast((left, left_type), (right, right_type))));
            return result;
        }
        self.never_equal(operator, (left, inside_left), (right, inside_right));
        result
    }

    fn mismatch(
        &self,
        operator: BinaryOperator,
        (left, left_type): (&Node, &Type),
        (right, right_type): (&Node, &Type),
    ) -> String {
        let operator = operator.text();
        let what = |node: &Node, found: &Type| match found.inside() {
            Type::Nil if node.syntax != Syntax::Nil => {
                format!("{}, which is never there", self.shown(node.place))
            }
            inside => format!("{} ({})", self.shown(node.place), inside.shown()),
        };
        format!(
            "`{operator}` does not work on {} and {}",
            what(left, left_type),
            what(right, right_type)
        )
    }

    /// What to write where a text meets a number.
    fn cast(
        &self,
        (left, left_type): (&Node, &Type),
        (right, right_type): (&Node, &Type),
    ) -> Option<String> {
        let (text, number) = match (left_type.inside(), right_type.inside()) {
            (Type::Text, number) if number.is_number() => (left, number),
            (number, Type::Text) if number.is_number() => (right, number),
            _ => return None,
        };
        if matches!(text.syntax, Syntax::Text(_)) {
            return None;
        }
        let text = text.place.of(self.text);
        // A duration has a fraction.
        let is_float = *number == Type::Float || text.ends_with("uration");
        let function = if is_float { "float" } else { "int" };
        Some(format!("write `{function}({text})`"))
    }

    fn never_equal(
        &mut self,
        operator: BinaryOperator,
        (left, left_type): (&Node, &Type),
        (right, right_type): (&Node, &Type),
    ) {
        let element = right_type.element();
        let other = match operator {
            BinaryOperator::Equal | BinaryOperator::NotEqual => right_type,
            BinaryOperator::In if right_type.is_list() => element.inside(),
            _ => return,
        };
        let simple =
            |value: &Type| value.is_number() || matches!(value, Type::Text | Type::Boolean);
        if !simple(left_type) || !simple(other) || left_type.is_comparable_to(other) {
            return;
        }
        let message = format!(
            "{} is {} and never equal to {}",
            self.shown(left.place),
            left_type.shown(),
            other.shown()
        );
        let help = self.cast((left, left_type), (right, other));
        let place = left.place.to(right.place);
        self.push(Fault::new(Trouble::NeverEqual, place, message).maybe_help(help));
    }

    fn member(&mut self, place: Place, of: &'e Node, property: &'e Node, optional: bool) -> Type {
        let name = match &property.syntax {
            Syntax::Text(name) => Some(name.as_str()),
            _ => None,
        };
        if matches!(&of.syntax, Syntax::Name(of) if of == "$env") {
            return match name {
                Some(name) => match self.environment.get(name) {
                    Some(found) => found.clone(),
                    None if optional || self.unchecked > 0 => Type::Any,
                    None => self.unknown_name(place, name),
                },
                None => Type::Any,
            };
        }
        self.guarded += usize::from(optional);
        let base = self.visit(of);
        self.guarded -= usize::from(optional);
        let key = self.visit(property);
        if let Some(refused) = self.refused_member(of, &base, property, &key) {
            return refused;
        }
        let inside = base.inside();
        let found = match (inside, name) {
            (Type::Map(Some(shape)), Some(name)) => match shape.get(name) {
                Some(found) => found.held(),
                None => {
                    let help = did_you_mean(name, shape.keys.keys().map(String::as_str));
                    let message = format!("{} has no `{name}`", self.shown(of.place));
                    return self.absent(place, message, help);
                }
            },
            (Type::Nil, _) if optional => return Type::Nil.held(),
            (Type::Nil, _) => {
                self.forget_absent(of.place);
                let message = format!(
                    "{} is never there, so that nothing can be read from it",
                    self.shown(of.place)
                );
                return self.fails(place, message);
            }
            (Type::Any | Type::Holds(_) | Type::Other(_), _) => Type::Any,
            _ if inside.is_map() => inside.element(),
            _ if inside.is_list() => {
                if name.is_some() {
                    let message =
                        format!("{} is a list, and an index a number", self.shown(of.place));
                    return self.fails(place, message);
                }
                inside.element()
            }
            (Type::Text, None) => Type::Byte,
            (Type::Time | Type::Duration | Type::Zone, _) => Type::Any,
            _ => {
                let message = format!(
                    "{} is {}, so that nothing can be read from it",
                    self.shown(of.place),
                    inside.shown()
                );
                return self.fails(place, message);
            }
        };
        if base.is_unknown() {
            found.held()
        } else {
            found
        }
    }

    /// What expr-lang refuses before it runs.
    fn refused_member(
        &mut self,
        of: &Node,
        base: &Type,
        property: &Node,
        key: &Type,
    ) -> Option<Type> {
        let is_text = matches!(property.syntax, Syntax::Text(_));
        let fits = match base {
            Type::Any | Type::Holds(_) => true,
            Type::Time | Type::Duration | Type::Zone => match &property.syntax {
                Syntax::Text(name) => methods::has(base, name),
                _ => false,
            },
            _ if base.is_map() => key.is_unknown() || key.is_assignable_to(&base.key()),
            _ if base.is_list() => key.is_unknown() || key.is_integer(),
            _ => false,
        };
        if fits {
            return None;
        }
        let message = if is_text {
            let name = property.place.of(self.text);
            format!(
                "{} is {} and has no `{name}`",
                self.shown(of.place),
                base.shown()
            )
        } else {
            format!(
                "{} is {}, and {} is no index of it",
                self.shown(of.place),
                base.shown(),
                self.shown(property.place)
            )
        };
        Some(self.refuse(property.place, message))
    }

    fn slice(&mut self, of: &'e Node, from: Option<&'e Node>, to: Option<&'e Node>) -> Type {
        let base = self.visit(of);
        let ends: Vec<_> = [from, to]
            .into_iter()
            .flatten()
            .map(|node| (node.place, self.visit(node)))
            .collect();
        let can_be_cut = |value: &Type| *value == Type::Text || value.is_list();
        let message = format!(
            "{} is {} and has no parts",
            self.shown(of.place),
            base.shown()
        );
        if base.is_unknown() {
            let inside = base.inside();
            if *inside != Type::Any && !can_be_cut(inside) {
                self.forget_absent(of.place);
                self.fails(of.place, message);
            }
            return base;
        }
        if !can_be_cut(&base) {
            return self.refuse(of.place, message);
        }
        for (place, end) in ends {
            if !end.is_unknown() && !end.is_integer() {
                let message = format!("{} is no whole number", self.shown(place));
                return self.refuse(place, message);
            }
        }
        base
    }

    fn call(&mut self, place: Place, callee: &'e Node, arguments: &'e [Node]) -> Type {
        if matches!(&callee.syntax, Syntax::Name(name) if name == "$env") {
            return self.refuse(callee.place, "`$env` is no function");
        }
        let function = self.visit(callee);
        if function.is_unknown() {
            return self.call_by_value(place, callee, &function, arguments);
        }
        let values: Vec<_> = arguments.iter().map(|node| self.visit(node)).collect();
        match function {
            Type::Function(function) => self.call_of(place, function, arguments, &values),
            other => {
                let message = format!("{} is {}", self.shown(callee.place), other.shown());
                self.refuse(callee.place, format!("{message} and no function"))
            }
        }
    }

    /// A call of what is `any` to expr-lang, which then does not look at the arguments.
    fn call_by_value(
        &mut self,
        place: Place,
        callee: &'e Node,
        function: &Type,
        arguments: &'e [Node],
    ) -> Type {
        let for_nil = matches!(
            function.inside(),
            Type::Function(function) if FOR_NIL.contains(&function.name)
        );
        self.unchecked += 1;
        self.guarded += usize::from(for_nil);
        let values: Vec<_> = arguments.iter().map(|node| self.visit(node)).collect();
        self.guarded -= usize::from(for_nil);
        self.unchecked -= 1;
        match function.inside() {
            Type::Any | Type::Holds(_) | Type::Other(_) => Type::Any,
            Type::Function(function) => self.call_as_it_is(place, function, arguments, &values),
            Type::Nil => {
                let known = self
                    .faults
                    .iter()
                    .rposition(|fault| {
                        fault.trouble == Trouble::Absent && fault.place == callee.place
                    })
                    .map(|index| self.faults.remove(index));
                let message = format!("there is no function {}", self.shown(callee.place));
                let help = known.and_then(|fault| fault.help);
                self.push(Fault::new(Trouble::Fails, place, message).maybe_help(help));
                Type::Any
            }
            other => {
                let message = format!(
                    "{} is {} and no function",
                    self.shown(callee.place),
                    other.shown()
                );
                self.fails(place, message)
            }
        }
    }

    fn call_as_it_is(
        &mut self,
        place: Place,
        function: &'static Function,
        arguments: &'e [Node],
        values: &[Type],
    ) -> Type {
        let Some(signature) = function.signatures.first() else {
            return Type::Any;
        };
        if !signature.takes_count(values.len()) {
            let message = count_message(function, values.len());
            return self.fails(place, message);
        }
        for (number, (node, value)) in arguments.iter().zip(values).enumerate() {
            let Some(kind) = signature.argument(number) else {
                continue;
            };
            if !kind.takes_as_it_is(value.inside()) {
                let message = self.argument_message(function, kind.value().shown(), node, value);
                return self.fails(node.place, message);
            }
        }
        signature.result.value().held()
    }

    /// A call of a function that expr-lang knows.
    pub(super) fn call_of(
        &mut self,
        place: Place,
        function: &'static Function,
        arguments: &'e [Node],
        values: &[Type],
    ) -> Type {
        let unchecked = self.unchecked > 0;
        let insides: Vec<_> = values.iter().map(|value| value.inside().clone()).collect();
        let mut result = Type::Any;
        if !function.signatures.is_empty() {
            let fits = |values: &[Type]| {
                function.signatures.iter().find(|signature| {
                    signature.takes_count(values.len())
                        && values.iter().enumerate().all(|(number, value)| {
                            signature
                                .argument(number)
                                .is_some_and(|kind| kind.takes(value))
                        })
                })
            };
            match fits(values) {
                Some(signature) => result = signature.result.value(),
                None => return self.wrong_arguments(place, function, arguments, values, unchecked),
            }
            let runs = fits(&insides).is_some()
                || function.rule.is_some()
                || insides.iter().all(|inside| *inside == Type::Any);
            if !runs {
                return self.wrong_arguments(place, function, arguments, &insides, true);
            }
        }
        let Some(rule) = function.rule else {
            return result;
        };
        if function.signatures.is_empty() {
            match rule.result(values) {
                Ok(found) => result = found,
                Err(wrong) => {
                    return self.wrong(place, function, arguments, values, &wrong, unchecked);
                }
            }
        }
        match rule.result(&insides) {
            Ok(found) if result.is_unknown() => found.held(),
            Ok(_) => result,
            Err(wrong) => self.wrong(place, function, arguments, &insides, &wrong, true),
        }
    }

    fn wrong(
        &mut self,
        place: Place,
        function: &'static Function,
        arguments: &'e [Node],
        values: &[Type],
        wrong: &Wrong,
        when_it_runs: bool,
    ) -> Type {
        let (place, message) = match wrong {
            Wrong::Count(wanted) => (
                place,
                format!("`{}` takes {wanted}, not {}", function.name, values.len()),
            ),
            Wrong::Argument(number) => match (arguments.get(*number), values.get(*number)) {
                (Some(node), Some(value)) => {
                    self.forget_absent(node.place);
                    (node.place, self.argument_message(function, "", node, value))
                }
                _ => return Type::Any,
            },
        };
        if when_it_runs {
            self.fails(place, message)
        } else {
            self.refuse(place, message)
        }
    }

    fn wrong_arguments(
        &mut self,
        place: Place,
        function: &'static Function,
        arguments: &'e [Node],
        values: &[Type],
        when_it_runs: bool,
    ) -> Type {
        let counts = function
            .signatures
            .iter()
            .any(|signature| signature.takes_count(values.len()));
        let number = values.iter().enumerate().position(|(number, value)| {
            !function.signatures.iter().any(|signature| {
                signature.takes_count(values.len())
                    && signature
                        .argument(number)
                        .is_some_and(|kind| kind.takes(value))
            })
        });
        let wanted = function
            .signatures
            .iter()
            .find(|signature| signature.takes_count(values.len()))
            .zip(number)
            .and_then(|(signature, number)| signature.argument(number))
            .map_or(Type::Any, super::functions::Kind::value);
        let (place, message) =
            match number.and_then(|number| Some((arguments.get(number)?, values.get(number)?))) {
                Some((node, value)) if counts => {
                    self.forget_absent(node.place);
                    let message = self.argument_message(function, wanted.shown(), node, value);
                    (node.place, message)
                }
                _ if counts => (
                    place,
                    format!("`{}` cannot take these together", function.name),
                ),
                _ => (place, count_message(function, values.len())),
            };
        if when_it_runs {
            self.fails(place, message)
        } else {
            self.refuse(place, message)
        }
    }

    fn argument_message(
        &self,
        function: &Function,
        wanted: &str,
        node: &Node,
        value: &Type,
    ) -> String {
        let name = function.name;
        let shown = self.shown(node.place);
        let what = match value.inside() {
            Type::Nil if node.syntax != Syntax::Nil => "never there",
            inside => inside.shown(),
        };
        if wanted.is_empty() {
            return format!("`{name}` cannot take {shown}, which is {what}");
        }
        format!("`{name}` takes {wanted} there, and {shown} is {what}")
    }

    fn pointer(&mut self, place: Place, name: &str) -> Type {
        let Some(scope) = self.predicates.last() else {
            return self.refuse(
                place,
                "`#` stands for an element, and here is no list of which",
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
            None => self.refuse(place, format!("there is no `#{name}` here")),
        }
    }

    fn declaration(
        &mut self,
        place: Place,
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
                // It may be `nil` as well.
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
                Some(before) if before.is_number() && found.is_number() => before,
                Some(_) => Type::Any,
            });
        }
        Type::List(Arc::new(element.unwrap_or(Type::Any)))
    }
}

fn compares_with_nil(operator: BinaryOperator, left: &Node, right: &Node) -> bool {
    matches!(operator, BinaryOperator::Equal | BinaryOperator::NotEqual)
        && (left.syntax == Syntax::Nil || right.syntax == Syntax::Nil)
}

fn count_message(function: &Function, count: usize) -> String {
    let mut wanted: Vec<String> = function
        .signatures
        .iter()
        .map(|signature| {
            let least = signature.arguments.len();
            if signature.rest.is_some() {
                format!("{least} or more")
            } else {
                least.to_string()
            }
        })
        .collect();
    wanted.sort();
    wanted.dedup();
    let name = function.name;
    let wanted = wanted.join(" or ");
    let word = if wanted == "1" {
        "argument"
    } else {
        "arguments"
    };
    format!("`{name}` takes {wanted} {word}, not {count}")
}
