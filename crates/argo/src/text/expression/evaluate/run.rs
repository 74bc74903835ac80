//! State of one evaluation: variables, predicates that it is in, and what it has taken of its bounds.

use super::budget::{MOST_MEMORY, too_much_memory};
use super::context::Context;
use super::failure::Failure;
use super::value::Value;
use super::variables::Variables;

/// Reason to end an evaluation early.
pub(super) enum Stop {
    /// The expression fails.
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
pub(super) struct Element {
    /// `#`; none in a map.
    pub(super) value: Option<Value>,
    /// `#index`.
    pub(super) index: usize,
    /// `#acc`.
    pub(super) sum: Option<Value>,
}

/// State of one evaluation.
pub(super) struct Run<'v> {
    pub(super) variables: &'v Variables,
    /// Variables that `let` declares, the innermost last.
    pub(super) names: Vec<(&'v str, Value)>,
    /// Elements of the predicates that the evaluation is in, the innermost last.
    pub(super) scopes: Vec<Element>,
    /// Memory taken so far, as expr-lang counts it.
    memory: usize,
    /// Steps taken so far, and the state that functions share.
    pub(super) context: Context,
}

impl<'v> Run<'v> {
    /// A run that has taken nothing yet.
    pub(super) fn new(variables: &'v Variables) -> Self {
        Self {
            variables,
            names: Vec::new(),
            scopes: Vec::new(),
            memory: 0,
            context: Context::new(variables.outside(), variables.drawn()),
        }
    }

    /// Counts steps.
    pub(super) fn add_steps(&self, steps: usize) {
        self.context.add_steps(steps);
    }

    /// Fails if the evaluation has taken too many steps.
    pub(super) fn check_steps(&self) -> Result<(), Failure> {
        self.context.check_steps()
    }

    /// Counts the steps to go through a value that has parts.
    pub(super) fn look_through(&self, value: &Value) -> Result<(), Failure> {
        self.add_steps(value.steps());
        self.check_steps()
    }

    /// Counts the steps to go through several values.
    pub(super) fn look_through_all(&self, values: &[Value]) -> Result<(), Failure> {
        values.iter().try_for_each(|value| self.look_through(value))
    }

    /// Counts the steps to find a key in a value: many in a map whose keys have no order.
    pub(super) fn look_up(&self, value: &Value) -> Result<(), Failure> {
        match value {
            Value::AnyMap(_) | Value::Groups(_) => self.look_through(value),
            _ => Ok(()),
        }
    }

    /// Takes memory.
    pub(super) fn grow(&mut self, size: usize) -> Result<(), Failure> {
        self.memory = self.memory.saturating_add(size);
        if self.memory >= MOST_MEMORY {
            return Err(too_much_memory());
        }
        Ok(())
    }

    /// A value that was made, unless it is larger than all that an expression may take: parts that are shared count each
    /// time, so that whoever goes through it later ends.
    pub(super) fn bounded(&mut self, value: Value) -> Result<Value, Failure> {
        let weight = value.weight(MOST_MEMORY);
        self.add_steps(weight);
        if weight >= MOST_MEMORY {
            return Err(too_much_memory());
        }
        Ok(value)
    }
}

/// Truth of a condition.
pub(super) fn truth(value: &Value) -> Result<bool, Failure> {
    match value {
        Value::Boolean(value) => Ok(*value),
        other => Err(Failure::new(format!(
            "{} is not a boolean",
            other.go_type()
        ))),
    }
}
