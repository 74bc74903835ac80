//! Histories of older versions: their events are reduced to a state once per run, and the state is kept from then on.

use std::collections::HashSet;

use jiff::Timestamp;
use rusqlite::{Connection, Row, params};

use crate::table_definitions::TABLES;
use crate::{RunEvent, RunState, columns, stored};

/// Converts the tables of versions 1 to 3 to the current ones. Call this in a transaction.
pub(crate) fn take_over(connection: &Connection, version: i64) -> rusqlite::Result<()> {
    if version == 1 {
        connection.execute_batch(
            "ALTER TABLE run ADD COLUMN server TEXT;
             ALTER TABLE run ADD COLUMN context TEXT;
             ALTER TABLE run ADD COLUMN namespace TEXT;
             CREATE TABLE IF NOT EXISTS event (
                 run TEXT NOT NULL REFERENCES run (name),
                 number INTEGER NOT NULL,
                 at TEXT NOT NULL,
                 event TEXT NOT NULL,
                 PRIMARY KEY (run, number)
             ) STRICT, WITHOUT ROWID;",
        )?;
    }
    // Keep the references of other tables, which use the original name.
    connection.execute_batch(&format!(
        "PRAGMA legacy_alter_table = ON;
         ALTER TABLE run RENAME TO older_run;
         PRAGMA legacy_alter_table = OFF;
         ALTER TABLE event ADD COLUMN key TEXT;
         {TABLES}
         INSERT INTO run (number, name, uid, pipeline, environment, created, phase, finished, server, context,
             namespace)
         SELECT rowid, name, uid, pipeline, environment, created, phase, finished, server, context, namespace
         FROM older_run ORDER BY rowid;
         INSERT INTO manifest (run, text) SELECT name, manifest FROM older_run;
         DROP TABLE older_run;"
    ))?;
    let mut statement = connection.prepare("SELECT name, server IS NOT NULL FROM run")?;
    let runs = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<Vec<(String, bool)>>>()?;
    for (run, on_cluster) in runs {
        add_up(connection, &run, on_cluster)?;
    }
    Ok(())
}

/// Reduces the events of a run to a state. Skips and counts unreadable events.
///
/// Two followers of a run on a cluster both recorded what they saw. Their events have the same cluster time and
/// content, so the second is dropped.
fn add_up(connection: &Connection, run: &str, on_cluster: bool) -> rusqlite::Result<()> {
    let mut state = RunState::default();
    let mut unread = 0;
    let mut seen = HashSet::new();
    let mut doubled: Vec<i64> = Vec::new();
    {
        let mut statement = connection
            .prepare_cached("SELECT number, at, event FROM event WHERE run = ?1 ORDER BY number")?;
        let mut rows = statement.query([run])?;
        while let Some(row) = rows.next()? {
            let Some((at, event)) = read(row) else {
                unread += 1;
                continue;
            };
            if on_cluster && !seen.insert((at, row.get::<_, String>(2)?)) {
                doubled.push(row.get(0)?);
                continue;
            }
            state.apply(at, &event);
        }
    }
    for number in doubled {
        connection
            .prepare_cached("DELETE FROM event WHERE run = ?1 AND number = ?2")?
            .execute(params![run, number])?;
    }
    if unread > 0 || state == RunState::default() {
        // The final event may be the unreadable one; the run's own row has the end too.
        let (phase, finished) = connection
            .prepare_cached("SELECT phase, finished FROM run WHERE name = ?1")?
            .query_row([run], |row| {
                Ok((columns::phase(row, 0).ok(), columns::moment(row, 1).ok()))
            })?;
        if let Some(phase) = phase.filter(|phase| phase.is_final() && !state.phase.is_final()) {
            state.phase = phase;
            state.finished = finished.flatten().or(state.finished);
        }
    }
    stored::save(connection, run, &state)?;
    connection
        .prepare_cached("UPDATE run SET unread = ?2 WHERE name = ?1")?
        .execute(params![run, unread])?;
    Ok(())
}

