//! Record of the events of a run.

use argo::status::WorkflowStatus;
use indexmap::IndexSet;
use jiff::Timestamp;
use runs::{RunEvent, RunRequest, RunState};

use crate::operate::{LocksOfOthers, OwnLock, Remembered};

/// The record of a run.
pub trait Record {
    /// State on record.
    fn state(&self) -> &RunState;

    /// Status on record, if there is one.
    fn status(&self) -> Option<&WorkflowStatus>;

    /// Notes that nodes of the status have changed: those with these ids, or all of them. The next [`Record::commit`]
    /// writes them.
    fn keep(&mut self, changed: Option<&IndexSet<String>>);

    /// Adds an event. The next [`Record::commit`] writes and shows it.
    ///
    /// # Errors
    ///
    /// The event cannot be recorded; the run then stops.
    fn put(
        &mut self,
        at: Timestamp,
        event: RunEvent,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;

    /// Notes that a task held more memory than its cluster limit, in bytes. The task continued: nobody enforces the
    /// limit.
    fn exceeds(&mut self, _task: &str, _peak: u64, _limit: u64) {}

    /// Records a result for later runs (`memoize`).
    ///
    /// # Errors
    ///
    /// The result cannot be recorded; the run then stops.
    fn remember(
        &mut self,
        cache: &str,
        key: &str,
        result: &Remembered,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;

    /// Writes everything since the last commit at once, then shows it. The engine commits as soon as something has
    /// ended, before anything starts because of it; otherwise within milliseconds.
    ///
    /// # Errors
    ///
    /// The record cannot be written; the run then stops.
    fn commit(
        &mut self,
        status: &WorkflowStatus,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;

    /// Locks that other runs hold or wait for. Until the next [`Record::commit`], no other run takes or releases a
    /// lock.
    ///
    /// # Errors
    ///
    /// The locks cannot be read; the run then stops.
    fn locks_of_others(
        &mut self,
    ) -> Result<LocksOfOthers, Box<dyn std::error::Error + Send + Sync>>;

    /// Records the locks that this run holds or waits for, in place of the earlier ones. The next [`Record::commit`]
    /// writes them.
    ///
    /// # Errors
    ///
    /// The locks cannot be recorded; the run then stops.
    fn put_locks(
        &mut self,
        locks: &[OwnLock],
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;

    /// Takes the requests to the run since the last call.
    ///
    /// # Errors
    ///
    /// The requests cannot be read; the run then stops.
    fn requests(&mut self) -> Result<Vec<RunRequest>, Box<dyn std::error::Error + Send + Sync>>;
}
