//! Bounds of one evaluation.

use super::failure::Failure;

/// Most memory that an expression may take, as expr-lang counts it: elements of lists and maps, and bytes of texts that it
/// makes (`MemoryBudget` of `vm`).
pub(super) const MOST_MEMORY: usize = 1_000_000;
/// More steps than any expression needs; one that asks for more would never end.
pub(super) const MOST_STEPS: usize = 20_000_000;

/// Failure of an expression that takes more memory than it may.
pub(super) fn too_much_memory() -> Failure {
    Failure::new("it takes too much memory")
}

/// Failure of an expression that takes more steps than it may.
pub(super) fn too_many_steps() -> Failure {
    Failure::new("it takes too many steps")
}
