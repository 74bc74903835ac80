//! State that sprig's functions share in one evaluation.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::budget::{MOST_STEPS, too_many_steps};
use super::failure::Failure;
use super::value::Value;
use super::variables::Outside;
use crate::text::regular_expression::{Fault, Pattern};

/// Steps to compile any regular expression.
const PATTERN_STEPS: usize = 2_000;
/// Steps for each byte of a regular expression.
const STEPS_OF_BYTE: usize = 100;

/// A map or a list before and after a function changed it.
pub(super) type Change = (Value, Value);

/// State that the functions of one evaluation share.
#[derive(Default)]
pub(super) struct Context {
    /// Changes of maps and lists, in order.
    pub(super) changes: RefCell<Vec<Change>>,
    /// The clock and the random numbers.
    pub(super) outside: Option<Outside>,
    /// Number of blocks of random bytes that the evaluation has drawn.
    pub(super) drawn: Cell<u64>,
    /// Steps taken so far.
    steps: Cell<usize>,
    /// The last regular expression: most loops use the same one for each element.
    pattern: RefCell<Option<Rc<Pattern>>>,
}

impl Context {
    /// Starts with the random block after the last one that other expressions drew.
    pub(super) fn new(outside: Option<Outside>, drawn: &AtomicU64) -> Self {
        Self {
            outside,
            drawn: Cell::new(drawn.load(Ordering::Relaxed)),
            ..Self::default()
        }
    }

    /// Counts steps.
    pub(super) fn add_steps(&self, steps: usize) {
        self.steps.set(self.steps.get().saturating_add(steps));
    }

    /// Counts steps, and fails if the evaluation has taken too many.
    pub(super) fn spend(&self, steps: usize) -> Result<(), Failure> {
        self.add_steps(steps);
        self.check_steps()
    }

    /// Fails if the evaluation has taken too many steps.
    pub(super) fn check_steps(&self) -> Result<(), Failure> {
        if self.steps.get() > MOST_STEPS {
            return Err(too_many_steps());
        }
        Ok(())
    }

    /// Compiles a regular expression. Counts its steps, and fails if the evaluation has taken too many.
    pub(super) fn pattern(&self, written: &str) -> Result<Result<Rc<Pattern>, Fault>, Failure> {
        let known = self.pattern.borrow().clone();
        if let Some(known) = known.filter(|known| known.as_str() == written) {
            return Ok(Ok(known));
        }
        self.spend(PATTERN_STEPS + STEPS_OF_BYTE.saturating_mul(written.len()))?;
        Ok(Pattern::new(written).map(|pattern| {
            let pattern = Rc::new(pattern);
            self.add_steps(pattern.size());
            self.pattern.replace(Some(Rc::clone(&pattern)));
            pattern
        }))
    }
}
