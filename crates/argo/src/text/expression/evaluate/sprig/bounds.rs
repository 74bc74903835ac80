//! Bounds of what a function of sprig makes.

use super::super::budget::too_much_memory;
use super::super::failure::Failure;

/// Most bytes of a text that a function makes.
pub(super) const MOST_BYTES: usize = 1_000_000;
/// Most texts that a text may be cut into, and most numbers that a function counts.
pub(super) const MOST_PARTS: usize = 100_000;

/// Fails if a text would have more bytes than one may have.
pub(super) fn check_bytes(bytes: usize) -> Result<(), Failure> {
    if bytes > MOST_BYTES {
        return Err(too_much_memory());
    }
    Ok(())
}

/// Fails if a function would make more parts than there may be.
pub(super) fn check_parts(parts: usize) -> Result<(), Failure> {
    if parts > MOST_PARTS {
        return Err(too_much_memory());
    }
    Ok(())
}
