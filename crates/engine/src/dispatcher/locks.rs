//! Locks that this run shares with other runs on this machine.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::{Dispatcher, EngineError, Record};
use crate::operate::Changes;

/// Pause between two looks at a lock that another run holds. A killed run notifies nobody.
const AGAIN: Duration = Duration::from_millis(200);

impl<R: Record> Dispatcher<R> {
    /// Reads the locks of other runs before a decision that may need a lock.
    pub(super) fn see_locks(&mut self) -> Result<(), EngineError> {
        if self.operation.uses_locks() {
            let others = self.record.locks_of_others();
            self.operation
                .see_locks(others.map_err(EngineError::Record)?);
        }
        Ok(())
    }

    /// Records the locks that this run holds or waits for.
    pub(super) fn put_locks(&mut self) -> Result<(), EngineError> {
        if self.operation.uses_locks() {
            let own = self.operation.own_locks();
            if own != self.own_locks {
                self.record.put_locks(&own).map_err(EngineError::Record)?;
                self.own_locks = own;
            }
        }
        Ok(())
    }

    /// Time of the next look at the locks of other runs.
    pub(super) fn next_look_for_locks(&self) -> Option<Instant> {
        let waits = self.interrupted == 0 && self.operation.waits_for_others();
        waits.then(|| self.seen_locks + AGAIN)
    }

    /// Continues if other runs have released the locks that this run waits for.
    pub(super) fn look_for_locks(&mut self) -> Result<(), EngineError> {
        self.seen_locks = Instant::now();
        self.see_locks()?;
        if self.operation.waits_for_others() && !self.operation.can_take_a_lock() {
            // Commit at once: other runs cannot release a lock while this run reads them.
            return self.commit();
        }
        let now = Timestamp::now();
        let has_begun = !self.record.state().tasks.is_empty();
        let changes: Changes = self.operation.tick(now);
        if has_begun {
            self.record_changes(&changes, now, None)?;
        } else {
            self.record_beginning(now)?;
        }
        self.act(changes);
        Ok(())
    }
}
