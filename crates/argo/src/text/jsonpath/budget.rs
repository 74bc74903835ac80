//! Bounds of one query.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::super::regular_expression::Pattern;
use super::failure::wrong;
use crate::text::expression::evaluate::failure::Failure;

/// Most steps of a query; no path needs as many.
const MOST_STEPS: usize = 200_000;
/// Steps to read a regular expression.
const PATTERN_STEPS: usize = 5_000;
/// Most depth of parts in each other.
const MOST_DEPTH: usize = 300;

/// Counts steps, and calls in calls.
#[derive(Default)]
pub(super) struct Budget {
    steps: Cell<usize>,
    depth: Cell<usize>,
    /// The regular expression that was used last: most filters ask each element for the same one.
    pattern: RefCell<Option<Rc<Pattern>>>,
    /// Failure that ends the whole query: a path passes over most failures of its parts, but not over this one.
    end: RefCell<Option<Failure>>,
}

impl Budget {
    /// Fails if the query is at its end.
    pub(super) fn check(&self) -> Result<(), Failure> {
        self.end.borrow().clone().map_or(Ok(()), Err)
    }

    /// Ends the whole query, as a panic of Go does.
    pub(super) fn end(&self, message: &str) -> Failure {
        let failure = wrong(message);
        self.end.replace(Some(failure.clone()));
        failure
    }

    /// Takes steps.
    pub(super) fn take(&self, steps: usize) -> Result<(), Failure> {
        self.steps.set(self.steps.get().saturating_add(steps));
        if self.steps.get() > MOST_STEPS {
            return Err(self.end("the path takes too many steps"));
        }
        self.check()
    }

    /// A regular expression.
    pub(super) fn pattern(&self, text: &str) -> Result<Rc<Pattern>, Failure> {
        let known = self.pattern.borrow().clone();
        if let Some(known) = known.filter(|known| known.as_str() == text) {
            return Ok(known);
        }
        self.take(PATTERN_STEPS)?;
        let pattern = Pattern::new(text)
            .map_err(|_| wrong(format!("`{text}` is not a regular expression")))?;
        let pattern = Rc::new(pattern);
        self.pattern.replace(Some(Rc::clone(&pattern)));
        Ok(pattern)
    }

    /// Does something that is one deeper.
    pub(super) fn deeper<T>(
        &self,
        what: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.take(1)?;
        if self.depth.get() >= MOST_DEPTH {
            return Err(self.end("the path goes too deep"));
        }
        self.depth.set(self.depth.get() + 1);
        let found = what();
        self.depth.set(self.depth.get() - 1);
        found
    }
}
