//! Record of what happens in a run.

use argo::status::WorkflowStatus;
use indexmap::IndexSet;
use jiff::Timestamp;
use runs::{RunEvent, RunRequest, RunState};

use crate::operate::{LocksOfOthers, OwnLock, Remembered};

/// The record of a run.
pub trait Record {
    /// State that is on record.
    fn state(&self) -> &RunState;

    /// The status that is on record, if one is.
    fn status(&self) -> Option<&WorkflowStatus>;

    /// Takes in that nodes of the status have changed: those with these ids, or all of them. They are on record from the next
    /// [`Record::commit`] on.
    fn keep(&mut self, changed: Option<&IndexSet<String>>);

    /// Puts an event on record. It counts, and is shown, from the next [`Record::commit`] on.
    ///
    /// # Errors
    ///
    /// The event could not be put on record; the run then cannot go on.
    fn put(
        &mut self,
        at: Timestamp,
        event: RunEvent,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;

    /// Takes in that a task held more memory than a cluster lets it, in bytes. It went on, since nobody enforces the limit.
    fn exceeds(&mut self, _task: &str, _peak: u64, _limit: u64) {}

    /// Puts a result on record that later runs may take (`memoize`).
    ///
    /// # Errors
    ///
    /// The result could not be put on record; the run then cannot go on.
    fn remember(
        &mut self,
        cache: &str,
        key: &str,
        result: &Remembered,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;

    /// Puts on record, all at once, what has come since the last time, and shows it then. The engine does so as soon as
    /// something has ended, before anything starts because of it, and else within milliseconds.
    ///
    /// # Errors
    ///
    /// It could not be put on record; the run then cannot go on.
    fn commit(
        &mut self,
        status: &WorkflowStatus,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;

    /// The locks that other runs hold or wait for. Until the next [`Record::commit`], no other run takes or gives back any.
    ///
    /// # Errors
    ///
    /// They could not be read; the run then cannot go on.
    fn locks_of_others(
        &mut self,
    ) -> Result<LocksOfOthers, Box<dyn std::error::Error + Send + Sync>>;

    /// Puts on record which locks this run holds or waits for, in place of those of before. It counts from the next
    /// [`Record::commit`] on.
    ///
    /// # Errors
    ///
    /// They could not be put on record; the run then cannot go on.
    fn put_locks(
        &mut self,
        locks: &[OwnLock],
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;

    /// Takes what was asked of the run since this was asked last.
    ///
    /// # Errors
    ///
    /// The requests could not be read; the run then cannot go on.
    fn requests(&mut self) -> Result<Vec<RunRequest>, Box<dyn std::error::Error + Send + Sync>>;
}
