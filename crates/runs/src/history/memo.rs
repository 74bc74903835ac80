//! Results of templates that later runs on this machine may reuse (`memoize`).

use std::collections::BTreeMap;

use rusqlite::params;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::History;
use crate::columns::{json, parsed};
use crate::has_table::has_table;
use crate::history_error::HistoryError;

/// Table of the results. The first write creates it: a program that does not know it ignores it.
const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS memo (
        cache TEXT NOT NULL,
        key TEXT NOT NULL,
        result TEXT NOT NULL,
        PRIMARY KEY (cache, key)
    ) STRICT, WITHOUT ROWID;";

impl History {
    /// Records a result, in place of one with the same key.
    ///
    /// # Errors
    ///
    /// The result cannot be written.
    pub fn put_memo(
        &self,
        cache: &str,
        key: &str,
        result: &impl Serialize,
    ) -> Result<(), HistoryError> {
        self.at_once(|transaction| {
            transaction.execute_batch(TABLE)?;
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO memo (cache, key, result) VALUES (?1, ?2, ?3)",
                )?
                .execute(params![cache, key, json(result)?])?;
            Ok(())
        })
    }

    /// All recorded results, by cache and key.
    ///
    /// # Errors
    ///
    /// The results cannot be read.
    pub fn memos<T: DeserializeOwned>(
        &self,
    ) -> Result<BTreeMap<String, BTreeMap<String, T>>, HistoryError> {
        let read = || -> rusqlite::Result<BTreeMap<String, BTreeMap<String, T>>> {
            let mut found: BTreeMap<String, BTreeMap<String, T>> = BTreeMap::new();
            if !has_table(&self.connection, "memo")? {
                return Ok(found);
            }
            let mut statement = self
                .connection
                .prepare_cached("SELECT cache, key, result FROM memo ORDER BY cache, key")?;
            let rows = statement.query_map([], |row| {
                let result: Option<T> = parsed(row, 2)?;
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, result))
            })?;
            for row in rows {
                let (cache, key, result) = row?;
                if let Some(result) = result {
                    found.entry(cache).or_default().insert(key, result);
                }
            }
            Ok(found)
        };
        read().map_err(|source| self.database(source))
    }
}
