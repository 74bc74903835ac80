//! The history: one `SQLite` file a project.
//!
//! An event is committed before anybody is shown it, in one transaction with the state that it leads to. In WAL mode
//! with `synchronous = NORMAL` a commit survives the death of the process. A power cut, or the death of the machine,
//! can take what was committed since the last checkpoint, and leaves the file whole: `SQLite` makes a checkpoint every
//! 1,000 pages (4 MiB), and when the last program that has the file open closes it.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{
    Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params,
};
use serde::Serialize;
use tempfile::TempDir;

use crate::private;
use crate::tables::{self, Tables};
use crate::{Phase, RunEvent, RunState, read_only, stored};

/// The history could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// Its folder could not be made, or it could not be copied to be read.
    #[error(transparent)]
    Folder(#[from] std::io::Error),
    /// The file could not be read or written.
    #[error("cannot use the history in {}", .path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// The file is damaged, or none of ours.
    #[error("the history in {} is damaged", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// A newer argo-kedro wrote it.
    #[error("the history in {} was written by a newer argo-kedro", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
    },
    /// What is on record of one run cannot be read.
    #[error("the record of run `{run}` in {} cannot be read", .path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// The run.
        run: String,
        /// Why.
        source: rusqlite::Error,
    },
}

/// What is known of a run besides its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunRecord {
    /// Its name.
    pub name: String,
    /// Its unique id, `WORKFLOW_ID` of its tasks.
    pub uid: String,
    /// Registered pipelines it runs, comma separated.
    pub pipeline: String,
    /// Configuration environment.
    pub environment: String,
    /// When it was made.
    pub created: Timestamp,
    /// The manifest it runs, as YAML.
    #[serde(skip)]
    pub manifest: String,
    /// The cluster it runs on; none for a run on this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterPlace>,
    /// Where it stands.
    pub phase: Phase,
    /// When it ended.
    pub finished: Option<Timestamp>,
}

/// Where on which cluster a run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClusterPlace {
    /// Address of the API server.
    pub server: String,
    /// Context of the kubeconfig it was reached by; none inside a cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// Namespace.
    pub namespace: String,
}

/// A run in a list, without its tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSummary {
    /// The run; without its manifest.
    pub record: RunRecord,
    /// Where it stands.
    pub phase: Phase,
    /// Why.
    pub message: Option<String>,
    /// When it began, the last time.
    pub started: Option<Timestamp>,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// How many tasks it has.
    pub tasks: u32,
    /// How many of them succeeded.
    pub succeeded: u32,
    /// How many of its events could not be read when its history was taken over from an older version.
    pub unread: u32,
}

impl RunSummary {
    /// A run that is on no record.
    pub fn new(record: RunRecord, state: &RunState) -> Self {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            record,
            phase: state.phase,
            message: state.message.clone(),
            started: state.started,
            finished: state.finished,
            tasks: count(state.tasks.len()),
            succeeded: count(state.count(Phase::Succeeded)),
            unread: 0,
        }
    }

    /// Says that the run's process is gone though its end is not on record.
    pub fn interrupt(&mut self) {
        let mut state = RunState {
            phase: self.phase,
            message: self.message.take(),
            ..RunState::default()
        };
        state.interrupt();
        (self.phase, self.message) = (state.phase, state.message);
    }
}

/// The runs on record.
#[derive(Debug, Default)]
pub struct RunList {
    /// The runs, the one that was put on record last first.
    pub runs: Vec<RunSummary>,
    /// Names of those of which the record cannot be read.
    pub unreadable: Vec<String>,
}

/// What somebody who follows a run knows to be on record of it.
#[derive(Debug)]
pub struct Known {
    state: RunState,
    /// Of the file, as `SQLite` counts what others commit.
    data_version: i64,
}

/// The history of a project's runs.
#[derive(Debug)]
pub struct History {
    path: PathBuf,
    pub(crate) connection: Connection,
    /// What is read instead of a file that cannot be written and has to be brought up to date.
    _copy: Option<TempDir>,
}

