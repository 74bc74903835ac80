//! Evaluates expressions, with Go's rules for numbers.
//!
//! Bounded in steps and in memory, as expr-lang bounds them. What fails is an error and never a panic.

mod builtins;
mod changes;
mod compare;
mod constant;
mod format;
mod lists;
mod loops;
mod moments;
mod numbers;
mod read;
mod sprig;
mod texts;
mod value;
mod version;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

pub(in crate::text) use format::{from_json, shown};
pub use value::{Elements, Outside, Value, Variables};
pub use version::Version;

use super::check::check;
use super::fault::Trouble;
use super::parse::parse;
use super::syntax::{BinaryOperator, Node, Syntax, UnaryOperator};

/// What expr-lang lets an expression take: it counts elements of lists and maps, and bytes of texts it makes.
const MOST_MEMORY: usize = 1_000_000;
/// More than any expression needs; one that asks for more would never end.
const MOST_STEPS: usize = 20_000_000;

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// expr-lang does not take it, or it fails when it runs.
    Failed(String),
    /// It uses what is not worked out here.
    Unsupported(String),
}

impl Failure {
    fn new(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed(message) => formatter.write_str(message),
            Self::Unsupported(what) => write!(formatter, "{what} is not worked out here"),
        }
    }
}

impl std::error::Error for Failure {}

/// An expression that has been read and checked, to be evaluated any number of times.
#[derive(Clone, Debug)]
pub struct Expression {
    node: Node,
}

impl Expression {
    /// Reads and checks an expression, whose values will be of the same types as these.
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
    /// Returns why it has no value.
    pub fn evaluate(&self, variables: &Variables) -> Result<Value, Failure> {
        let mut run = Run {
            variables,
            names: Vec::new(),
            scopes: Vec::new(),
            memory: 0,
            steps: 0,
            context: sprig::Context::new(variables.outside(), variables.drawn()),
        };
        let found = run.value(&self.node);
        variables
            .drawn()
            .store(run.context.drawn(), Ordering::Relaxed);
        found.map_err(|stop| match stop {
            Stop::Failure(failure) => failure,
            Stop::Nil => Failure::new("`?.` outside of a chain"),
        })
    }
}

/// Reads and evaluates an expression.
///
/// # Errors
///
/// Returns why it has no value.
pub fn evaluate(text: &str, variables: &Variables) -> Result<Value, Failure> {
    Expression::new(text, variables)?.evaluate(variables)
}

/// What ends an evaluation early.
enum Stop {
    Failure(Failure),
    /// Something before a `?.` is `nil`: so is the chain.
    Nil,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// Values that `#`, `#acc` and `#index` have in a predicate.
struct Element {
    /// Nothing in a map.
    value: Option<Value>,
    index: usize,
    /// `#acc`.
    sum: Option<Value>,
}

struct Run<'v> {
    variables: &'v Variables,
    names: Vec<(&'v str, Value)>,
    scopes: Vec<Element>,
    memory: usize,
    steps: usize,
    context: sprig::Context,
}

impl<'v> Run<'v> {
    /// Takes memory.
    fn grow(&mut self, size: usize) -> Result<(), Failure> {
        self.memory = self.memory.saturating_add(size);
        if self.memory >= MOST_MEMORY {
            return Err(Failure::new("it takes too much memory"));
        }
        Ok(())
    }

    /// A value that was made, unless it is larger than all that an expression may take: parts that are shared count each
    /// time, so that whoever goes through it later ends.
    fn bounded(&mut self, value: Value) -> Result<Value, Failure> {
        let weight = value.weight(MOST_MEMORY);
        self.steps = self.steps.saturating_add(weight);
        if weight >= MOST_MEMORY {
            return Err(Failure::new("it takes too much memory"));
        }
        Ok(value)
    }

    fn value(&mut self, node: &'v Node) -> Result<Value, Stop> {
        let found = self.evaluated(node)?;
        Ok(self.current(found)?)
    }

