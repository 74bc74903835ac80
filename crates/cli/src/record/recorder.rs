//! Writes down what becomes of a run on a cluster. The run goes on whether or not that can be
//! written: the user is told once, and what is missing is written with what comes next, or by
//! the next command that asks the cluster.

use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use runs::{CachedState, RunEvent, RunRecord, RunState, Written};

use crate::error::CommandError;
use crate::record::store::Store;
use crate::terminal::printer::Printer;

/// Writer of the record of a run on a cluster.
pub(crate) struct Recorder {
    store: Store,
    printer: Printer,
    /// State on record, as far as this process knows. Others who follow the run write there, too.
    known: Option<CachedState>,
    is_behind: bool,
}

/// Says whether it was said that something cannot be written: once, of however many runs.
static HAS_SAID: AtomicBool = AtomicBool::new(false);

impl Recorder {
    /// # Arguments
    ///
    /// * `store`: Where it writes; one that is nowhere makes all of this do nothing.
    pub(crate) fn new(store: Store, printer: Printer) -> Self {
        Self {
            store,
            printer,
            known: None,
            is_behind: false,
        }
    }

    /// Puts a run on record, and gives what is known of it.
    ///
    /// # Arguments
    ///
    /// * `submission`: The note that announced it; it stays where the run could not be put on
    ///   record, and brings it there later.
    pub(crate) fn adopt(&mut self, record: &RunRecord, submission: Option<&str>) -> RunState {
        let Ok(history) = self.store.history() else {
            return RunState::default();
        };
        let adopted = history.adopt(record).and_then(|()| {
            let state = history.state(&record.name)?;
            if let Some(submission) = submission {
                history.settle(submission)?;
            }
            Ok(state)
        });
        adopted.unwrap_or_else(|error| {
            self.say(&error.into());
            self.store = Store::nowhere();
            RunState::default()
        })
    }

    /// Puts on record that a run has another manifest by now; the next look at it tries again.
    pub(crate) fn amend(&self, run: &RunRecord) {
        let Ok(history) = self.store.history() else {
            return;
        };
        if let Err(error) = history.amend(&run.name, &run.manifest) {
            self.say(&error.into());
        }
    }

    /// Reads from the record where the tasks of a run have written.
    pub(crate) fn written(&self, run: &str) -> Vec<Written> {
        let Ok(history) = self.store.history() else {
            return Vec::new();
        };
        history.written(run).unwrap_or_else(|error| {
            self.say(&error.into());
            Vec::new()
        })
    }

    /// Puts on record where the tasks of a run have written; the next look at it tries again.
    pub(crate) fn put_written(&self, run: &str, version: Option<u64>, written: &[Written]) {
        let Ok(history) = self.store.history() else {
            return;
        };
        if let Err(error) = history.put_written(run, version, written) {
            self.say(&error.into());
        }
    }

    /// Puts on record what is missing there.
    ///
    /// # Arguments
    ///
    /// * `version`: Version of the Workflow that was looked at.
    /// * `missing`: The events that are missing in what is on record.
    pub(crate) fn bring_up(
        &mut self,
        run: &str,
        version: Option<u64>,
        missing: impl FnOnce(&RunState) -> Vec<(Timestamp, RunEvent)>,
    ) {
        let Ok(history) = self.store.history() else {
            return;
        };
        let written = history.bring_up(run, &mut self.known, version, missing);
        self.is_behind = written.is_err();
        if let Err(error) = written {
            self.say(&error.into());
        }
    }

    /// Says whether something is not written yet.
    pub(crate) fn is_behind(&self) -> bool {
        self.is_behind
    }

    fn say(&self, error: &CommandError) {
        if !HAS_SAID.swap(true, Ordering::Relaxed) {
            self.printer.important(&format!(
                "{}; missing events are added to the history later",
                error.in_one_line()
            ));
        }
    }
}
