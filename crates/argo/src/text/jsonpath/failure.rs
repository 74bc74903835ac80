//! Reasons why a path finds nothing.

use crate::text::expression::evaluate::failure::Failure;

/// Failure of a path without parts.
pub(super) fn nothing() -> Failure {
    wrong("a path needs a part")
}

/// Failure with a message.
pub(super) fn wrong(message: impl Into<String>) -> Failure {
    Failure::Failed(message.into())
}
