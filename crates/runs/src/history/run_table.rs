//! Table of runs.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use crate::columns;
use crate::{ClusterPlace, RunRecord, RunSummary};

pub(super) fn create(connection: &Connection, run: &RunRecord) -> rusqlite::Result<()> {
    let place = run.cluster.as_ref();
    connection.execute(
        "INSERT INTO run (name, uid, pipeline, environment, created, phase, server, context, namespace)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            run.name,
            run.uid,
            run.pipeline,
            run.environment,
            run.created.to_string(),
            run.phase.as_str(),
            place.map(|place| &place.server),
            place.and_then(|place| place.context.as_ref()),
            place.map(|place| &place.namespace),
        ],
    )?;
    connection.execute(
        "INSERT INTO manifest (run, text) VALUES (?1, ?2)",
        params![run.name, run.manifest],
    )?;
    Ok(())
}

pub(super) fn put_aside(connection: &Connection, name: &str) -> rusqlite::Result<()> {
    let is_taken = |other: &str| -> rusqlite::Result<bool> {
        connection
            .prepare_cached("SELECT 1 FROM run WHERE name = ?1")?
            .exists([other])
    };
    let mut number = 1;
    let mut other = format!("{name}~{number}");
    while is_taken(&other)? {
        number += 1;
        other = format!("{name}~{number}");
    }
    // The events refer to the run by name, so check the references at the end.
    connection.execute_batch("PRAGMA defer_foreign_keys = ON")?;
    connection.execute(
        "UPDATE event SET run = ?2 WHERE run = ?1",
        params![name, other],
    )?;
    connection.execute(
        "UPDATE run SET name = ?2 WHERE name = ?1",
        params![name, other],
    )?;
    Ok(())
}

/// Columns of a run, as [`summary`] reads them; the manifest follows.
pub(super) const RUN: &str = "name, uid, pipeline, environment, created, phase, message, started, finished, tasks, succeeded, \
     unread, server, context, namespace";

pub(super) fn summary(row: &rusqlite::Row<'_>) -> rusqlite::Result<RunSummary> {
    let phase = columns::phase(row, 5)?;
    let finished = columns::moment(row, 8)?;
    let (server, namespace): (Option<String>, Option<String>) = (row.get(12)?, row.get(14)?);
    let context = row.get(13)?;
    let place = server
        .zip(namespace)
        .map(|(server, namespace)| ClusterPlace {
            server,
            context,
            namespace,
        });
    Ok(RunSummary {
        record: RunRecord {
            name: row.get(0)?,
            uid: row.get(1)?,
            pipeline: row.get(2)?,
            environment: row.get(3)?,
            created: columns::moment(row, 4)?.unwrap_or(Timestamp::UNIX_EPOCH),
            manifest: row.get(15)?,
            cluster: place,
            phase,
            finished,
        },
        phase,
        message: row.get(6)?,
        started: columns::moment(row, 7)?,
        finished,
        tasks: row.get(9)?,
        succeeded: row.get(10)?,
        unread: row.get(11)?,
    })
}
