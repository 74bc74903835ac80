//! Tables that are made when something is first written to them.

use rusqlite::{CachedStatement, Connection};

/// Says whether there is a table that is made when something is first written to it.
pub(crate) fn has_table(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM sqlite_master WHERE name = ?1 AND type = 'table'")?
        .exists([name])
}

/// Prepares a statement that writes to such a table, which is made where it is missing.
///
/// # Arguments
///
/// * `definitions`: Statements that make the table.
pub(crate) fn prepared<'a>(
    connection: &'a Connection,
    table: &str,
    definitions: &str,
    statement: &str,
) -> rusqlite::Result<CachedStatement<'a>> {
    // A table that was made is gone again if what it was made for could not be written.
    if !has_table(connection, table)? {
        connection.execute_batch(definitions)?;
    }
    connection.prepare_cached(statement)
}
