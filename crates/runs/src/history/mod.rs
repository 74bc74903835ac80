//! The history: one `SQLite` file per project.
//!
//! An event is committed before anybody sees it, in one transaction with the new state. In WAL mode with `synchronous =
//! NORMAL` a commit survives the end of the process. A power cut or a crash of the machine can lose the commits since
//! the last checkpoint, but leaves the file intact: `SQLite` makes a checkpoint every 1,000 pages (4 MiB), and when the
//! last program closes the file.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use tempfile::TempDir;

use crate::history_error::{HistoryError, failure};
use crate::private;
use crate::tables::{self, Tables};
use crate::{RunEvent, RunList, RunRecord, RunState, RunSummary, read_only, stored};

mod locks;
mod memo;
mod pending_changes;
mod requests;
mod run_table;
mod status;

pub use locks::{LockOfOther, LockOfRun};
pub use pending_changes::PendingChanges;
use run_table::{RUN, create, put_aside, summary};

/// Recorded state of a run, as a follower of the run has read it last.
#[derive(Debug)]
pub struct CachedState {
    state: RunState,
    /// Version of the file: the counter of `SQLite` for commits of other connections.
    data_version: i64,
}

/// The history of a project's runs.
#[derive(Debug)]
pub struct History {
    path: PathBuf,
    pub(crate) connection: Connection,
    /// Copy to read in place of a file that needs an update but is read-only.
    _copy: Option<TempDir>,
}

