//! Reasons why a channel failed.

use std::time::Duration;

/// Maximum time for a channel: the program must not wait longer for a silent server.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Reason why a channel failed. It never contains a URL, a token or a password.
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