    fn evaluated(&mut self, node: &'v Node) -> Result<Value, Stop> {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return Err(Failure::new("it takes too many steps").into());
        }
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
        // One may have changed those before it.
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
            "" => read::there(element.value.as_ref())?,
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
        // From the left, without going deeper for each.
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
                // `x && true` is `x`, whatever that is.
                BinaryOperator::Or | BinaryOperator::And if constant.is_some() => left,
                BinaryOperator::Or if truth(&left)? => left,
                BinaryOperator::And if !truth(&left)? => left,
                BinaryOperator::Or | BinaryOperator::And => self.value(right)?,
                BinaryOperator::Coalesce if left.is_nil() => self.value(right)?,
                BinaryOperator::Coalesce => left,
                BinaryOperator::In => {
                    let other = self.value(right)?;
                    Value::Boolean(read::is_in(&left, &other, right)?)
                }
                BinaryOperator::Range => {
                    let other = self.value(right)?;
                    self.range(&left, &other)?
                }
                _ => {
                    let other = self.value(right)?;
                    let left = self.current(left)?;
                    let found = numbers::operate(operator, &left, &other)?;
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
            if !truth(&numbers::operate(*operator, &left, &right)?)? {
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
            // The first of two counts.
            values.entry(key.to_owned()).or_insert(value);
        }
        Ok(self.bounded(Value::map(values))?)
    }

    fn call(&mut self, callee: &'v Node, arguments: &'v [Node]) -> Result<Value, Stop> {
        let values = self.values(arguments)?;
        if let Syntax::Member {
            of,
            property,
            optional,
        } = &callee.syntax
        {
            let base = self.value(of)?;
            if *optional && base.is_nil() {
                return Err(Stop::Nil);
            }
            let key = self.value(property)?;
            if moments::has_methods(&base)
                && let Value::Text(name) = &key
            {
                let found = moments::call(&base, name, &values)?;
                return Ok(self.bounded(found)?);
            }
            let function = read::fetch(&base, &key)?;
            return self.call_function(&function, &values);
        }
        let function = self.value(callee)?;
        self.call_function(&function, &values)
    }

    fn call_function(&mut self, function: &Value, values: &[Value]) -> Result<Value, Stop> {
        let Value::Function(function) = function else {
            let message = match function {
                Value::Nil => "there is no such function".to_owned(),
                other => format!("{} cannot be called", other.go_type()),
            };
            return Err(Failure::new(message).into());
        };
        let Some(signature) = function.signatures.first() else {
            return Err(Failure::Unsupported(format!("`{}`", function.name)).into());
        };
        if !signature.takes_count(values.len()) {
            let message = format!("`{}` takes another number of arguments", function.name);
            return Err(Failure::new(message).into());
        }
        let is_of_argo = super::functions::argo_functions()
            .iter()
            .any(|(_, known)| std::ptr::eq(known, *function));
        let found = if is_of_argo {
            builtins::of_argo(function.name, values)?
        } else {
            for (number, value) in values.iter().enumerate() {
                let fits = signature
                    .argument(number)
                    .is_none_or(|kind| kind.takes_as_it_is(&value.static_type()));
                if !fits {
                    let message =
                        format!("`sprig.{}` cannot take {}", function.name, value.go_type());
                    return Err(Failure::new(message).into());
                }
            }
            self.steps = self
                .steps
                .saturating_add(sprig::steps(function.name, values));
            if self.steps > MOST_STEPS {
                return Err(Failure::new("it takes too many steps").into());
            }
            let found = sprig::call(function.name, values, &self.context)?;
            self.grow(match &found {
                Value::Text(text) => text.len() / 8,
                Value::List(_, values) => values.len(),
                // A map is large even if it holds little.
                Value::Map(map) => 20 + 2 * map.len(),
                _ => 0,
            })?;
            found
        };
        Ok(self.bounded(found)?)
    }
}

/// Whether a condition is true.
fn truth(value: &Value) -> Result<bool, Failure> {
    match value {
        Value::Boolean(value) => Ok(*value),
        other => Err(Failure::new(format!(
            "{} is not a boolean",
            other.go_type()
        ))),
    }
}