impl History {
    /// Opens the history at `path`, and makes it if it is not there.
    pub fn open(path: &Path) -> Result<Self, HistoryError> {
        if let Some(folder) = path.parent() {
            private::make_folder(folder)?;
        }
        // SQLite gives its other files the mode of this one.
        if !private::make(path, "")? {
            // Another user's, or on a disk that cannot be written to: it can be read all the same.
            let _ = private::close_to_others(path);
        }
        let database = |source| failure(path, source);
        let connection = Connection::open(path).map_err(database)?;
        let history = Self {
            path: path.to_owned(),
            connection,
            _copy: None,
        };
        history.prepare()?;
        Ok(history)
    }

    /// Opens a history that is there, to look at it. Where it cannot be written it can still be read.
    pub fn open_to_read(path: &Path) -> Result<Self, HistoryError> {
        match Self::open(path) {
            Err(HistoryError::Database { source, .. }) if read_only::is_because(&source) => {
                let (connection, copy) = read_only::open(path)?;
                let history = Self {
                    path: path.to_owned(),
                    connection,
                    _copy: copy,
                };
                history.prepare()?;
                let no_writes = "PRAGMA query_only = ON";
                let result = history.connection.execute_batch(no_writes);
                result.map_err(|source| history.database(source))?;
                Ok(history)
            }
            opened => opened,
        }
    }

    fn prepare(&self) -> Result<(), HistoryError> {
        match tables::prepare(&self.connection) {
            Ok(Tables::Ready) => Ok(()),
            Ok(Tables::Newer) => Err(HistoryError::Newer {
                path: self.path.clone(),
            }),
            Err(source) => Err(self.database(source)),
        }
    }

