//! Makes the tables of the history, and brings older ones up to date.

use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, Transaction, TransactionBehavior};

use crate::older;
use crate::table_definitions::{TABLES, VERSION, version};

/// Statements that are kept ready, more than there are.
const STATEMENTS: usize = 64;
/// Longest time that another process may take, also to take over a large history.
const BUSY: Duration = Duration::from_secs(60);

/// State of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tables {
    /// The tables can be used.
    Ready,
    /// A newer argo-kedro made the tables.
    Newer,
}

/// Makes the tables, or brings them up to date. Where there is nothing to do, nothing is
/// written: on a full disk the history can still be read.
pub(crate) fn prepare(connection: &Connection) -> rusqlite::Result<Tables> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Else a statement may be prepared anew for each value that it gets.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
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
