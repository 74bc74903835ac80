//! Locks that this run shares with other runs on this machine.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::{Dispatcher, EngineError, Record};
use crate::operate::Changes;

/// Pause of a run between two looks at a lock that another run holds. Nobody tells it if the other run is killed.
const AGAIN: Duration = Duration::from_millis(200);

impl<R: Record> Dispatcher<R> {
    /// Takes in which locks others have, before anything is decided that may need one.
    pub(super) fn see_locks(&mut self) -> Result<(), EngineError> {
        if self.operation.uses_locks() {
            let others = self.record.locks_of_others();
            self.operation
                .see_locks(others.map_err(EngineError::Record)?);
        }
        Ok(())
    }

    /// Puts on record which locks this run has by now.
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

    /// When to look again for locks of other runs.
    pub(super) fn next_look_for_locks(&self) -> Option<Instant> {
        let waits = self.interrupted == 0 && self.operation.waits_for_others();
        waits.then(|| self.seen_locks + AGAIN)
    }

    /// Goes on if others have given back what this run waits for.
    pub(super) fn look_for_locks(&mut self) -> Result<(), EngineError> {
        self.seen_locks = Instant::now();
        self.see_locks()?;
        if self.operation.waits_for_others() && !self.operation.can_take_a_lock() {
            // As long as this run looks, no other one can give a lock back.
            return self.commit();
        }
        let now = Timestamp::now();
        let has_begun = !self.record.state().tasks.is_empty();
        let changes: Changes = self.operation.tick(now);
        if has_begun {
            self.tell_changes(&changes, now, None)?;
        } else {
            self.tell_beginning(now)?;
        }
        self.act(changes);
        Ok(())
    }
}
