//! The tables of the history, and how older ones become these.

use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior};

/// Version of the tables. 1 knew no clusters, 2 no submissions.
const VERSION: i64 = 3;
/// How long another process may be at it.
const BUSY: Duration = Duration::from_secs(10);

/// Whether the tables can be used.
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
    connection.execute_batch("PRAGMA synchronous = NORMAL")?;
    match version(connection)? {
        VERSION => return Ok(Tables::Ready),
        newer if newer > VERSION => return Ok(Tables::Newer),
        _ => {}
    }
    connection.execute_batch("PRAGMA journal_mode = WAL")?;
    // Whoever comes second finds it done.
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    if version(&transaction)? == 1 {
        transaction.execute_batch(
            "ALTER TABLE run ADD COLUMN server TEXT;
             ALTER TABLE run ADD COLUMN context TEXT;
             ALTER TABLE run ADD COLUMN namespace TEXT;",
        )?;
    }
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS run (
             name TEXT PRIMARY KEY,
             uid TEXT NOT NULL,
             pipeline TEXT NOT NULL,
             environment TEXT NOT NULL,
             created TEXT NOT NULL,
             manifest TEXT NOT NULL,
             phase TEXT NOT NULL,
             finished TEXT,
             server TEXT,
             context TEXT,
             namespace TEXT
         ) STRICT;
         CREATE TABLE IF NOT EXISTS event (
             run TEXT NOT NULL REFERENCES run (name),
             number INTEGER NOT NULL,
             at TEXT NOT NULL,
             event TEXT NOT NULL,
             PRIMARY KEY (run, number)
         ) STRICT, WITHOUT ROWID;
         CREATE TABLE IF NOT EXISTS submission (
             id TEXT PRIMARY KEY,
             at TEXT NOT NULL,
             server TEXT NOT NULL,
             context TEXT,
             namespace TEXT NOT NULL
         ) STRICT;",
    )?;
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(Tables::Ready)
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClusterPlace, History, HistoryError};

    /// A history as it was before there were clusters.
    fn first_version(path: &std::path::Path) {
        let connection = Connection::open(path).unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL;
                 CREATE TABLE run (name TEXT PRIMARY KEY, uid TEXT NOT NULL, pipeline TEXT NOT NULL,
                     environment TEXT NOT NULL, created TEXT NOT NULL, manifest TEXT NOT NULL,
                     phase TEXT NOT NULL, finished TEXT) STRICT;
                 INSERT INTO run VALUES ('old', 'u', 'p', 'e', '2026-01-01T00:00:00Z', 'm',
                     'Succeeded', NULL);
                 PRAGMA user_version = 1;",
            )
            .unwrap();
    }

    #[test]
    fn a_history_that_knew_no_clusters_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        first_version(&path);
        let history = History::open(&path).unwrap();
        let old = history.run("old").unwrap().unwrap();
        assert_eq!(old.cluster, None);
        let place = ClusterPlace {
            server: "https://s".to_owned(),
            context: Some("c".to_owned()),
            namespace: "n".to_owned(),
        };
        let new = crate::RunRecord {
            name: "new".to_owned(),
            cluster: Some(place.clone()),
            ..old
        };
        history.create(&new).unwrap();
        assert_eq!(history.run("new").unwrap().unwrap().cluster, Some(place));
        assert!(history.submissions().unwrap().is_empty());
    }

    #[test]
    fn two_processes_may_take_a_history_over_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        first_version(&path);
        let open = || History::open(&path).map(|history| history.runs().unwrap().len());
        let found: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap().unwrap())
                .collect()
        });
        assert_eq!(found, [1; 8]);
    }

    #[test]
    fn to_open_a_history_needs_no_room() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        let writer = History::open(&path).unwrap();
        // Nobody else can write now.
        writer.connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        let reader = History::open(&path).unwrap();
        assert!(reader.runs().unwrap().is_empty());
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
