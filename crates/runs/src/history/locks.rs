//! Locks of Workflows (`synchronization`) that runs on this machine hold or wait for, so that runs respect each other's
//! locks.

use jiff::Timestamp;
use rusqlite::params;

use super::History;
use crate::columns::{moment, unreadable};
use crate::has_table::has_table;
use crate::history_error::HistoryError;

/// Table of the locks. The first write creates it: a program that does not know it ignores it.
const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS lock (
        key TEXT NOT NULL,
        node TEXT NOT NULL,
        run TEXT NOT NULL REFERENCES run (name) ON UPDATE CASCADE ON DELETE CASCADE,
        holder TEXT NOT NULL,
        is_held INTEGER NOT NULL,
        priority INTEGER NOT NULL,
        created TEXT NOT NULL,
        PRIMARY KEY (key, run, node)
    ) STRICT, WITHOUT ROWID;";

/// A lock that a run holds or waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockOfRun {
    /// Name of the lock.
    pub key: String,
    /// Id of the node that holds the lock or waits for it; empty for the whole Workflow.
    pub node: String,
    /// Set if the run holds the lock; otherwise it waits.
    pub is_held: bool,
}

/// A lock that another run holds or waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockOfOther {
    /// The lock.
    pub lock: LockOfRun,
    /// Name of the run.
    pub run: String,
    /// Id of the program that executes the run ([`crate::Holder::id`]).
    pub holder: String,
    /// Priority of the Workflow.
    pub priority: i64,
    /// Time at which the run was created.
    pub created: Timestamp,
}

impl History {
    /// Records the locks that a run holds or waits for, in place of its earlier ones.
    ///
    /// # Arguments
    ///
    /// * `holder`: Id of the program that executes the run.
    /// * `priority`, `created`: Values that decide the run's turn among others.
    ///
    /// # Errors
    ///
    /// The locks cannot be written.
    pub fn put_locks(
        &self,
        run: &str,
        holder: &str,
        (priority, created): (i64, Timestamp),
        locks: &[LockOfRun],
    ) -> Result<(), HistoryError> {
        self.at_once(|transaction| {
            if locks.is_empty() && !has_table(transaction, "lock")? {
                return Ok(());
            }
            transaction.execute_batch(TABLE)?;
            transaction
                .prepare_cached("DELETE FROM lock WHERE run = ?1")?
                .execute([run])?;
            let mut statement = transaction.prepare_cached(
                "INSERT OR REPLACE INTO lock (key, node, run, holder, is_held, priority, created)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?;
            for lock in locks {
                statement.execute(params![
                    lock.key,
                    lock.node,
                    run,
                    holder,
                    lock.is_held,
                    priority,
                    created.to_string()
                ])?;
            }
            Ok(())
        })
    }

    /// Lists the locks that other runs hold or wait for. Deletes those of ended programs, which are free.
    ///
    /// # Arguments
    ///
    /// * `works`: Says whether the program with an id still executes a run.
    ///
    /// # Errors
    ///
    /// The locks cannot be read or deleted.
    pub fn locks_of_others(
        &self,
        run: &str,
        mut works: impl FnMut(&str, &str) -> bool,
    ) -> Result<Vec<LockOfOther>, HistoryError> {
        self.at_once(|transaction| {
            if !has_table(transaction, "lock")? {
                return Ok(Vec::new());
            }
            let mut statement = transaction.prepare_cached(
                "SELECT key, node, is_held, run, holder, priority, created FROM lock
                 WHERE run != ?1 ORDER BY run, holder, key, node",
            )?;
            let rows = statement.query_map([run], |row| {
                Ok(LockOfOther {
                    lock: LockOfRun {
                        key: row.get(0)?,
                        node: row.get(1)?,
                        is_held: row.get(2)?,
                    },
                    run: row.get(3)?,
                    holder: row.get(4)?,
                    priority: row.get(5)?,
                    created: moment(row, 6)?.ok_or_else(|| unreadable(6, "it is missing"))?,
                })
            })?;
            let mut kept: Vec<LockOfOther> = Vec::new();
            let mut gone: Vec<(String, String)> = Vec::new();
            for other in rows {
                let other = other?;
                let is = |run: &str, holder: &str| other.run == run && other.holder == holder;
                if gone.iter().any(|(run, holder)| is(run, holder)) {
                    continue;
                }
                let is_known = kept.last().is_some_and(|it| is(&it.run, &it.holder));
                if is_known || works(&other.run, &other.holder) {
                    kept.push(other);
                } else {
                    gone.push((other.run, other.holder));
                }
            }
            for (run, holder) in gone {
                transaction
                    .prepare_cached("DELETE FROM lock WHERE run = ?1 AND holder = ?2")?
                    .execute([run, holder])?;
            }
            Ok(kept)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Phase, RunRecord};

    #[test]
    fn locks_of_runs_are_known_to_others_as_long_as_their_programs_live() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(&folder.path().join("history.db")).unwrap();
        let at = Timestamp::UNIX_EPOCH;
        for name in ["a", "b"] {
            history
                .create(&RunRecord {
                    name: name.to_owned(),
                    uid: name.to_owned(),
                    pipeline: String::new(),
                    environment: String::new(),
                    created: at,
                    manifest: "{}".to_owned(),
                    cluster: None,
                    phase: Phase::Pending,
                    finished: None,
                })
                .unwrap();
        }
        let lock = |key: &str, is_held| LockOfRun {
            key: key.to_owned(),
            node: "n".to_owned(),
            is_held,
        };
        let others = |works: bool| -> Vec<LockOfRun> {
            let found = history.locks_of_others("b", |run, holder| {
                assert_eq!((run, holder), ("a", "1"));
                works
            });
            found.unwrap().into_iter().map(|it| it.lock).collect()
        };
        history.put_locks("a", "1", (0, at), &[]).unwrap();
        assert_eq!(others(true), []);
        let locks = [lock("k", true), lock("l", false)];
        history.put_locks("a", "1", (0, at), &locks).unwrap();
        assert_eq!(others(true), locks);
        assert_eq!(
            history.locks_of_others("a", |_, _| panic!()).unwrap(),
            [],
            "a run's own locks are no others'"
        );
        // The lock of an ended program is free, also for later callers.
        assert_eq!(others(false), []);
        assert_eq!(others(true), []);
        history.put_locks("a", "1", (0, at), &locks[1..]).unwrap();
        assert_eq!(others(true), locks[1..]);
        history.put_locks("a", "1", (0, at), &[]).unwrap();
        assert_eq!(others(true), []);
    }
}
