//! Tables that are made when something is first written to them.

use rusqlite::Connection;

/// Says whether there is a table that is made when something is first written to it.
pub(crate) fn has_table(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM sqlite_master WHERE name = ?1 AND type = 'table'")?
        .exists([name])
}
