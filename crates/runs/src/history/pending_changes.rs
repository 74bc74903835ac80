//! Unwritten events and changes of a run, which are recorded together.

use argo::status::WorkflowStatus;
use indexmap::IndexSet;
use jiff::Timestamp;
use rusqlite::Connection;

use super::History;
use super::status::{self, Written};
use crate::event::Scope;
use crate::history_error::HistoryError;
use crate::stored::number;
use crate::{Phase, RunEvent, RunState, stored, usage};

/// Unwritten events and changes of a run. Only for the one program that writes about the run, and so knows its record.
#[derive(Debug, Default)]
pub struct PendingChanges {
    events: Vec<New>,
    /// Set if the run itself has changed.
    run: bool,
    tasks: Changed,
    /// Number of new tasks, and change in the number of successful ones.
    count_changes: (usize, i64),
    /// Changed nodes of the status; none if the status has not changed.
    nodes: Option<Changed>,
}

/// Changed things, by name.
#[derive(Debug)]
enum Changed {
    /// Everything has changed.
    All,
    /// The named things have changed.
    These(IndexSet<String>),
}

impl Default for Changed {
    fn default() -> Self {
        Self::These(IndexSet::new())
    }
}

impl Changed {
    fn add(&mut self, name: &str) {
        if let Self::These(names) = self
            && !names.contains(name)
        {
            names.insert(name.to_owned());
        }
    }
}

#[derive(Debug)]
struct New {
    at: Timestamp,
    event: RunEvent,
    /// Start time of the attempt that the event may end.
    started: Option<Timestamp>,
}

impl PendingChanges {
    /// Adds an event.
    ///
    /// # Arguments
    ///
    /// * `state`: State of the run, including the pending changes. The event is applied to it.
    ///
    /// Says whether the event changes anything.
    pub fn add(&mut self, at: Timestamp, event: &RunEvent, state: &mut RunState) -> bool {
        let event = state.numbered(event.clone());
        let (tasks, succeeded) = (state.tasks.len(), stored::has_succeeded(state, &event));
        let changed = state.changed_by_beginning(at, &event);
        let succeeded_before = changed.as_ref().map(|_| state.count(Phase::Succeeded));
        if !state.apply(at, &event) {
            return false;
        }
        let mut started = None;
        match (event.scope(), changed, succeeded_before) {
            (Scope::Nothing, ..) => {}
            (Scope::Run, ..) => self.run = true,
            // When a run continues, most of its tasks have ended, and their records stay as they are.
            (Scope::All, Some(names), Some(before)) => {
                self.run = true;
                for name in names {
                    self.tasks.add(name);
                }
                let succeeded = number(state.count(Phase::Succeeded));
                self.count_changes.1 += succeeded - number(before);
            }
            (Scope::All, ..) => self.tasks = Changed::All,
            (Scope::Task(name), ..) => {
                started = state.tasks.get(name).and_then(|task| task.started);
                self.tasks.add(name);
                self.count_changes.0 += state.tasks.len() - tasks;
                let succeeds = stored::has_succeeded(state, &event);
                self.count_changes.1 += i64::from(succeeds) - i64::from(succeeded);
            }
        }
        self.events.push(New { at, event, started });
        true
    }

    /// Marks nodes of the status as changed; none means all of them.
    pub fn add_nodes(&mut self, changed: Option<&IndexSet<String>>) {
        let nodes = self.nodes.get_or_insert_default();
        match changed {
            None => *nodes = Changed::All,
            Some(changed) => changed.iter().for_each(|id| nodes.add(id)),
        }
    }

    fn is_empty(&self) -> bool {
        self.events.is_empty() && self.nodes.is_none()
    }

    fn write(
        &self,
        connection: &Connection,
        run: &str,
        state: &RunState,
        status: &WorkflowStatus,
        known: Option<&WorkflowStatus>,
    ) -> rusqlite::Result<()> {
        for New { at, event, started } in &self.events {
            stored::put_event(connection, run, *at, event, None)?;
            usage::put(connection, run, *at, event, *started)?;
        }
        match &self.tasks {
            Changed::All => stored::save(connection, run, state)?,
            Changed::These(names) => {
                for name in names {
                    if let Some(task) = state.tasks.get(name) {
                        stored::save_task(connection, run, name, task)?;
                    }
                }
                let (tasks, succeeded) = self.count_changes;
                stored::count(connection, run, tasks, succeeded)?;
                if self.run {
                    stored::save_run(connection, run, state)?;
                }
            }
        }
        match &self.nodes {
            None => Ok(()),
            Some(Changed::All) => status::write(connection, run, status, Written::All(known)),
            Some(Changed::These(ids)) => {
                status::write(connection, run, status, Written::These(ids))
            }
        }
    }
}

