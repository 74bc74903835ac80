//! Evaluates expressions, with Go's rules for numbers.
//!
//! Limits steps and memory, as expr-lang does. A failure is an error and never a panic.

mod base64;
mod budget;
mod builtins;
mod bytes;
mod calls;
mod changes;
mod compare;
mod constant;
mod context;
pub(in crate::text) mod failure;
pub(in crate::text) mod format;
mod letters;
mod lists;
mod loops;
mod moments;
mod numbers;
mod read;
mod run;
mod sprig;
mod texts;
pub(in crate::text) mod value;
mod value_index;
mod variables;
mod version;
mod version_methods;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub use failure::Failure;
pub use value::{Elements, Value};
pub use variables::{Outside, Variables};
pub use version::Version;

use run::{Run, Stop, truth};

use super::check::check;
use super::fault::Trouble;
use super::parse::parse;
use super::syntax::{BinaryOperator, Node, Syntax, UnaryOperator};

/// A parsed and checked expression, which can be evaluated any number of times.
#[derive(Clone, Debug)]
pub struct Expression {
    node: Node,
}

impl Expression {
    /// Parses and checks an expression. Later values must have the same types as `variables`.
    ///
    /// # Errors
    ///
    /// Returns why expr-lang refuses it.
    pub fn new(text: &str, variables: &Variables) -> Result<Self, Failure> {
        let environment = variables.environment();
        let node = parse(text, &environment).map_err(|fault| Failure::new(fault.message))?;
        let refused = check(&node, text, &environment)
            .faults
            .into_iter()
            .find(|fault| matches!(fault.trouble, Trouble::Name | Trouble::Type));
        match refused {
            Some(fault) => Err(Failure::new(fault.message)),
            None => Ok(Self { node }),
        }
    }

    /// Evaluates the expression.
    ///
    /// # Errors
    ///
    /// Returns why the expression has no value.
    pub fn evaluate(&self, variables: &Variables) -> Result<Value, Failure> {
        let mut run = Run::new(variables);
        let found = run.value(&self.node);
        variables
            .drawn()
            .store(run.context.drawn.get(), Ordering::Relaxed);
        found.map_err(|stop| match stop {
            Stop::Failure(failure) => failure,
            Stop::Nil => Failure::new("`?.` outside of a chain"),
        })
    }
}

/// Parses and evaluates an expression.
///
/// # Errors
///
/// Returns why the expression has no value.
pub fn evaluate(text: &str, variables: &Variables) -> Result<Value, Failure> {
    Expression::new(text, variables)?.evaluate(variables)
}

impl<'v> Run<'v> {
    fn value(&mut self, node: &'v Node) -> Result<Value, Stop> {
        let found = self.evaluated(node)?;
        Ok(self.current(found)?)
    }

    fn evaluated(&mut self, node: &'v Node) -> Result<Value, Stop> {
        self.add_steps(1);
        self.check_steps()?;
        match &node.syntax {
            Syntax::Nil => Ok(Value::Nil),
            Syntax::Boolean(value) => Ok(Value::Boolean(*value)),
            Syntax::Integer(value) => Ok(Value::Integer(*value)),
            Syntax::Float(value) => Ok(Value::Float(*value)),
            Syntax::Text(value) => Ok(Value::text(value)),
            Syntax::Bytes(value) => Ok(Value::Bytes(value.as_slice().into())),
            Syntax::Name(name) => Ok(self.name(name)),
            Syntax::Unary(operator, operand) => self.unary(*operator, operand),
            Syntax::Binary(..) => self.binary(node),
            Syntax::Comparisons(first, others) => self.comparisons(first, others),
            Syntax::Chain(inner) => match self.value(inner) {
                Err(Stop::Nil) => Ok(Value::Nil),
                Ok(value) if value.is_nil() => Ok(Value::Nil),
                other => other,
            },
            Syntax::Member {
                of,
                property,
                optional,
            } => self.member(of, property, *optional),
            Syntax::Slice { of, from, to } => self.slice(of, from.as_deref(), to.as_deref()),
            Syntax::Call(callee, arguments) => self.call(callee, arguments),
            Syntax::Builtin(name, arguments) => self.builtin(name, arguments),
            Syntax::Predicate(inner) => self.value(inner),
            Syntax::Pointer(name) => Ok(self.pointer(name)?),
            Syntax::Let { name, value, then } => {
                let value = self.value(value)?;
                self.names.push((name, value));
                let then = self.value(then);
                self.names.pop();
                then
            }
            Syntax::Sequence(nodes) => {
                let mut last = Value::Nil;
                for node in nodes {
                    last = self.value(node)?;
                }
                Ok(last)
            }
            Syntax::Conditional { condition, yes, no } => {
                let asked = self.value(condition)?;
                match (truth(&asked)?, yes) {
                    (true, None) => Ok(asked),
                    (true, Some(yes)) => self.value(yes),
                    (false, _) => self.value(no),
                }
            }
            Syntax::Array(nodes) => {
                let values = self.values(nodes)?;
                self.grow(values.len())?;
                Ok(self.bounded(Value::list(values))?)
            }
            Syntax::Map(pairs) => self.map(pairs),
        }
    }