    /// Does several things at once, or none of them.
    fn at_once<T>(
        &self,
        what: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, HistoryError> {
        let write = || {
            // Nobody else writes between what is read here and what is written.
            let behaviour = TransactionBehavior::Immediate;
            let transaction = Transaction::new_unchecked(&self.connection, behaviour)?;
            let result = what(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        write().map_err(|source| self.database(source))
    }

    /// Puts a new run on record.
    pub fn create(&self, run: &RunRecord) -> Result<(), HistoryError> {
        self.at_once(|transaction| create(transaction, run))
    }

    /// Puts a run of a cluster on record, unless it is already. Another run that had its name
    /// is called `NAME~1` from now on, or the next number that is free: its Workflow is gone,
    /// or the cluster would not have given the name again.
    pub fn adopt(&self, run: &RunRecord) -> Result<(), HistoryError> {
        self.at_once(|transaction| {
            let known: Option<String> = transaction
                .query_row("SELECT uid FROM run WHERE name = ?1", [&run.name], |row| {
                    row.get(0)
                })
                .optional()?;
            if known.as_deref() == Some(&*run.uid) {
                return Ok(());
            }
            if known.is_some() {
                put_aside(transaction, &run.name)?;
            }
            create(transaction, run)
        })
    }

    /// Puts on record that a run has another manifest by now.
    pub fn amend(&self, run: &str, manifest: &str) -> Result<(), HistoryError> {
        self.connection
            .execute(
                "UPDATE manifest SET text = ?2 WHERE run = ?1",
                params![run, manifest],
            )
            .map_err(|source| self.database(source))?;
        Ok(())
    }

    /// Puts an event on record, and the state that it leads to. One that is on record already, whoever told it,
    /// changes nothing.
    ///
    /// Whether it was news.
    pub fn append(&self, run: &str, at: Timestamp, event: &RunEvent) -> Result<bool, HistoryError> {
        self.at_once(|transaction| {
            let mut state = stored::load_for(transaction, run, event)?;
            stored::put(transaction, run, at, event, &mut state)
        })
    }

    /// Puts on record what is missing there. Two who look at the same run at the same time take turns, and the second
    /// finds what the first has written.
    ///
    /// # Arguments
    ///
    /// * `known`: What this same caller knew last to be on record; it is read again if others wrote since.
    /// * `version`: Version of the Workflow that is looked at. One that is older than what is on record has nothing
    ///   to tell.
    /// * `missing`: The events that are missing in what is on record.
    pub fn bring_up(
        &self,
        run: &str,
        known: &mut Option<Known>,
        version: Option<u64>,
        missing: impl FnOnce(&RunState) -> Vec<(Timestamp, RunEvent)>,
    ) -> Result<(), HistoryError> {
        let version = version.and_then(|version| i64::try_from(version).ok());
        let last = known.take();
        let now = self.at_once(|transaction| {
            let data_version =
                transaction.query_row("PRAGMA data_version", [], |row| row.get(0))?;
            let mut state = match last {
                Some(known) if known.data_version == data_version => known.state,
                _ => stored::load(transaction, run)?,
            };
            let seen: Option<i64> = transaction
                .prepare_cached("SELECT version FROM run WHERE name = ?1")?
                .query_row([run], |row| row.get(0))
                .optional()?
                .flatten();
            if version.is_none() || seen <= version {
                for (at, event) in missing(&state) {
                    stored::put(transaction, run, at, &event, &mut state)?;
                }
                if version > seen {
                    transaction
                        .prepare_cached("UPDATE run SET version = ?2 WHERE name = ?1")?
                        .execute(params![run, version])?;
                }
            }
            Ok(Known {
                state,
                data_version,
            })
        })?;
        *known = Some(now);
        Ok(())
    }

    /// Every run, the one that was put on record last first: a clock that was set back changes nothing of that.
    pub fn runs(&self) -> Result<RunList, HistoryError> {
        let query = format!("SELECT {RUN}, '' FROM run ORDER BY number DESC");
        let read = || -> rusqlite::Result<RunList> {
            let mut statement = self.connection.prepare(&query)?;
            let mut rows = statement.query([])?;
            let mut list = RunList::default();
            while let Some(row) = rows.next()? {
                match summary(row) {
                    Ok(run) => list.runs.push(run),
                    Err(_) => list.unreadable.push(row.get(0)?),
                }
            }
            Ok(list)
        };
        read().map_err(|source| self.database(source))
    }

    /// Names of all runs, in the order of [`Self::runs`].
    pub fn names(&self) -> Result<Vec<String>, HistoryError> {
        let read = || -> rusqlite::Result<Vec<String>> {
            let query = "SELECT name FROM run ORDER BY number DESC";
            let mut statement = self.connection.prepare(query)?;
            statement.query_map([], |row| row.get(0))?.collect()
        };
        read().map_err(|source| self.database(source))
    }

    /// A run with its manifest.
    pub fn run(&self, name: &str) -> Result<Option<RunRecord>, HistoryError> {
        let found = self.summary(name)?;
        Ok(found.map(|found| found.record))
    }

    /// A run with its manifest, and where it stands.
    pub fn summary(&self, name: &str) -> Result<Option<RunSummary>, HistoryError> {
        let query = format!(
            "SELECT {RUN}, text FROM run JOIN manifest ON manifest.run = run.name WHERE name = ?1"
        );
        self.connection
            .prepare_cached(&query)
            .and_then(|mut statement| statement.query_row([name], summary).optional())
            .map_err(|source| self.of_run(name, source))
    }

    /// What the events of a run add up to.
    pub fn state(&self, run: &str) -> Result<RunState, HistoryError> {
        stored::load(&self.connection, run).map_err(|source| self.of_run(run, source))
    }

    /// Forgets a run: its events, its tasks and its manifest.
    pub fn forget(&self, run: &str) -> Result<(), HistoryError> {
        self.at_once(|transaction| {
            transaction.execute("DELETE FROM event WHERE run = ?1", [run])?;
            transaction.execute("DELETE FROM run WHERE name = ?1", [run])?;
            Ok(())
        })
    }

    pub(crate) fn database(&self, source: rusqlite::Error) -> HistoryError {
        failure(&self.path, source)
    }

    /// A value that cannot be read is the matter of one run.
    pub(crate) fn of_run(&self, run: &str, source: rusqlite::Error) -> HistoryError {
        use rusqlite::Error as E;
        match source {
            E::FromSqlConversionFailure(..)
            | E::InvalidColumnType(..)
            | E::IntegralValueOutOfRange(..) => HistoryError::Record {
                path: self.path.clone(),
                run: run.to_owned(),
                source,
            },
            source => self.database(source),
        }
    }
}

pub(crate) fn failure(path: &Path, source: rusqlite::Error) -> HistoryError {
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            HistoryError::Damaged { path, source }
        }
        _ => HistoryError::Database { path, source },
    }
}

fn create(connection: &Connection, run: &RunRecord) -> rusqlite::Result<()> {
    let place = run.cluster.as_ref();
    connection.execute(
        "INSERT INTO run (name, uid, pipeline, environment, created, phase, server, context, namespace)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            run.name,
            run.uid,
            run.pipeline,
            run.environment,
            run.created.to_string(),
            run.phase.as_str(),
            place.map(|place| &place.server),
            place.and_then(|place| place.context.as_ref()),
            place.map(|place| &place.namespace),
        ],
    )?;
    connection.execute(
        "INSERT INTO manifest (run, text) VALUES (?1, ?2)",
        params![run.name, run.manifest],
    )?;
    Ok(())
}

