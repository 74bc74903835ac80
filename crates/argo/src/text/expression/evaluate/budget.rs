//! Limits of one evaluation.

use super::failure::Failure;

/// Greatest memory of an expression, counted as in expr-lang: elements of lists and maps, and bytes of the texts that
/// it creates (`MemoryBudget` of `vm`).
pub(super) const MOST_MEMORY: usize = 1_000_000;
/// Greatest number of steps. No real expression needs as many; one that does would never end.
pub(super) const MOST_STEPS: usize = 20_000_000;

/// Failure of an expression that exceeds [`MOST_MEMORY`].
pub(super) fn too_much_memory() -> Failure {
    Failure::new("it takes too much memory")
}

/// Failure of an expression that exceeds [`MOST_STEPS`].
pub(super) fn too_many_steps() -> Failure {
    Failure::new("it takes too many steps")
}
