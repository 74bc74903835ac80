//! The tables of the history, and how older ones become these.

use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::older;

/// Version of the tables. 1 knew no clusters, 2 no submissions, 3 no state: that was added up from the events.
pub(crate) const VERSION: i64 = 4;
/// Statements that are kept ready, more than there are.
const STATEMENTS: usize = 64;
/// How long another process may be at it, taking over a large history included.
const BUSY: Duration = Duration::from_secs(60);

/// Whether the tables can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tables {
    /// They are as they should be.
    Ready,
    /// A newer argo-kedro made them.
    Newer,
}

/// Makes the tables, or brings them up to date. Where there is nothing to do, nothing is
/// written: on a full disk the history can still be read.
pub(crate) fn prepare(connection: &Connection) -> rusqlite::Result<Tables> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.execute_batch("PRAGMA synchronous = NORMAL")?;
    match version(connection)? {
        VERSION => return Ok(Tables::Ready),
        newer if newer > VERSION => return Ok(Tables::Newer),
        _ => {}
    }
    // Tables are replaced, and what refers to them stays as it is; within a transaction this would change nothing.
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA foreign_keys = OFF")?;
    // Whoever comes second finds it done.
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    match version(&transaction)? {
        0 => transaction.execute_batch(TABLES)?,
        VERSION => {}
        newer if newer > VERSION => return Ok(Tables::Newer),
        old => older::take_over(&transaction, old)?,
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    connection.execute_batch("PRAGMA foreign_keys = ON")?;
    Ok(Tables::Ready)
}

/// Manifests are large and stand by themselves: who lists runs does not read past them.
pub(crate) const TABLES: &str = "
    CREATE TABLE run (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE,
        uid TEXT NOT NULL,
        pipeline TEXT NOT NULL,
        environment TEXT NOT NULL,
        created TEXT NOT NULL,
        phase TEXT NOT NULL,
        message TEXT,
        started TEXT,
        finished TEXT,
        tasks INTEGER NOT NULL DEFAULT 0,
        succeeded INTEGER NOT NULL DEFAULT 0,
        unread INTEGER NOT NULL DEFAULT 0,
        version INTEGER,
        results TEXT,
        server TEXT,
        context TEXT,
        namespace TEXT
    ) STRICT;
    CREATE TABLE manifest (
        run TEXT PRIMARY KEY REFERENCES run (name) ON UPDATE CASCADE ON DELETE CASCADE,
        text TEXT NOT NULL
    ) STRICT;
    CREATE TABLE task (
        run TEXT NOT NULL REFERENCES run (name) ON UPDATE CASCADE ON DELETE CASCADE,
        name TEXT NOT NULL,
        position INTEGER NOT NULL,
        nodes TEXT NOT NULL,
        upstream TEXT NOT NULL,
        phase TEXT NOT NULL,
        attempts INTEGER NOT NULL,
        attempts_now INTEGER NOT NULL,
        waiting TEXT,
        started TEXT,
        finished TEXT,
        message TEXT,
        exit_code INTEGER,
        peak_memory INTEGER,
        cause TEXT,
        before TEXT,
        PRIMARY KEY (run, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS event (
        run TEXT NOT NULL REFERENCES run (name),
        number INTEGER NOT NULL,
        at TEXT NOT NULL,
        event TEXT NOT NULL,
        key TEXT,
        PRIMARY KEY (run, number)
    ) STRICT, WITHOUT ROWID;
    CREATE UNIQUE INDEX event_key ON event (run, key);
    CREATE TABLE IF NOT EXISTS submission (
        id TEXT PRIMARY KEY,
        at TEXT NOT NULL,
        server TEXT NOT NULL,
        context TEXT,
        namespace TEXT NOT NULL
    ) STRICT;";

pub(crate) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{History, HistoryError};

    #[test]
    fn to_open_a_history_needs_no_room() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        let writer = History::open(&path).unwrap();
        // Nobody else can write now.
        writer.connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        let reader = History::open(&path).unwrap();
        assert!(reader.runs().unwrap().runs.is_empty());
    }

    #[test]
    fn a_history_of_a_newer_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        let connection = Connection::open(&path).unwrap();
        connection
            .pragma_update(None, "user_version", VERSION + 1)
            .unwrap();
        assert!(matches!(
            History::open(&path),
            Err(HistoryError::Newer { .. })
        ));
    }
}
