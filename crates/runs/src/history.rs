//! The history: one `SQLite` file a project.
//!
//! An event is committed before anybody is shown it. In WAL mode a commit survives
//! the death of the process; only a power cut can take the last few.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use serde::Serialize;

use crate::private;
use crate::tables::{self, Tables};
use crate::{Phase, RunEvent, RunState};

/// The history could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// Its folder could not be made.
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
    /// A newer argo-kedro wrote it.
    #[error("the history in {} was written by a newer argo-kedro", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
    },
    /// An event on record cannot be read.
    #[error("the history in {} has an event that cannot be read", .path.display())]
    Event {
        /// The file.
        path: PathBuf,
        /// Why.
        source: serde_json::Error,
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

/// The history of a project's runs.
#[derive(Debug)]
pub struct History {
    path: PathBuf,
    pub(crate) connection: Connection,
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
        let connection = Connection::open(path).map_err(|source| HistoryError::Database {
            path: path.to_owned(),
            source,
        })?;
        let history = Self {
            path: path.to_owned(),
            connection,
        };
        match tables::prepare(&history.connection) {
            Ok(Tables::Ready) => Ok(history),
            Ok(Tables::Newer) => Err(HistoryError::Newer { path: history.path }),
            Err(source) => Err(history.database(source)),
        }
    }

    /// Puts a new run on record.
    pub fn create(&self, run: &RunRecord) -> Result<(), HistoryError> {
        self.connection
            .execute(
                "INSERT INTO run (name, uid, pipeline, environment, created, manifest, phase,
                     server, context, namespace)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                params![
                    run.name,
                    run.uid,
                    run.pipeline,
                    run.environment,
                    run.created.to_string(),
                    run.manifest,
                    run.phase.as_str(),
                    run.cluster.as_ref().map(|place| &place.server),
                    run.cluster
                        .as_ref()
                        .and_then(|place| place.context.as_ref()),
                    run.cluster.as_ref().map(|place| &place.namespace),
                ],
            )
            .map(|_| ())
            .map_err(|source| self.database(source))
    }

    /// Puts a run of a cluster on record, unless it is already. Another run that had its name
    /// is called `NAME~1` from now on, or the next number that is free: its Workflow is gone,
    /// or the cluster would not have given the name again.
    pub fn adopt(&self, run: &RunRecord) -> Result<(), HistoryError> {
        let begin = || {
            let behaviour = TransactionBehavior::Immediate;
            let transaction = Transaction::new_unchecked(&self.connection, behaviour)?;
            let known: Option<String> = transaction
                .query_row("SELECT uid FROM run WHERE name = ?1", [&run.name], |row| {
                    row.get(0)
                })
                .optional()?;
            if known.is_some() && known.as_deref() != Some(&*run.uid) {
                put_aside(&transaction, &run.name)?;
            }
            Ok((transaction, known.as_deref() == Some(&*run.uid)))
        };
        let (transaction, is_known) = begin().map_err(|source| self.database(source))?;
        if !is_known {
            self.create(run)?;
        }
        transaction.commit().map_err(|source| self.database(source))
    }

    /// Puts on record that a run has another manifest by now.
    pub fn amend(&self, run: &str, manifest: &str) -> Result<(), HistoryError> {
        self.connection
            .execute(
                "UPDATE run SET manifest = ?2 WHERE name = ?1",
                params![run, manifest],
            )
            .map_err(|source| self.database(source))?;
        Ok(())
    }

    /// Puts an event on record, with what it says of the run as a whole.
    pub fn append(&self, run: &str, at: Timestamp, event: &RunEvent) -> Result<(), HistoryError> {
        let text = serde_json::to_string(event).map_err(|source| self.event(source))?;
        let outcome = match event {
            RunEvent::RunStarted { .. } => Some((Phase::Running, None)),
            RunEvent::RunFinished { phase, .. } => Some((*phase, Some(at.to_string()))),
            _ => None,
        };
        let write = || {
            // Both or neither: what failed is written again as a whole.
            let transaction = self.connection.unchecked_transaction()?;
            transaction
                .prepare_cached(
                    "INSERT INTO event (run, number, at, event) VALUES
                     (?1, (SELECT coalesce(max(number), 0) + 1 FROM event WHERE run = ?1), ?2, ?3)",
                )?
                .execute(params![run, at.to_string(), text])?;
            if let Some((phase, finished)) = outcome {
                transaction.execute(
                    "UPDATE run SET phase = ?2, finished = ?3 WHERE name = ?1",
                    params![run, phase.as_str(), finished],
                )?;
            }
            transaction.commit()
        };
        write().map_err(|source| self.database(source))
    }

    /// Every run, the newest first.
    pub fn runs(&self) -> Result<Vec<RunRecord>, HistoryError> {
        let query = "SELECT name, uid, pipeline, environment, created, '', phase, finished,
                         server, context, namespace
                     FROM run ORDER BY created DESC, name";
        let read = || -> rusqlite::Result<Vec<RunRecord>> {
            let mut statement = self.connection.prepare(query)?;
            let rows = statement.query_map([], record)?;
            rows.collect()
        };
        read().map_err(|source| self.database(source))
    }

    /// A run with its manifest.
    pub fn run(&self, name: &str) -> Result<Option<RunRecord>, HistoryError> {
        self.connection
            .query_row(
                "SELECT name, uid, pipeline, environment, created, manifest, phase, finished,
                     server, context, namespace
                 FROM run WHERE name = ?1",
                [name],
                record,
            )
            .optional()
            .map_err(|source| self.database(source))
    }

    /// What the events of a run add up to.
    pub fn state(&self, run: &str) -> Result<RunState, HistoryError> {
        let read = || -> rusqlite::Result<Vec<(String, String)>> {
            let mut statement = self
                .connection
                .prepare("SELECT at, event FROM event WHERE run = ?1 ORDER BY number")?;
            let rows = statement.query_map([run], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect()
        };
        let mut state = RunState::default();
        for (at, text) in read().map_err(|source| self.database(source))? {
            let event = serde_json::from_str(&text).map_err(|source| self.event(source))?;
            state.apply(at.parse().unwrap_or(Timestamp::UNIX_EPOCH), &event);
        }
        Ok(state)
    }

    pub(crate) fn database(&self, source: rusqlite::Error) -> HistoryError {
        HistoryError::Database {
            path: self.path.clone(),
            source,
        }
    }

    fn event(&self, source: serde_json::Error) -> HistoryError {
        HistoryError::Event {
            path: self.path.clone(),
            source,
        }
    }
}