fn put_aside(connection: &Connection, name: &str) -> rusqlite::Result<()> {
    let is_taken = |other: &str| -> rusqlite::Result<bool> {
        connection
            .prepare_cached("SELECT 1 FROM run WHERE name = ?1")?
            .exists([other])
    };
    let mut number = 1;
    let mut other = format!("{name}~{number}");
    while is_taken(&other)? {
        number += 1;
        other = format!("{name}~{number}");
    }
    // Its events refer to it by name.
    connection.execute_batch("PRAGMA defer_foreign_keys = ON")?;
    connection.execute(
        "UPDATE event SET run = ?2 WHERE run = ?1",
        params![name, other],
    )?;
    connection.execute(
        "UPDATE run SET name = ?2 WHERE name = ?1",
        params![name, other],
    )?;
    Ok(())
}

/// Columns of a run, as [`summary`] reads them; its manifest comes after them.
const RUN: &str = "name, uid, pipeline, environment, created, phase, message, started, finished, tasks, succeeded, \
     unread, server, context, namespace";

fn summary(row: &rusqlite::Row<'_>) -> rusqlite::Result<RunSummary> {
    let phase = stored::phase(row, 5)?;
    let finished = stored::moment(row, 8)?;
    let (server, namespace): (Option<String>, Option<String>) = (row.get(12)?, row.get(14)?);
    let context = row.get(13)?;
    let place = server
        .zip(namespace)
        .map(|(server, namespace)| ClusterPlace {
            server,
            context,
            namespace,
        });
    Ok(RunSummary {
        record: RunRecord {
            name: row.get(0)?,
            uid: row.get(1)?,
            pipeline: row.get(2)?,
            environment: row.get(3)?,
            created: stored::moment(row, 4)?.unwrap_or(Timestamp::UNIX_EPOCH),
            manifest: row.get(15)?,
            cluster: place,
            phase,
            finished,
        },
        phase,
        message: row.get(6)?,
        started: stored::moment(row, 7)?,
        finished,
        tasks: row.get(9)?,
        succeeded: row.get(10)?,
        unread: row.get(11)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(name: &str, second: i64) -> RunRecord {
        RunRecord {
            name: name.to_owned(),
            uid: format!("uid-{name}"),
            pipeline: "__default__".to_owned(),
            environment: "local".to_owned(),
            created: Timestamp::from_second(second).unwrap(),
            manifest: "kind: Workflow\n".to_owned(),
            cluster: None,
            phase: Phase::Pending,
            finished: None,
        }
    }

    #[test]
    fn what_was_put_on_record_is_there_for_the_next_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/history.db");
        let end = RunEvent::RunFinished {
            phase: Phase::Failed,
            message: Some("because".to_owned()),
        };
        {
            let history = History::open(&path).unwrap();
            history.create(&run("one", 1)).unwrap();
            history.create(&run("two", 2)).unwrap();
            history
                .append("one", Timestamp::from_second(3).unwrap(), &end)
                .unwrap();
        }
        let history = History::open(&path).unwrap();
        let names: Vec<_> = history.names().unwrap().into_iter().collect();
        assert_eq!(names, ["two", "one"]);
        let one = history.run("one").unwrap().unwrap();
        assert_eq!(one.phase, Phase::Failed);
        assert_eq!(one.manifest, "kind: Workflow\n");
        assert_eq!(
            history.state("one").unwrap().message.as_deref(),
            Some("because")
        );
        assert!(history.run("three").unwrap().is_none());
    }

    #[test]
    fn an_event_that_cannot_be_written_whole_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(&folder.path().join("history.db")).unwrap();
        history.create(&run("one", 1)).unwrap();
        let forbid = "CREATE TRIGGER full BEFORE UPDATE OF phase ON run
                      BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END";
        history.connection.execute_batch(forbid).unwrap();
        let end = RunEvent::RunFinished {
            phase: Phase::Failed,
            message: None,
        };
        let at = Timestamp::from_second(3).unwrap();
        let error = history.append("one", at, &end).unwrap_err();
        assert!(error.to_string().contains("cannot use the history in"));
        assert_eq!(history.state("one").unwrap().phase, Phase::Pending);
        let allow = "DROP TRIGGER full";
        history.connection.execute_batch(allow).unwrap();
        history.append("one", at, &end).unwrap();
        assert_eq!(history.state("one").unwrap().phase, Phase::Failed);
    }

    #[test]
    fn a_run_that_has_the_name_of_one_that_is_gone_does_not_inherit_its_events() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(&folder.path().join("history.db")).unwrap();
        let end = RunEvent::RunFinished {
            phase: Phase::Succeeded,
            message: None,
        };
        for number in 1..=3 {
            let named = RunRecord {
                uid: format!("uid-{number}"),
                ..run("nightly", number)
            };
            // Who else looks at it puts it on record as well.
            history.adopt(&named).unwrap();
            history.adopt(&named).unwrap();
            assert_eq!(history.state("nightly").unwrap().phase, Phase::Pending);
            history.append("nightly", named.created, &end).unwrap();
        }
        let known: Vec<_> = history
            .runs()
            .unwrap()
            .runs
            .into_iter()
            .map(|run| (run.record.name, run.record.uid))
            .collect();
        let expected = [
            ("nightly", "uid-3"),
            ("nightly~2", "uid-2"),
            ("nightly~1", "uid-1"),
        ];
        assert_eq!(
            known,
            expected.map(|(name, uid)| (name.to_owned(), uid.to_owned()))
        );
        assert_eq!(history.state("nightly~1").unwrap().phase, Phase::Succeeded);
    }

    #[test]
    fn a_file_that_is_no_database_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        fs_err::write(
            &path,
            "not a database, but long enough to be read as one".repeat(50),
        )
        .unwrap();
        assert!(matches!(
            History::open(&path),
            Err(HistoryError::Damaged { .. })
        ));
    }

    fn begin(second: i64) -> (Timestamp, RunEvent) {
        let text = r#"{"event": "run_started", "outstanding": ["fit"],
            "tasks": [{"name": "fit", "nodes": ["fit"], "upstream": []}]}"#;
        (moment(second), serde_json::from_str(text).unwrap())
    }

    fn moment(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// What a run tells that is tried and retried so often.
    fn told(rounds: u32) -> Vec<(Timestamp, RunEvent)> {
        let mut told = Vec::new();
        for round in 0..rounds {
            let second = i64::from(round) * 10;
            let task = || "fit".to_owned();
            let attempt = Some(round + 1);
            told.push(begin(second));
            told.push((
                moment(second + 1),
                RunEvent::TaskStarted {
                    task: task(),
                    attempt,
                },
            ));
            told.push((
                moment(second + 2),
                RunEvent::TaskFinished {
                    task: task(),
                    attempt,
                    phase: Phase::Failed,
                    message: None,
                    exit_code: Some(1),
                    peak_memory: Some(5),
                    cause: None,
                },
            ));
            told.push((
                moment(second + 3),
                RunEvent::RunFinished {
                    phase: Phase::Failed,
                    message: None,
                },
            ));
        }
        told
    }

    fn events_of(history: &History, name: &str) -> Vec<String> {
        let query = "SELECT event FROM event WHERE run = ?1 ORDER BY number";
        let mut statement = history.connection.prepare(query).unwrap();
        let rows = statement.query_map([name], |row| row.get(0)).unwrap();
        rows.collect::<rusqlite::Result<_>>().unwrap()
    }

    #[test]
    fn what_several_processes_tell_at_once_is_on_record_once() {
        const ROUNDS: u32 = 20;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        let history = History::open(&path).unwrap();
        history.create(&run("one", 1)).unwrap();
        let tell = || {
            let history = History::open(&path).unwrap();
            told(ROUNDS)
                .iter()
                .filter(|(at, event)| history.append("one", *at, event).unwrap())
                .count()
        };
        let news: usize = std::thread::scope(|scope| {
            let tellers: Vec<_> = (0..3).map(|_| scope.spawn(tell)).collect();
            tellers
                .into_iter()
                .map(|teller| teller.join().unwrap())
                .sum()
        });
        let expected: Vec<String> = told(ROUNDS)
            .iter()
            .map(|(_, event)| serde_json::to_string(event).unwrap())
            .collect();
        assert_eq!(news, expected.len());
        assert_eq!(events_of(&history, "one"), expected);
        assert_eq!(
            history.state("one").unwrap(),
            RunState::replay(told(ROUNDS))
        );
    }

    #[test]
    fn who_looks_at_a_run_at_once_or_late_adds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        let open = || History::open(&path).unwrap();
        let (one, other) = (open(), open());
        one.create(&run("one", 1)).unwrap();
        let (mut of_one, mut of_other) = (None, None);
        // What is to be seen grows, and each adds what is missing in the record.
        let look = |history: &History, known: &mut Option<Known>, seen: usize| {
            let mut asked = false;
            let missing = |state: &RunState| {
                asked = true;
                let on_record = (0..=seen)
                    .find(|count| RunState::replay(told(2).into_iter().take(*count)) == *state);
                told(2)[on_record.unwrap()..seen].to_vec()
            };
            history
                .bring_up("one", known, Some(seen as u64), missing)
                .unwrap();
            asked
        };
        for seen in 0..=4 {
            assert!(look(&one, &mut of_one, seen));
            assert!(look(&other, &mut of_other, seen));
        }
        assert!(look(&one, &mut of_one, 7));
        // The other one sees how it stood before.
        assert!(!look(&other, &mut of_other, 6));
        assert!(look(&other, &mut of_other, 8));
        assert_eq!(one.state("one").unwrap(), RunState::replay(told(2)));
        assert_eq!(events_of(&one, "one").len(), told(2).len());
    }

    #[test]
    fn the_state_in_the_tables_is_what_the_events_add_up_to() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(&folder.path().join("history.db")).unwrap();
        history.create(&run("one", 1)).unwrap();
        let mut state = RunState::default();
        for (at, event) in told(2) {
            history.append("one", at, &event).unwrap();
            state.apply(at, &event);
            assert_eq!(history.state("one").unwrap(), state);
            let listed = history.runs().unwrap().runs.remove(0);
            assert_eq!((listed.phase, listed.started), (state.phase, state.started));
            let counts = (listed.tasks as usize, listed.succeeded as usize);
            assert_eq!(counts, (state.tasks.len(), state.count(Phase::Succeeded)));
        }
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_change_which_run_is_the_latest() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(&folder.path().join("history.db")).unwrap();
        history.create(&run("first", 1_000)).unwrap();
        history.create(&run("second", 1)).unwrap();
        assert_eq!(history.names().unwrap(), ["second", "first"]);
        let listed = history.runs().unwrap().runs;
        assert_eq!(listed[0].record.name, "second");
    }

    #[test]
    fn what_cannot_be_read_of_one_run_costs_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(&folder.path().join("history.db")).unwrap();
        for (name, second) in [("whole", 1), ("task", 2), ("run", 3)] {
            history.create(&run(name, second)).unwrap();
            for (at, event) in told(1) {
                history.append(name, at, &event).unwrap();
            }
        }
        let damage = "UPDATE task SET before = '{' WHERE run = 'task';
                      UPDATE run SET phase = 'Faild' WHERE name = 'run'";
        history.connection.execute_batch(damage).unwrap();
        let list = history.runs().unwrap();
        let names: Vec<&str> = list.runs.iter().map(|run| &*run.record.name).collect();
        assert_eq!(
            (names, list.unreadable),
            (vec!["task", "whole"], vec!["run".to_owned()])
        );
        assert!(history.state("whole").is_ok());
        for name in ["task", "run"] {
            let error = history.state(name).unwrap_err();
            assert!(matches!(error, HistoryError::Record { run, .. } if run == name));
        }
    }

    #[test]
    fn a_run_that_is_forgotten_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(&folder.path().join("history.db")).unwrap();
        for name in ["one", "two"] {
            history.create(&run(name, 1)).unwrap();
            for (at, event) in told(1) {
                history.append(name, at, &event).unwrap();
            }
        }
        history.forget("one").unwrap();
        assert_eq!(history.names().unwrap(), ["two"]);
        for table in ["event", "task", "manifest"] {
            let query = format!("SELECT count(*) FROM {table} WHERE run = 'one'");
            let left: i64 = history
                .connection
                .query_row(&query, [], |row| row.get(0))
                .unwrap();
            assert_eq!(left, 0, "{table}");
        }
        assert_eq!(history.state("two").unwrap().phase, Phase::Failed);
    }
}
