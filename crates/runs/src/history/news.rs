//! Events and changes of a run that wait to be put on record, all of them at once.

use argo::status::WorkflowStatus;
use indexmap::IndexSet;
use jiff::Timestamp;
use rusqlite::Connection;

use super::{History, status};
use crate::event::Scope;
use crate::history_error::HistoryError;
use crate::{RunEvent, RunState, stored, usage};

/// Events and changes of a run that wait to be put on record. Only for whoever alone writes about the run, and so knows
/// what is on record of it.
#[derive(Debug, Default)]
pub struct News {
    events: Vec<New>,
    /// Set if the run itself has changed.
    run: bool,
    tasks: Changed,
    /// Tasks that were not there, and those that have succeeded.
    counted: (usize, i64),
    /// Nodes of the status; none if the status has not changed.
    nodes: Option<Changed>,
}

/// Things that have changed, by their names.
#[derive(Debug)]
enum Changed {
    /// All of them.
    All,
    /// Some of them.
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
    /// When the attempt that it may be the end of started.
    started: Option<Timestamp>,
}

impl News {
    /// Takes an event in.
    ///
    /// # Arguments
    ///
    /// * `state`: State of the run, with all that is news. The event is applied to it.
    ///
    /// Says whether the event changes anything.
    pub fn add(&mut self, at: Timestamp, event: &RunEvent, state: &mut RunState) -> bool {
        let event = state.numbered(event.clone());
        let (tasks, succeeded) = (state.tasks.len(), stored::has_succeeded(state, &event));
        if !state.apply(at, &event) {
            return false;
        }
        let mut started = None;
        match event.scope() {
            Scope::Nothing => {}
            Scope::Run => self.run = true,
            Scope::All => self.tasks = Changed::All,
            Scope::Task(name) => {
                started = state.tasks.get(name).and_then(|task| task.started);
                self.tasks.add(name);
                self.counted.0 += state.tasks.len() - tasks;
                let succeeds = stored::has_succeeded(state, &event);
                self.counted.1 += i64::from(succeeds) - i64::from(succeeded);
            }
        }
        self.events.push(New { at, event, started });
        true
    }

    /// Takes in that nodes of the status have changed; none means all of them.
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
                let (tasks, succeeded) = self.counted;
                stored::count(connection, run, tasks, succeeded)?;
                if self.run {
                    stored::save_run(connection, run, state)?;
                }
            }
        }
        match &self.nodes {
            None => Ok(()),
            Some(Changed::All) => status::write(connection, run, status, None),
            Some(Changed::These(ids)) => status::write(connection, run, status, Some(ids)),
        }
    }
}

impl History {
    /// Puts news on record, all of it or nothing. Nothing is left of the news then.
    ///
    /// # Arguments
    ///
    /// * `state`, `status`: The run with all that is news.
    ///
    /// # Errors
    ///
    /// The news cannot be written; they are kept.
    pub fn put_news(
        &self,
        run: &str,
        news: &mut News,
        state: &RunState,
        status: &WorkflowStatus,
    ) -> Result<(), HistoryError> {
        if news.is_empty() {
            return Ok(());
        }
        self.at_once(|transaction| news.write(transaction, run, state, status))?;
        *news = News::default();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use argo::status::NodeStatus;

    use super::*;
    use crate::{Phase, RunRecord, TaskInfo, Used};

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

    /// A task that fails at first, and its next try.
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

    /// Events, counts and uses of a run, as they are on record.
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
    fn news_put_on_record_together_are_the_events_one_by_one() {
        let folder = tempfile::tempdir().unwrap();
        let history = history(&folder);
        let (mut news, mut state) = (News::default(), RunState::default());
        for (at, event) in events() {
            assert!(history.append("apart", at, &event).unwrap());
            assert!(news.add(at, &event, &mut state));
        }
        let status = WorkflowStatus::default();
        history
            .put_news("together", &mut news, &state, &status)
            .unwrap();
        assert_eq!(history.state("together").unwrap(), state);
        assert_eq!(history.state("apart").unwrap(), state);
        let together = on_record(&history, "together");
        assert_eq!(together, on_record(&history, "apart"));
        // Six events, one line of counts, two attempts with the time at which each started.
        assert_eq!(together.len(), 9);
        assert!(together[7].contains("1970-01-01T00:00:01Z"), "{together:?}");
        // Nothing is left to write.
        history
            .put_news("together", &mut news, &state, &status)
            .unwrap();
        assert_eq!(on_record(&history, "together"), together);
    }

    #[test]
    fn news_that_cannot_be_written_are_kept_whole() {
        let folder = tempfile::tempdir().unwrap();
        let history = history(&folder);
        let (mut news, mut state) = (News::default(), RunState::default());
        for (at, event) in events() {
            news.add(at, &event, &mut state);
        }
        let mut status = WorkflowStatus::default();
        let node = NodeStatus {
            id: "n".to_owned(),
            ..NodeStatus::default()
        };
        status.nodes.insert("n".to_owned(), node);
        news.add_nodes(Some(&["n".to_owned()].into_iter().collect()));
        let forbid = "CREATE TRIGGER full BEFORE UPDATE OF phase ON run
                      BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END";
        history.connection.execute_batch(forbid).unwrap();
        let mut put = || history.put_news("together", &mut news, &state, &status);
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
