//! What one query may take.

use std::cell::{Cell, RefCell};

use super::super::expression::Failure;
use super::wrong;

/// More steps than any path needs.
const MOST_STEPS: usize = 200_000;
/// How deep parts of a path may be in each other.
const MOST_DEPTH: usize = 300;

/// Counts steps, and calls in calls.
#[derive(Default)]
pub(super) struct Budget {
    steps: Cell<usize>,
    depth: Cell<usize>,
    /// What ends the whole query: a path passes over most of what goes wrong in it, but not over this.
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
