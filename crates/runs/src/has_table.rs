//! Tables that the first write creates.

use rusqlite::{CachedStatement, Connection};

/// Says whether a table exists that the first write creates.
pub(crate) fn has_table(connection: &Connection, name: &str) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT 1 FROM sqlite_master WHERE name = ?1 AND type = 'table'")?
        .exists([name])
}

/// Prepares a statement that writes to such a table, and creates the table if it is missing.
///
/// # Arguments
///
/// * `definitions`: Statements that create the table.
pub(crate) fn prepared<'a>(
    connection: &'a Connection,
    table: &str,
    definitions: &str,
    statement: &str,
) -> rusqlite::Result<CachedStatement<'a>> {
    // The rollback of a failed first write also removes the table, so check each time.
    if !has_table(connection, table)? {
        connection.execute_batch(definitions)?;
    }
    connection.prepare_cached(statement)
}
