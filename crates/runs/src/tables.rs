//! Creates the tables of the history, and converts older ones.

use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::older;
use crate::table_definitions::{TABLES, VERSION, version};

/// Number of prepared statements to keep: more than the program uses.
const STATEMENTS: usize = 64;
/// Longest wait for another process, which may convert a large history.
const BUSY: Duration = Duration::from_secs(60);

/// State of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tables {
    /// The tables can be used.
    Ready,
    /// A newer argo-kedro made the tables.
    Newer,
}

/// Creates or converts the tables. Writes nothing if they are current: a history on a full disk can still be read.
pub(crate) fn prepare(connection: &Connection) -> rusqlite::Result<Tables> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Otherwise `SQLite` may prepare a statement again for each bound value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch("PRAGMA synchronous = NORMAL")?;
    match version(connection)? {
        VERSION => return Ok(Tables::Ready),
        newer if newer > VERSION => return Ok(Tables::Newer),
        _ => {}
    }
    // Tables are replaced while others still refer to them; inside of a transaction this pragma has no effect.
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA foreign_keys = OFF")?;
    // A second process waits here, and then finds current tables.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{History, HistoryError};

    #[test]
    fn to_open_a_history_needs_no_room() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        let writer = History::open(&path).unwrap();
        // Block other writers.
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
