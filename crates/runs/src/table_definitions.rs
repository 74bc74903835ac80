//! Definitions of the tables of the history, and their version.

use rusqlite::Connection;

/// Version of the tables. Version 1 had no clusters, 2 no submissions, 3 no state: that was reduced from the events.
pub(crate) const VERSION: i64 = 4;

/// Statements that create the tables. Manifests are large and have a table of their own: a list of runs does not read
/// them.
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
    CREATE UNIQUE INDEX event_key ON event (run, key) WHERE key IS NOT NULL;
    CREATE TABLE IF NOT EXISTS submission (
        id TEXT PRIMARY KEY,
        at TEXT NOT NULL,
        server TEXT NOT NULL,
        context TEXT,
        namespace TEXT NOT NULL
    ) STRICT;";

/// Version of the tables in a file; 0 if it has none.
pub(crate) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}