    fn values(&mut self, nodes: &'v [Node]) -> Result<Vec<Value>, Stop> {
        let values: Vec<_> = nodes
            .iter()
            .map(|node| self.value(node))
            .collect::<Result<_, _>>()?;
        // A later argument may have changed an earlier one.
        let values = values.into_iter().map(|value| self.current(value));
        Ok(values.collect::<Result<_, _>>()?)
    }

    fn name(&self, name: &str) -> Value {
        if let Some((_, value)) = self.names.iter().rev().find(|(known, _)| *known == name) {
            return value.clone();
        }
        if name == "$env" {
            return self.variables.all();
        }
        self.variables.get(name).cloned().unwrap_or(Value::Nil)
    }

    fn pointer(&self, name: &str) -> Result<Value, Failure> {
        let Some(element) = self.scopes.last() else {
            return Err(Failure::new("`#` stands for nothing here"));
        };
        Ok(match name {
            "" => read::required(element.value.as_ref())?,
            "index" => Value::Integer(value::length(element.index)),
            _ => element.sum.clone().unwrap_or(Value::Nil),
        })
    }

    fn unary(&mut self, operator: UnaryOperator, operand: &'v Node) -> Result<Value, Stop> {
        let value = self.value(operand)?;
        Ok(match operator {
            UnaryOperator::Not => Value::Boolean(!truth(&value)?),
            UnaryOperator::Plus => value,
            UnaryOperator::Minus => numbers::negated(&value)?,
        })
    }

    fn binary(&mut self, node: &'v Node) -> Result<Value, Stop> {
        // Walk from the left in a loop: a chain of operators can be long.
        let mut later = Vec::new();
        let mut first = node;
        let mut constant = None;
        while let Syntax::Binary(operator, left, right) = &first.syntax {
            constant = constant::of_right(*operator, right);
            if constant.is_some() {
                break;
            }
            later.push((*operator, right.as_ref()));
            first = left;
        }
        let found = match constant {
            Some(value) => Ok(Value::Boolean(value)),
            None => self.value(first),
        };
        let mut left = match found {
            Err(Stop::Nil)
                if later
                    .last()
                    .is_some_and(|last| last.0 == BinaryOperator::Coalesce) =>
            {
                Value::Nil
            }
            other => other?,
        };
        while let Some((operator, right)) = later.pop() {
            let constant = constant::boolean(right);
            left = match operator {
                // expr-lang folds `x && true` into `x`, whatever `x` is.
                BinaryOperator::Or | BinaryOperator::And if constant.is_some() => left,
                BinaryOperator::Or if truth(&left)? => left,
                BinaryOperator::And if !truth(&left)? => left,
                BinaryOperator::Or | BinaryOperator::And => self.value(right)?,
                BinaryOperator::Coalesce if left.is_nil() => self.value(right)?,
                BinaryOperator::Coalesce => left,
                BinaryOperator::In => {
                    let other = self.value(right)?;
                    match other {
                        Value::List(..) | Value::Bytes(_) => self.look_through(&other)?,
                        _ => self.look_up(&other)?,
                    }
                    Value::Boolean(read::is_in(&left, &other, right)?)
                }
                BinaryOperator::Range => {
                    let other = self.value(right)?;
                    self.range(&left, &other)?
                }
                _ => {
                    let other = self.value(right)?;
                    let left = self.current(left)?;
                    let found = self.operate(operator, &left, &other)?;
                    self.bounded(found)?
                }
            };
        }
        Ok(left)
    }

    fn comparisons(
        &mut self,
        first: &'v Node,
        others: &'v [(BinaryOperator, Node)],
    ) -> Result<Value, Stop> {
        let mut left = self.value(first)?;
        for (operator, node) in others {
            let right = self.value(node)?;
            if !truth(&self.operate(*operator, &left, &right)?)? {
                return Ok(Value::Boolean(false));
            }
            left = right;
        }
        Ok(Value::Boolean(true))
    }

    fn range(&mut self, from: &Value, to: &Value) -> Result<Value, Failure> {
        let (Some(from), Some(to)) = (from.as_integer(), to.as_integer()) else {
            return Err(Failure::new("a range goes from a number to a number"));
        };
        let size = i128::from(to) - i128::from(from) + 1;
        self.grow(usize::try_from(size.max(0)).unwrap_or(usize::MAX))?;
        let numbers = (from..=to).map(Value::Integer).collect();
        Ok(Value::List(Elements::Integers, Arc::new(numbers)))
    }

    fn map(&mut self, pairs: &'v [(Node, Node)]) -> Result<Value, Stop> {
        let mut values = BTreeMap::new();
        self.grow(pairs.len())?;
        for (key, value) in pairs {
            let key = self.value(key)?;
            let value = self.value(value)?;
            let Some(key) = key.as_text() else {
                return Err(Failure::new("the key of a map has to be a text").into());
            };
            // The first of two equal keys wins.
            values.entry(key.to_owned()).or_insert(value);
        }
        Ok(self.bounded(Value::map(values))?)
    }
}