impl History {
    /// Records all pending changes, or nothing, and then clears them.
    ///
    /// # Arguments
    ///
    /// * `state`, `status`: The run, including the pending changes.
    /// * `known`: Recorded status, if the caller has it, so that unchanged nodes are found without reading.
    ///
    /// # Errors
    ///
    /// The changes cannot be written; they stay.
    pub fn put_changes(
        &self,
        run: &str,
        changes: &mut PendingChanges,
        state: &RunState,
        status: &WorkflowStatus,
        known: Option<&WorkflowStatus>,
    ) -> Result<(), HistoryError> {
        if changes.is_empty() {
            return Ok(());
        }
        self.at_once(|transaction| changes.write(transaction, run, state, status, known))?;
        *changes = PendingChanges::default();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use argo::status::NodeStatus;

    use super::*;
    use crate::{RunRecord, TaskInfo, Used};

    fn history(folder: &tempfile::TempDir) -> History {
        let history = History::open(&folder.path().join("history.db")).unwrap();
        for name in ["together", "apart"] {
            let record = RunRecord {
                name: name.to_owned(),
                uid: format!("uid-{name}"),
                pipeline: String::new(),
                environment: String::new(),
                created: Timestamp::UNIX_EPOCH,
                manifest: "{}".to_owned(),
                cluster: None,
                phase: Phase::Pending,
                finished: None,
            };
            history.create(&record).unwrap();
        }
        history
    }

    /// A task that fails at first, and its next attempt.
    fn events() -> Vec<(Timestamp, RunEvent)> {
        let task = || "a".to_owned();
        let started = || RunEvent::TaskStarted {
            task: task(),
            attempt: None,
        };
        let events = [
            RunEvent::RunStarted {
                outstanding: vec![task()],
                tasks: vec![TaskInfo {
                    name: task(),
                    nodes: vec![task()],
                    upstream: Vec::new(),
                }],
            },
            started(),
            RunEvent::AttemptFailed {
                task: task(),
                attempt: None,
                message: None,
                exit_code: Some(1),
                cause: None,
                used: Used::default(),
            },
            started(),
            RunEvent::TaskFinished {
                task: task(),
                attempt: None,
                phase: Phase::Succeeded,
                message: None,
                exit_code: Some(0),
                used: Used::default(),
                cause: None,
            },
            RunEvent::RunFinished {
                phase: Phase::Succeeded,
                message: None,
            },
        ];
        let at = |second: usize| Timestamp::from_second(second.try_into().unwrap()).unwrap();
        events
            .into_iter()
            .enumerate()
            .map(|(second, event)| (at(second), event))
            .collect()
    }

    /// Recorded events, counts and resources of a run.
    fn on_record(history: &History, run: &str) -> Vec<String> {
        let rows = |query: &str| -> Vec<String> {
            let mut statement = history.connection.prepare(query).unwrap();
            let rows = statement.query_map([run], |row| row.get(0)).unwrap();
            rows.map(Result::unwrap).collect()
        };
        let mut all = rows("SELECT at || event FROM event WHERE run = ?1 ORDER BY number");
        all.extend(rows(
            "SELECT tasks || ' ' || succeeded FROM run WHERE name = ?1",
        ));
        all.extend(rows(
            "SELECT attempt || phase || started || finished FROM usage WHERE run = ?1 ORDER BY attempt",
        ));
        all
    }

    #[test]
    fn changes_put_on_record_together_are_the_events_one_by_one() {
        let folder = tempfile::tempdir().unwrap();
        let history = history(&folder);
        let (mut changes, mut state) = (PendingChanges::default(), RunState::default());
        for (at, event) in events() {
            assert!(history.append("apart", at, &event).unwrap());
            assert!(changes.add(at, &event, &mut state));
        }
        let status = WorkflowStatus::default();
        history
            .put_changes("together", &mut changes, &state, &status, None)
            .unwrap();
        assert_eq!(history.state("together").unwrap(), state);
        assert_eq!(history.state("apart").unwrap(), state);
        let together = on_record(&history, "together");
        assert_eq!(together, on_record(&history, "apart"));
        // Six events, one row of counts, two attempts with their start times.
        assert_eq!(together.len(), 9);
        assert!(together[7].contains("1970-01-01T00:00:01Z"), "{together:?}");
        // Nothing remains to be written.
        history
            .put_changes("together", &mut changes, &state, &status, None)
            .unwrap();
        assert_eq!(on_record(&history, "together"), together);
    }

    #[test]
    fn a_run_that_goes_on_writes_the_tasks_that_run_again() {
        let folder = tempfile::tempdir().unwrap();
        let history = history(&folder);
        let (mut changes, mut state) = (PendingChanges::default(), RunState::default());
        let status = WorkflowStatus::default();
        let info = |name: &str| TaskInfo {
            name: name.to_owned(),
            nodes: vec![name.to_owned()],
            upstream: Vec::new(),
        };
        let at = |second| Timestamp::from_second(second).unwrap();
        let begins = |outstanding: &[&str], names: &[&str]| RunEvent::RunStarted {
            outstanding: outstanding.iter().map(|&name| name.to_owned()).collect(),
            tasks: names.iter().map(|name| info(name)).collect(),
        };
        let ends = |task: &str, phase| RunEvent::TaskFinished {
            task: task.to_owned(),
            attempt: None,
            phase,
            message: None,
            exit_code: None,
            used: Used::default(),
            cause: None,
        };
        let rows = || {
            let query = "SELECT count(*) FROM task WHERE run = 'together' AND message IS NULL";
            let mut statement = history.connection.prepare(query).unwrap();
            statement.query_row([], |row| row.get::<_, i64>(0)).unwrap()
        };
        let mut put = |at: Timestamp, event: &RunEvent| {
            changes.add(at, event, &mut state);
            history
                .put_changes("together", &mut changes, &state, &status, None)
                .unwrap();
            assert_eq!(history.state("together").unwrap(), state);
            let query = "SELECT tasks, succeeded FROM run WHERE name = 'together'";
            let mut statement = history.connection.prepare(query).unwrap();
            let counts: (i64, i64) = statement
                .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
                .unwrap();
            let succeeded = state.count(Phase::Succeeded);
            assert_eq!(counts, (number(state.tasks.len()), number(succeeded)));
        };
        put(at(1), &begins(&["a", "b", "c"], &["a", "b", "c"]));
        put(at(2), &ends("a", Phase::Succeeded));
        put(at(2), &ends("b", Phase::Succeeded));
        put(at(3), &ends("c", Phase::Failed));
        // A mark on the row of a task that does not run again shows that nothing overwrites it.
        history
            .connection
            .execute(
                "UPDATE task SET message = 'mark' WHERE run = 'together' AND name = 'b'",
                [],
            )
            .unwrap();
        let event = begins(&["a", "c"], &["a", "b", "c"]);
        assert!(changes.add(at(4), &event, &mut state));
        history
            .put_changes("together", &mut changes, &state, &status, None)
            .unwrap();
        assert_eq!(rows(), 2);
        assert_eq!(
            history.state("together").unwrap().tasks["a"].phase,
            Phase::Pending
        );
        assert_eq!(
            history.state("together").unwrap().count(Phase::Succeeded),
            1
        );
        // A changed task is written with all its changes.
        let mut other = info("b");
        other.upstream.push("a".to_owned());
        let event = RunEvent::RunStarted {
            outstanding: Vec::new(),
            tasks: vec![info("a"), other, info("c")],
        };
        assert!(changes.add(at(5), &event, &mut state));
        history
            .put_changes("together", &mut changes, &state, &status, None)
            .unwrap();
        assert_eq!(history.state("together").unwrap(), state);
    }

    #[test]
    fn changes_that_cannot_be_written_are_kept_whole() {
        let folder = tempfile::tempdir().unwrap();
        let history = history(&folder);
        let (mut changes, mut state) = (PendingChanges::default(), RunState::default());
        for (at, event) in events() {
            changes.add(at, &event, &mut state);
        }
        let mut status = WorkflowStatus::default();
        let node = NodeStatus {
            id: "n".to_owned(),
            ..NodeStatus::default()
        };
        status.nodes.insert("n".to_owned(), node);
        changes.add_nodes(Some(&["n".to_owned()].into_iter().collect()));
        let forbid = "CREATE TRIGGER full BEFORE UPDATE OF phase ON run
                      BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END";
        history.connection.execute_batch(forbid).unwrap();
        let mut put = || history.put_changes("together", &mut changes, &state, &status, None);
        assert!(put().is_err());
        assert_eq!(history.last_event("together").unwrap(), 0);
        assert_eq!(history.status("together").unwrap(), None);
        history
            .connection
            .execute_batch("DROP TRIGGER full")
            .unwrap();
        put().unwrap();
        assert_eq!(history.state("together").unwrap(), state);
        assert_eq!(history.status("together").unwrap(), Some(status.clone()));
        assert_eq!(history.last_event("together").unwrap(), 6);
    }
}
