//! State of one evaluation: variables, enclosing predicates, and use of the limits.

use super::budget::{MOST_MEMORY, too_much_memory};
use super::context::Context;
use super::failure::Failure;
use super::value::Value;
use super::variables::Variables;

/// Reason to end an evaluation early.
pub(super) enum Stop {
    /// The expression fails.
    Failure(Failure),
    /// A value before a `?.` is `nil`, so the whole chain is `nil`.
    Nil,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// Values that `#`, `#acc` and `#index` have in a predicate.
pub(super) struct Element {
    /// `#`; none for a map.
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
    /// Elements of the enclosing predicates, the innermost last.
    pub(super) scopes: Vec<Element>,
    /// Memory used so far, counted as in expr-lang.
    memory: usize,
    /// Steps taken so far, and the state that functions share.
    pub(super) context: Context,
}

impl<'v> Run<'v> {
    /// A run at its start.
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

    /// Counts the steps to read a value that has parts.
    pub(super) fn look_through(&self, value: &Value) -> Result<(), Failure> {
        self.add_steps(value.steps());
        self.check_steps()
    }

    /// Counts the steps to read several values.
    pub(super) fn look_through_all(&self, values: &[Value]) -> Result<(), Failure> {
        values.iter().try_for_each(|value| self.look_through(value))
    }

    /// Counts the steps to find a key in a value: many for a map with unordered keys.
    pub(super) fn look_up(&self, value: &Value) -> Result<(), Failure> {
        match value {
            Value::AnyMap(_) | Value::Groups(_) => self.look_through(value),
            _ => Ok(()),
        }
    }

    /// Counts memory, and fails if the evaluation uses too much.
    pub(super) fn grow(&mut self, size: usize) -> Result<(), Failure> {
        self.memory = self.memory.saturating_add(size);
        if self.memory >= MOST_MEMORY {
            return Err(too_much_memory());
        }
        Ok(())
    }

    /// Gives a new value, unless it is too large. Shared parts count each time, so that every later walk through the
    /// value ends.
    pub(super) fn bounded(&mut self, value: Value) -> Result<Value, Failure> {
        let weight = value.weight(MOST_MEMORY);
        self.add_steps(weight);
        if weight >= MOST_MEMORY {
            return Err(too_much_memory());
        }
        Ok(value)
    }
}

/// The truth of a condition; fails for a value that is not a boolean.
pub(super) fn truth(value: &Value) -> Result<bool, Failure> {
    match value {
        Value::Boolean(value) => Ok(*value),
        other => Err(Failure::new(format!(
            "{} is not a boolean",
            other.go_type()
        ))),
    }
}
