//! Checks calls: the arguments and the result of a function.

use super::builtins::ArgumentFault;
use super::check::Checker;
use super::fault::{Fault, Trouble};
use super::signature::{Function, Rule, SignatureType};
use super::syntax::{ByteRange, Node, Syntax};
use super::types::Type;

/// Functions that exist to handle `nil`.
const FOR_NIL: &[&str] = &["coalesce", "default", "dig", "empty", "ternary"];

impl<'e> Checker<'e> {
    pub(super) fn call(
        &mut self,
        place: ByteRange,
        callee: &'e Node,
        arguments: &'e [Node],
    ) -> Type {
        if matches!(&callee.syntax, Syntax::Name(name) if name == "$env") {
            return self.refuse(callee.place, "`$env` is not a function");
        }
        let function = self.visit(callee);
        if function.is_unknown() {
            return self.call_by_value(place, callee, &function, arguments);
        }
        let values: Vec<_> = arguments.iter().map(|node| self.visit(node)).collect();
        match function {
            Type::Function(function) => self.call_of(place, function, arguments, &values),
            Type::Method(result) => result.as_ref().clone(),
            other => {
                let message = format!("{} is {}", self.shown(callee.place), other.shown());
                self.refuse(callee.place, format!("{message} and not a function"))
            }
        }
    }

    /// A call of an `any` value: expr-lang does not check its arguments.
    fn call_by_value(
        &mut self,
        place: ByteRange,
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
            Type::Method(result) => result.as_ref().clone().held(),
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
                    "{} is {} and not a function",
                    self.shown(callee.place),
                    other.shown()
                );
                self.fails(place, message)
            }
        }
    }

    fn call_as_it_is(
        &mut self,
        place: ByteRange,
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

    /// A call of a function whose signature expr-lang knows.
    pub(super) fn call_of(
        &mut self,
        place: ByteRange,
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
                // `sort` returns nothing for a list that it cannot sort.
                || function.name == "sort"
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
            // expr-lang's functions return `nil` for a value that has no elements.
            Err(_) if rule == Rule::Element => Type::Any,
            // `max` and `min` return a single argument unchanged.
            Err(ArgumentFault::Argument(_))
                if insides.len() == 1 && is_of(function, &["max", "min"]) =>
            {
                values.first().cloned().unwrap_or(Type::Any)
            }
            Err(wrong) => self.wrong(place, function, arguments, &insides, &wrong, true),
        }
    }

    fn wrong(
        &mut self,
        place: ByteRange,
        function: &'static Function,
        arguments: &'e [Node],
        values: &[Type],
        wrong: &ArgumentFault,
        when_it_runs: bool,
    ) -> Type {
        let (place, message) = match wrong {
            ArgumentFault::Count(wanted) => (
                place,
                format!("`{}` takes {wanted}, not {}", function.name, values.len()),
            ),
            ArgumentFault::Argument(number) => {
                match (arguments.get(*number), values.get(*number)) {
                    (Some(node), Some(value)) => {
                        self.forget_absent(node.place);
                        (node.place, self.argument_message(function, "", node, value))
                    }
                    _ => return Type::Any,
                }
            }
        };
        if when_it_runs {
            self.fails(place, message)
        } else {
            self.refuse(place, message)
        }
    }

    fn wrong_arguments(
        &mut self,
        place: ByteRange,
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
            .map_or(Type::Any, SignatureType::value);
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
}

fn is_of(function: &Function, names: &[&str]) -> bool {
    names.contains(&function.name)
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
