//! Reasons why a channel could not tell anybody.

use std::time::Duration;

/// Longest time that a channel may take. Nobody waits longer for a server that does not answer.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Reason why a channel could not tell anybody. It never holds a URL, a token or a password.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotTold(pub(crate) String);

impl NotTold {
    /// Failure of a server that did not answer within [`PATIENCE`].
    pub(crate) fn too_late() -> Self {
        let seconds = PATIENCE.as_secs();
        Self(format!("no answer within {seconds} seconds"))
    }
}
