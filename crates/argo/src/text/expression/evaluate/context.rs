//! State that the functions of sprig share in one evaluation.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};

use super::value::Value;
use super::variables::Outside;

/// A map or a list that a function changed, and what it has become.
pub(super) type Change = (Value, Value);

/// State that the functions of one evaluation share.
#[derive(Default)]
pub(super) struct Context {
    /// Changes of maps and lists, in order.
    pub(super) changes: RefCell<Vec<Change>>,
    /// The clock and the random numbers.
    pub(super) outside: Option<Outside>,
    /// Number of blocks of random bytes that have been taken.
    pub(super) drawn: Cell<u64>,
}

impl Context {
    /// Goes on where the expression before has stopped to draw.
    pub(super) fn new(outside: Option<Outside>, drawn: &AtomicU64) -> Self {
        Self {
            outside,
            drawn: Cell::new(drawn.load(Ordering::Relaxed)),
            ..Self::default()
        }
    }
}
