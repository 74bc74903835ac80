//! Who keeps what happens in a run.

use jiff::Timestamp;
use runs::{RunEvent, RunState};

/// The record of a run.
pub trait Record {
    /// What is on record.
    fn state(&self) -> &RunState;

    /// Puts an event on record, before anybody is shown it and before anything else happens.
    ///
    /// # Errors
    ///
    /// The event could not be put on record; the run then cannot go on.
    fn put(
        &mut self,
        at: Timestamp,
        event: RunEvent,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;
}
