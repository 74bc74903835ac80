//! The status of runs on this machine: one row a node, so that an event writes only the nodes that it changes.

use argo::status::{NodeStatus, Nodes, WorkflowStatus};
use indexmap::IndexSet;
use rusqlite::{Connection, OptionalExtension, params};

use super::History;
use crate::columns::{json, parsed};
use crate::has_table::has_table;
use crate::history_error::HistoryError;

/// Tables of the status. They are made when the first status is written: a program that does not know them leaves them
/// alone.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS status (
        run TEXT PRIMARY KEY REFERENCES run (name) ON UPDATE CASCADE ON DELETE CASCADE,
        status TEXT NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS node (
        run TEXT NOT NULL REFERENCES run (name) ON UPDATE CASCADE ON DELETE CASCADE,
        position INTEGER NOT NULL,
        id TEXT NOT NULL,
        node TEXT NOT NULL,
        PRIMARY KEY (run, id)
    ) STRICT, WITHOUT ROWID;";

impl History {
    /// Puts the status of a run on record.
    ///
    /// # Arguments
    ///
    /// * `changed`: Ids of the nodes that are written; none for all of them, in place of those on record.
    ///
    /// # Errors
    ///
    /// The status cannot be written.
    pub fn put_status(
        &self,
        run: &str,
        status: &WorkflowStatus,
        changed: Option<&IndexSet<String>>,
    ) -> Result<(), HistoryError> {
        self.at_once(|transaction| {
            if !has_table(transaction, "status")? {
                transaction.execute_batch(TABLES)?;
            }
            let whole = WorkflowStatus {
                phase: status.phase,
                message: status.message.clone(),
                started_at: status.started_at,
                finished_at: status.finished_at,
                outputs: status.outputs.clone(),
                ..WorkflowStatus::default()
            };
            transaction
                .prepare_cached(
                    "INSERT INTO status (run, status) VALUES (?1, ?2)
                     ON CONFLICT (run) DO UPDATE SET status = ?2 WHERE status <> ?2",
                )?
                .execute(params![run, json(&whole)?])?;
            let Some(changed) = changed else {
                transaction.execute("DELETE FROM node WHERE run = ?1", [run])?;
                for (position, node) in status.nodes.values().enumerate() {
                    put(transaction, run, position, node)?;
                }
                return Ok(());
            };
            for id in changed {
                if let Some((position, _, node)) = status.nodes.get_full(id) {
                    put(transaction, run, position, node)?;
                }
            }
            Ok(())
        })
    }

    /// The status of a run on record; none if it has none.
    ///
    /// # Errors
    ///
    /// The status cannot be read.
    pub fn status(&self, run: &str) -> Result<Option<WorkflowStatus>, HistoryError> {
        let read = || -> rusqlite::Result<Option<WorkflowStatus>> {
            if !has_table(&self.connection, "status")? {
                return Ok(None);
            }
            let whole: Option<Option<WorkflowStatus>> = self
                .connection
                .prepare_cached("SELECT status FROM status WHERE run = ?1")?
                .query_row([run], |row| parsed(row, 0))
                .optional()?;
            let Some(mut status) = whole.flatten() else {
                return Ok(None);
            };
            let mut statement = self
                .connection
                .prepare_cached("SELECT node FROM node WHERE run = ?1 ORDER BY position")?;
            let mut rows = statement.query([run])?;
            let mut nodes = Nodes::new();
            while let Some(row) = rows.next()? {
                if let Some(node) = parsed::<NodeStatus>(row, 0)? {
                    nodes.insert(node.id.clone(), node);
                }
            }
            status.nodes = nodes;
            Ok(Some(status))
        };
        read().map_err(|source| self.of_run(run, source))
    }
}

fn put(
    connection: &Connection,
    run: &str,
    position: usize,
    node: &NodeStatus,
) -> rusqlite::Result<()> {
    let position = i64::try_from(position).unwrap_or(i64::MAX);
    connection
        .prepare_cached(
            "INSERT INTO node (run, position, id, node) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (run, id) DO UPDATE SET node = ?4",
        )?
        .execute(params![run, position, node.id, json(node)?])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Phase, RunRecord};

    #[test]
    fn a_status_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(&folder.path().join("history.db")).unwrap();
        history
            .create(&RunRecord {
                name: "a".to_owned(),
                uid: "u".to_owned(),
                pipeline: String::new(),
                environment: String::new(),
                created: jiff::Timestamp::UNIX_EPOCH,
                manifest: "{}".to_owned(),
                cluster: None,
                phase: Phase::Pending,
                finished: None,
            })
            .unwrap();
        assert_eq!(history.status("a").unwrap(), None);
        let node = |id: &str, phase| NodeStatus {
            id: id.to_owned(),
            phase,
            ..NodeStatus::default()
        };
        let mut status = WorkflowStatus {
            phase: Some(Phase::Running),
            ..WorkflowStatus::default()
        };
        for id in ["z", "a"] {
            status.nodes.insert(id.to_owned(), node(id, Phase::Running));
        }
        history.put_status("a", &status, None).unwrap();
        assert_eq!(history.status("a").unwrap(), Some(status.clone()));
        status
            .nodes
            .insert("a".to_owned(), node("a", Phase::Succeeded));
        status
            .nodes
            .insert("b".to_owned(), node("b", Phase::Pending));
        let changed: IndexSet<String> = ["a", "b"].map(str::to_owned).into_iter().collect();
        history.put_status("a", &status, Some(&changed)).unwrap();
        assert_eq!(history.status("a").unwrap(), Some(status.clone()));
        status.nodes.shift_remove("z");
        history.put_status("a", &status, None).unwrap();
        assert_eq!(history.status("a").unwrap(), Some(status));
        history.forget("a").unwrap();
        assert_eq!(history.status("a").unwrap(), None);
    }
}