/// Reads an event; none if it is unreadable.
fn read(row: &Row<'_>) -> Option<(Timestamp, RunEvent)> {
    // Invalid UTF-8 makes only this event unreadable.
    let column = |index| row.get_ref(index).ok()?.as_str().ok();
    let at = column(1)?.parse().ok()?;
    Some((at, serde_json::from_str(column(2)?).ok()?))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::{ClusterPlace, History, Phase, RunRecord};

    use super::*;

    /// Creates a history of the version before clusters.
    fn first_version(path: &Path) {
        let connection = Connection::open(path).unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL;
                 CREATE TABLE run (name TEXT PRIMARY KEY, uid TEXT NOT NULL, pipeline TEXT NOT NULL,
                     environment TEXT NOT NULL, created TEXT NOT NULL, manifest TEXT NOT NULL,
                     phase TEXT NOT NULL, finished TEXT) STRICT;
                 CREATE TABLE event (run TEXT NOT NULL REFERENCES run (name), number INTEGER NOT NULL,
                     at TEXT NOT NULL, event TEXT NOT NULL, PRIMARY KEY (run, number)) STRICT, WITHOUT ROWID;
                 INSERT INTO run VALUES ('old', 'u', 'p', 'e', '2026-01-01T00:00:00Z', 'm',
                     'Succeeded', NULL);
                 PRAGMA user_version = 1;",
            )
            .unwrap();
    }

    /// Creates a history of the version without stored states, with the `events` of its one run.
    fn third_version(path: &Path, server: Option<&str>, events: &[(&str, &str)]) {
        first_version(path);
        let connection = Connection::open(path).unwrap();
        connection
            .execute_batch(
                "ALTER TABLE run ADD COLUMN server TEXT;
                 ALTER TABLE run ADD COLUMN context TEXT;
                 ALTER TABLE run ADD COLUMN namespace TEXT;
                 CREATE TABLE submission (id TEXT PRIMARY KEY, at TEXT NOT NULL, server TEXT NOT NULL,
                     context TEXT, namespace TEXT NOT NULL) STRICT;
                 PRAGMA user_version = 3;",
            )
            .unwrap();
        connection
            .execute("UPDATE run SET server = ?1, namespace = 'n'", [server])
            .unwrap();
        for (number, (at, event)) in events.iter().enumerate() {
            let number = i64::try_from(number).unwrap();
            connection
                .execute(
                    "INSERT INTO event VALUES ('old', ?1, ?2, ?3)",
                    params![number, at, event],
                )
                .unwrap();
        }
    }

    const STARTED: (&str, &str) = (
        "2026-01-01T00:00:01Z",
        r#"{"event":"run_started","tasks":[{"name":"fit","nodes":["fit"],"upstream":[]}],"outstanding":["fit"]}"#,
    );
    const TRIED: (&str, &str) = (
        "2026-01-01T00:00:02Z",
        r#"{"event":"task_started","task":"fit"}"#,
    );
    const FAILED: (&str, &str) = (
        "2026-01-01T00:00:03Z",
        r#"{"event":"task_finished","task":"fit","phase":"Failed","exit_code":3}"#,
    );
    const ENDED: (&str, &str) = (
        "2026-01-01T00:00:04Z",
        r#"{"event":"run_finished","phase":"Failed"}"#,
    );

    #[test]
    fn a_history_that_knew_no_clusters_is_taken_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        first_version(&path);
        let history = History::open(&path).unwrap();
        let old = history.run("old").unwrap().unwrap();
        assert_eq!((old.cluster.as_ref(), old.manifest.as_str()), (None, "m"));
        let place = ClusterPlace {
            server: "https://s".to_owned(),
            context: Some("c".to_owned()),
            namespace: "n".to_owned(),
        };
        let new = RunRecord {
            name: "new".to_owned(),
            cluster: Some(place.clone()),
            ..old
        };
        history.create(&new).unwrap();
        assert_eq!(history.run("new").unwrap().unwrap().cluster, Some(place));
        assert!(history.submissions().unwrap().is_empty());
    }

    #[test]
    fn events_of_an_older_history_are_added_up_and_go_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        third_version(&path, None, &[STARTED, TRIED, FAILED, ENDED]);
        let history = History::open(&path).unwrap();
        let state = history.state("old").unwrap();
        assert_eq!(
            (state.phase, state.tasks["fit"].attempts),
            (Phase::Failed, 1)
        );
        assert_eq!(state.tasks["fit"].exit_code, Some(3));
        let at = "2026-01-02T00:00:00Z".parse().unwrap();
        let again: RunEvent = serde_json::from_str(STARTED.1).unwrap();
        let started: RunEvent = serde_json::from_str(TRIED.1).unwrap();
        assert!(history.append("old", at, &again).unwrap());
        assert!(history.append("old", at, &started).unwrap());
        assert_eq!(history.state("old").unwrap().tasks["fit"].attempts, 2);
    }

    #[test]
    fn what_two_followers_put_on_record_counts_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        let told = [STARTED, STARTED, TRIED, TRIED, FAILED, ENDED, FAILED, ENDED];
        third_version(&path, Some("https://s"), &told);
        let history = History::open(&path).unwrap();
        let state = history.state("old").unwrap();
        assert_eq!(
            (state.phase, state.tasks["fit"].attempts),
            (Phase::Failed, 1)
        );
        let left: i64 = history
            .connection
            .query_row("SELECT count(*) FROM event", [], |row| row.get(0))
            .unwrap();
        assert_eq!(left, 4);
    }

    #[test]
    fn an_event_that_cannot_be_read_is_left_out_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        let damaged = ("2026-01-01T00:00:02Z", r#"{"event": "task_star"#);
        third_version(&path, None, &[STARTED, damaged, FAILED, ENDED]);
        let history = History::open(&path).unwrap();
        let listed = history.runs().unwrap().runs;
        assert_eq!((listed[0].unread, listed[0].phase), (1, Phase::Failed));
        assert_eq!(
            history.state("old").unwrap().tasks["fit"].phase,
            Phase::Failed
        );
    }

    #[test]
    fn an_event_that_is_no_text_costs_no_more_than_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        third_version(&path, None, &[STARTED, TRIED, FAILED, ENDED]);
        let connection = Connection::open(&path).unwrap();
        let damage = "UPDATE event SET event = CAST(x'7bff' AS TEXT) WHERE number = 1;
                      UPDATE event SET at = CAST(x'ff' AS TEXT) WHERE number = 2";
        connection.execute_batch(damage).unwrap();
        let history = History::open(&path).unwrap();
        let listed = history.runs().unwrap().runs;
        assert_eq!((listed[0].unread, listed[0].phase), (2, Phase::Failed));
    }

    #[test]
    fn a_run_that_ended_has_ended_though_its_last_event_cannot_be_read() {
        for events in [&[STARTED, ("2026-01-01T00:00:04Z", "{")][..], &[]] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("history.db");
            third_version(&path, None, events);
            let history = History::open(&path).unwrap();
            let listed = history.runs().unwrap().runs;
            assert_eq!(listed[0].phase, Phase::Succeeded);
        }
    }

    #[test]
    fn two_processes_may_take_a_history_over_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        third_version(&path, None, &[STARTED, TRIED]);
        let open = || History::open(&path).map(|history| history.runs().unwrap().runs.len());
        let found: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap().unwrap())
                .collect()
        });
        assert_eq!(found, [1; 8]);
    }
}
