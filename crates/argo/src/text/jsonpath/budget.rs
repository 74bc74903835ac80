//! Limits of one query.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::super::regular_expression::Pattern;
use super::failure::wrong;
use crate::text::expression::evaluate::failure::Failure;

/// Greatest number of steps of a query; no real path needs more.
const MOST_STEPS: usize = 200_000;
/// Steps to compile a regular expression.
const PATTERN_STEPS: usize = 5_000;
/// Greatest depth of nested parts.
const MOST_DEPTH: usize = 300;

/// Counter of steps and of nested calls.
#[derive(Default)]
pub(super) struct Budget {
    steps: Cell<usize>,
    depth: Cell<usize>,
    /// The last regular expression: most filters use the same one for each element.
    pattern: RefCell<Option<Rc<Pattern>>>,
    /// Failure that ends the whole query. A path ignores most failures of its parts, but not this one.
    end: RefCell<Option<Failure>>,
}

impl Budget {
    /// Fails if the query has ended.
    pub(super) fn check(&self) -> Result<(), Failure> {
        self.end.borrow().clone().map_or(Ok(()), Err)
    }

    /// Ends the whole query, as a panic of Go does.
    pub(super) fn end(&self, message: &str) -> Failure {
        let failure = wrong(message);
        self.end.replace(Some(failure.clone()));
        failure
    }

    /// Counts steps, and ends the query if there are too many.
    pub(super) fn take(&self, steps: usize) -> Result<(), Failure> {
        self.steps.set(self.steps.get().saturating_add(steps));
        if self.steps.get() > MOST_STEPS {
            return Err(self.end("the path takes too many steps"));
        }
        self.check()
    }

    /// Compiles a regular expression.
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

    /// Runs a function one level deeper.
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
