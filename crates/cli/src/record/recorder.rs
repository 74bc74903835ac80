//! Records what happens to a run on a cluster. The run continues even if that cannot be written: the user gets one
//! warning, and the next write, or the next command that asks the cluster, adds what is missing.

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
    /// Recorded state, as far as this process knows. Other programs that follow the run write it too.
    known: Option<CachedState>,
    is_behind: bool,
}

/// Set after the one warning that something cannot be written, for any number of runs.
static HAS_SAID: AtomicBool = AtomicBool::new(false);

impl Recorder {
    /// # Arguments
    ///
    /// * `store`: Place of the record; with [`Store::nowhere`], the recorder does nothing.
    pub(crate) fn new(store: Store, printer: Printer) -> Self {
        Self {
            store,
            printer,
            known: None,
            is_behind: false,
        }
    }

    /// Records a run, and gives its recorded state.
    ///
    /// # Arguments
    ///
    /// * `submission`: Note that announced the run. If recording the run fails, the note stays and records it later.
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

    /// Records a changed manifest of a run; after a failure, the next look at the run tries again.
    pub(crate) fn amend(&self, run: &RunRecord) {
        let Ok(history) = self.store.history() else {
            return;
        };
        if let Err(error) = history.amend(&run.name, &run.manifest) {
            self.say(&error.into());
        }
    }

    /// Reads where the tasks of a run have written, from the record.
    pub(crate) fn written(&self, run: &str) -> Vec<Written> {
        let Ok(history) = self.store.history() else {
            return Vec::new();
        };
        history.written(run).unwrap_or_else(|error| {
            self.say(&error.into());
            Vec::new()
        })
    }

    /// Records where the tasks of a run have written; after a failure, the next look at the run tries again.
    pub(crate) fn put_written(&self, run: &str, version: Option<u64>, written: &[Written]) {
        let Ok(history) = self.store.history() else {
            return;
        };
        if let Err(error) = history.put_written(run, version, written) {
            self.say(&error.into());
        }
    }

    /// Adds missing events to the record.
    ///
    /// # Arguments
    ///
    /// * `version`: Version of the Workflow that the events come from.
    /// * `missing`: Finds the events that the recorded state lacks.
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
