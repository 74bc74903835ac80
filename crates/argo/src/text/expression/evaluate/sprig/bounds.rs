//! Limits for the results of sprig functions.

use super::super::budget::too_much_memory;
use super::super::failure::Failure;

/// Greatest size of a text in bytes.
pub(super) const MOST_BYTES: usize = 1_000_000;
/// Greatest number of parts of a split text, and of numbers in a list.
pub(super) const MOST_PARTS: usize = 100_000;

/// Fails if a text would have too many bytes.
pub(super) fn check_bytes(bytes: usize) -> Result<(), Failure> {
    if bytes > MOST_BYTES {
        return Err(too_much_memory());
    }
    Ok(())
}

/// Fails if a function would return too many parts.
pub(super) fn check_parts(parts: usize) -> Result<(), Failure> {
    if parts > MOST_PARTS {
        return Err(too_much_memory());
    }
    Ok(())
}