impl History {
    /// Opens the history at `path`, and creates it if it is missing.
    pub fn open(path: &Path) -> Result<Self, HistoryError> {
        if let Some(folder) = path.parent() {
            private::make_folder(folder)?;
        }
        // SQLite gives its other files the mode of this one.
        if !private::make(path, "")? {
            // Another user's file, or one on a read-only disk, can still be read. SQLite's other two files may exist or
            // not.
            for end in ["", "-wal", "-shm"] {
                let mut file = path.as_os_str().to_owned();
                file.push(end);
                let _ = private::close_to_others(Path::new(&file));
            }
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

    /// Opens an existing history for reading, even if it is read-only.
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

    /// Begins a batch: [`Self::put_together`] records everything that is written until then, or nothing. No other
    /// program can write meanwhile.
    ///
    /// # Errors
    ///
    /// Another program writes for too long.
    pub fn gather(&self) -> Result<(), HistoryError> {
        if !self.connection.is_autocommit() {
            return Ok(());
        }
        let begun = self.connection.prepare_cached("BEGIN IMMEDIATE");
        let begun = begun.and_then(|mut statement| statement.execute([]));
        begun.map(|_| ()).map_err(|source| self.database(source))
    }

    /// Records the batch.
    ///
    /// # Errors
    ///
    /// The batch cannot be written; nothing of it is on record then.
    pub fn put_together(&self) -> Result<(), HistoryError> {
        if self.connection.is_autocommit() {
            return Ok(());
        }
        let written = self.connection.prepare_cached("COMMIT");
        let written = written.and_then(|mut statement| statement.execute([]));
        written.map(|_| ()).map_err(|source| self.database(source))
    }

    /// Runs several writes as one transaction. Within a batch, they are part of the batch.
    fn at_once<T>(
        &self,
        what: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, HistoryError> {
        if !self.connection.is_autocommit() {
            return what(&self.connection).map_err(|source| self.database(source));
        }
        let write = || {
            // An immediate transaction: nobody else writes between its reads and its writes.
            let behaviour = TransactionBehavior::Immediate;
            let transaction = Transaction::new_unchecked(&self.connection, behaviour)?;
            let result = what(&transaction)?;
            transaction.commit()?;
            Ok(result)
        };
        write().map_err(|source| self.database(source))
    }

    /// Records a new run.
    pub fn create(&self, run: &RunRecord) -> Result<(), HistoryError> {
        self.at_once(|transaction| create(transaction, run))
    }

    /// Records a run of a cluster, unless it is on record. An older run with the same name becomes `NAME~1`, or the
    /// next free number: its Workflow is gone, or the cluster would not have reused the name.
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

    /// Records a new manifest of a run.
    pub fn amend(&self, run: &str, manifest: &str) -> Result<(), HistoryError> {
        self.connection
            .execute(
                "UPDATE manifest SET text = ?2 WHERE run = ?1",
                params![run, manifest],
            )
            .map_err(|source| self.database(source))?;
        Ok(())
    }

    /// Records an event, and the new state. An event that is already on record, from any source, changes nothing.
    ///
    /// Says whether the event was new.
    pub fn append(&self, run: &str, at: Timestamp, event: &RunEvent) -> Result<bool, HistoryError> {
        self.at_once(|transaction| {
            let mut state = stored::load_for(transaction, run, event)?;
            stored::put(transaction, run, at, event, &mut state)
        })
    }

    /// Records the missing events. Two followers of the same run take turns, and the second finds what the first has
    /// written.
    ///
    /// # Arguments
    ///
    /// * `known`: Recorded state that this caller read last; it is read again if others wrote since.
    /// * `version`: Version of the observed Workflow. A version older than the record adds nothing.
    /// * `missing`: Returns the events that a recorded state lacks.
    pub fn bring_up(
        &self,
        run: &str,
        known: &mut Option<CachedState>,
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
            Ok(CachedState {
                state,
                data_version,
            })
        })?;
        *known = Some(now);
        Ok(())
    }

    /// Lists every run, latest recorded first: the order does not depend on the clock.
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

    /// Reads a run with its manifest.
    pub fn run(&self, name: &str) -> Result<Option<RunRecord>, HistoryError> {
        let found = self.summary(name)?;
        Ok(found.map(|found| found.record))
    }

    /// Reads a run with its manifest and its progress.
    pub fn summary(&self, name: &str) -> Result<Option<RunSummary>, HistoryError> {
        let query = format!(
            "SELECT {RUN}, text FROM run JOIN manifest ON manifest.run = run.name WHERE name = ?1"
        );
        self.connection
            .prepare_cached(&query)
            .and_then(|mut statement| statement.query_row([name], summary).optional())
            .map_err(|source| self.of_run(name, source))
    }

    /// Reads the current state of a run.
    pub fn state(&self, run: &str) -> Result<RunState, HistoryError> {
        stored::load(&self.connection, run).map_err(|source| self.of_run(run, source))
    }

    /// Number of the last event of a run; 0 if it has none.
    pub fn last_event(&self, run: &str) -> Result<i64, HistoryError> {
        self.connection
            .prepare_cached("SELECT coalesce(max(number), 0) FROM event WHERE run = ?1")
            .and_then(|mut statement| statement.query_row([run], |row| row.get(0)))
            .map_err(|source| self.database(source))
    }

    /// Events of a run after a number, each with its number.
    pub fn events_after(
        &self,
        run: &str,
        number: i64,
    ) -> Result<Vec<(i64, Timestamp, RunEvent)>, HistoryError> {
        let read = || -> rusqlite::Result<_> {
            self.connection
                .prepare_cached(
                    "SELECT number, at, event FROM event WHERE run = ?1 AND number > ?2 ORDER BY number",
                )?
                .query_map(params![run, number], stored::numbered_event)?
                .collect()
        };
        read().map_err(|source| self.of_run(run, source))
    }

    /// Deletes a run: its events, its tasks and its manifest.
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

    /// Assigns an unreadable value to its run, not to the whole file.
    pub(crate) fn of_run(&self, run: &str, source: rusqlite::Error) -> HistoryError {
        use rusqlite::Error as E;
        match source {
            E::FromSqlConversionFailure(..)
            | E::InvalidColumnType(..)
            | E::Utf8Error(..)
            | E::IntegralValueOutOfRange(..) => HistoryError::Record {
                path: self.path.clone(),
                run: run.to_owned(),
                source,
            },
            source => self.database(source),
        }
    }
}

#[cfg(test)]
mod tests;
