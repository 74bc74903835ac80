//! Status of runs on this machine: one row per node, so that an event writes only the nodes that it changes.

use argo::status::{NodeStatus, Nodes, WorkflowStatus};
use indexmap::IndexSet;
use rusqlite::{Connection, OptionalExtension, params};

use super::History;
use crate::columns::{json, parsed};
use crate::has_table::{has_table, prepared};
use crate::history_error::HistoryError;

/// Tables of the status. The first write creates them: a program that does not know them ignores them. Nodes that
/// change together were created at about the same time, so their rows are adjacent.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS status (
        run TEXT PRIMARY KEY REFERENCES run (name) ON UPDATE CASCADE ON DELETE CASCADE,
        status TEXT NOT NULL
    ) STRICT;
    CREATE TABLE IF NOT EXISTS status_node (
        run TEXT NOT NULL REFERENCES run (name) ON UPDATE CASCADE ON DELETE CASCADE,
        position INTEGER NOT NULL,
        node TEXT NOT NULL,
        PRIMARY KEY (run, position)
    ) STRICT, WITHOUT ROWID;";

impl History {
    /// Recorded status of a run; none if it has none.
    ///
    /// # Errors
    ///
    /// The status cannot be read.
    pub fn status(&self, run: &str) -> Result<Option<WorkflowStatus>, HistoryError> {
        let read = || -> rusqlite::Result<Option<WorkflowStatus>> {
            if !has_table(&self.connection, "status_node")? {
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
                .prepare_cached("SELECT node FROM status_node WHERE run = ?1 ORDER BY position")?;
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

const PUT_STATUS: &str = "INSERT INTO status (run, status) VALUES (?1, ?2)
     ON CONFLICT (run) DO UPDATE SET status = ?2 WHERE status <> ?2";

/// Nodes of a status to write.
#[derive(Debug, Clone, Copy)]
pub(super) enum Written<'a> {
    /// All nodes, in place of the recorded ones, which are those of this status if it is known.
    All(Option<&'a WorkflowStatus>),
    /// Nodes with these ids.
    These(&'a IndexSet<String>),
}

/// Writes the status of a run. Call this in a write transaction.
pub(super) fn write(
    connection: &Connection,
    run: &str,
    status: &WorkflowStatus,
    nodes: Written<'_>,
) -> rusqlite::Result<()> {
    let whole = json(&WorkflowStatus {
        phase: status.phase,
        message: status.message.clone(),
        started_at: status.started_at,
        finished_at: status.finished_at,
        outputs: status.outputs.clone(),
        ..WorkflowStatus::default()
    })?;
    prepared(connection, "status_node", TABLES, PUT_STATUS)?.execute(params![run, whole])?;
    let changed = match nodes {
        Written::All(None) => return put_all(connection, run, status),
        Written::All(Some(known)) => return put_different(connection, run, status, known),
        Written::These(changed) => changed,
    };
    for id in changed {
        if let Some((position, _, node)) = status.nodes.get_full(id) {
            put(connection, run, position, &json(node)?)?;
        }
    }
    Ok(())
}

/// Writes the nodes that differ from the record, and deletes those that no longer exist.
fn put_all(connection: &Connection, run: &str, status: &WorkflowStatus) -> rusqlite::Result<()> {
    let mut different = Vec::new();
    {
        let mut statement = connection.prepare_cached(
            "SELECT position, node FROM status_node WHERE run = ?1 ORDER BY position",
        )?;
        let mut rows = statement.query([run])?;
        let mut known = rows.next()?;
        for (position, node) in status.nodes.values().enumerate() {
            let text = json(node)?;
            let is_there = match known {
                Some(row) if row.get::<_, i64>(0)? == number(position) => {
                    let is_same = row.get_ref(1)?.as_str()? == text;
                    known = rows.next()?;
                    is_same
                }
                _ => false,
            };
            if !is_there {
                different.push((position, text));
            }
        }
    }
    cut(connection, run, status.nodes.len())?;
    for (position, text) in different {
        put(connection, run, position, &text)?;
    }
    Ok(())
}

/// Writes the nodes that differ from the known recorded status, and deletes those that no longer exist.
fn put_different(
    connection: &Connection,
    run: &str,
    status: &WorkflowStatus,
    known: &WorkflowStatus,
) -> rusqlite::Result<()> {
    cut(connection, run, status.nodes.len())?;
    for (position, node) in status.nodes.values().enumerate() {
        let on_record = known.nodes.get_index(position).map(|(_, known)| known);
        if on_record != Some(node) {
            put(connection, run, position, &json(node)?)?;
        }
    }
    Ok(())
}

/// Deletes the nodes from a position on.
fn cut(connection: &Connection, run: &str, position: usize) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM status_node WHERE run = ?1 AND position >= ?2")?
        .execute(params![run, number(position)])?;
    Ok(())
}

fn put(connection: &Connection, run: &str, position: usize, node: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO status_node (run, position, node) VALUES (?1, ?2, ?3)
             ON CONFLICT (run, position) DO UPDATE SET node = ?3",
        )?
        .execute(params![run, number(position), node])?;
    Ok(())
}

fn number(position: usize) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
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
        let put = |status: &WorkflowStatus, nodes: Written<'_>| {
            let written = history.at_once(|transaction| write(transaction, "a", status, nodes));
            written.unwrap();
        };
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
        put(&status, Written::All(None));
        assert_eq!(history.status("a").unwrap(), Some(status.clone()));
        status
            .nodes
            .insert("a".to_owned(), node("a", Phase::Succeeded));
        status
            .nodes
            .insert("b".to_owned(), node("b", Phase::Pending));
        let changed: IndexSet<String> = ["a", "b"].map(str::to_owned).into_iter().collect();
        put(&status, Written::These(&changed));
        assert_eq!(history.status("a").unwrap(), Some(status.clone()));
        status.nodes.shift_remove("z");
        put(&status, Written::All(None));
        assert_eq!(history.status("a").unwrap(), Some(status.clone()));
        let written = history.connection.total_changes();
        put(&status, Written::All(None));
        assert_eq!(history.connection.total_changes(), written);
        // With a known status: a deleted node, a changed one, and a new one.
        let known = status.clone();
        status.nodes.shift_remove("a");
        status
            .nodes
            .insert("c".to_owned(), node("c", Phase::Running));
        put(&status, Written::All(Some(&known)));
        assert_eq!(history.status("a").unwrap(), Some(status.clone()));
        let written = history.connection.total_changes();
        put(&status, Written::All(Some(&status)));
        assert_eq!(history.connection.total_changes(), written);
        history.forget("a").unwrap();
        assert_eq!(history.status("a").unwrap(), None);
    }
}