fn put_aside(connection: &Connection, name: &str) -> rusqlite::Result<()> {
    let is_taken = |other: &str| -> rusqlite::Result<bool> {
        connection
            .query_row("SELECT 1 FROM run WHERE name = ?1", [other], |_| Ok(()))
            .optional()
            .map(|row| row.is_some())
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

fn record(row: &rusqlite::Row<'_>) -> rusqlite::Result<RunRecord> {
    let created: String = row.get(4)?;
    let phase: String = row.get(6)?;
    let finished: Option<String> = row.get(7)?;
    let (server, namespace): (Option<String>, Option<String>) = (row.get(8)?, row.get(10)?);
    let context = row.get(9)?;
    let place = server
        .zip(namespace)
        .map(|(server, namespace)| ClusterPlace {
            server,
            context,
            namespace,
        });
    Ok(RunRecord {
        name: row.get(0)?,
        uid: row.get(1)?,
        pipeline: row.get(2)?,
        environment: row.get(3)?,
        created: created.parse().unwrap_or(Timestamp::UNIX_EPOCH),
        manifest: row.get(5)?,
        cluster: place,
        phase: Phase::parse(&phase).unwrap_or_default(),
        finished: finished.and_then(|text| text.parse().ok()),
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
        let names: Vec<_> = history
            .runs()
            .unwrap()
            .into_iter()
            .map(|run| run.name)
            .collect();
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
        let forbid = "CREATE TRIGGER full BEFORE UPDATE ON run
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
            .into_iter()
            .map(|run| (run.name, run.uid))
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
            Err(HistoryError::Database { .. })
        ));
    }
}
