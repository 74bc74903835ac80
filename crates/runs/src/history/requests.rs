//! Requests to active runs on this machine. A request is recorded before the program that executes the run learns of
//! it, and is only for that program: if the program is killed, the request is void, because a retry is another program.

use jiff::Timestamp;
use rusqlite::params;

use super::History;
use crate::RunRequest;
use crate::columns::{json, parsed};
use crate::has_table::has_table;
use crate::history_error::HistoryError;

/// Table of the requests. The first write creates it: a program that does not know it ignores it.
const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS request (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        run TEXT NOT NULL REFERENCES run (name) ON UPDATE CASCADE ON DELETE CASCADE,
        holder TEXT NOT NULL,
        at TEXT NOT NULL,
        asked TEXT NOT NULL,
        taken TEXT
    ) STRICT;";

impl History {
    /// Records a request to a run.
    ///
    /// # Arguments
    ///
    /// * `holder`: Id of the program that executes the run ([`crate::Holder::id`]).
    ///
    /// # Errors
    ///
    /// The request cannot be written.
    pub fn ask(
        &self,
        run: &str,
        holder: &str,
        at: Timestamp,
        asked: &RunRequest,
    ) -> Result<i64, HistoryError> {
        self.at_once(|transaction| {
            transaction.execute_batch(TABLE)?;
            transaction
                .prepare_cached(
                    "INSERT INTO request (run, holder, at, asked) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![run, holder, at.to_string(), json(asked)?])?;
            Ok(transaction.last_insert_rowid())
        })
    }

    /// Takes the requests to the program that executes a run, first to last. Each request is returned once.
    ///
    /// # Errors
    ///
    /// The requests cannot be read, or marked as taken.
    pub fn take_requests(
        &self,
        run: &str,
        holder: &str,
        at: Timestamp,
    ) -> Result<Vec<RunRequest>, HistoryError> {
        self.at_once(|transaction| {
            if !has_table(transaction, "request")? {
                return Ok(Vec::new());
            }
            let mut statement = transaction.prepare_cached(
                "UPDATE request SET taken = ?3 WHERE run = ?1 AND holder = ?2 AND taken IS NULL
                 RETURNING number, asked",
            )?;
            let mut rows = statement.query(params![run, holder, at.to_string()])?;
            let mut found: Vec<(i64, RunRequest)> = Vec::new();
            while let Some(row) = rows.next()? {
                if let Some(asked) = parsed(row, 1)? {
                    found.push((row.get(0)?, asked));
                }
            }
            found.sort_by_key(|(number, _)| *number);
            Ok(found.into_iter().map(|(_, asked)| asked).collect())
        })
    }

    /// Withdraws a request that the program has not taken. Says whether it could.
    ///
    /// # Errors
    ///
    /// The request cannot be deleted.
    pub fn take_back(&self, number: i64) -> Result<bool, HistoryError> {
        self.at_once(|transaction| {
            let query = "DELETE FROM request WHERE number = ?1 AND taken IS NULL";
            Ok(transaction.execute(query, [number])? > 0)
        })
    }

    /// Lists the requests that the current or last program of a run has taken, first to last.
    ///
    /// # Errors
    ///
    /// The requests cannot be read.
    pub fn requests(&self, run: &str, since: Timestamp) -> Result<Vec<RunRequest>, HistoryError> {
        let read = || -> rusqlite::Result<Vec<RunRequest>> {
            if !has_table(&self.connection, "request")? {
                return Ok(Vec::new());
            }
            let mut statement = self.connection.prepare_cached(
                "SELECT at, asked FROM request WHERE run = ?1 AND taken IS NOT NULL ORDER BY number",
            )?;
            let mut rows = statement.query([run])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let at: String = row.get(0)?;
                let is_meant = at.parse::<Timestamp>().is_ok_and(|at| at >= since);
                found.extend(parsed::<RunRequest>(row, 1)?.filter(|_| is_meant));
            }
            Ok(found)
        };
        read().map_err(|source| self.of_run(run, source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Phase, Request, RunRecord};

    #[test]
    fn a_request_is_taken_once_by_the_program_that_it_is_for() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(&folder.path().join("history.db")).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        history
            .create(&RunRecord {
                name: "a".to_owned(),
                uid: "u".to_owned(),
                pipeline: String::new(),
                environment: String::new(),
                created: now,
                manifest: "{}".to_owned(),
                cluster: None,
                phase: Phase::Pending,
                finished: None,
            })
            .unwrap();
        let take = |holder: &str| history.take_requests("a", holder, now).unwrap();
        assert_eq!(take("1"), []);
        assert_eq!(history.requests("a", now).unwrap(), []);
        let asked = |request: Request| RunRequest {
            by: "ann".to_owned(),
            request,
        };
        let resume = asked(Request::Resume {
            nodes: Some(vec!["x".to_owned()]),
            outputs: vec![("answer".to_owned(), "yes".to_owned())],
        });
        let all = [asked(Request::Suspend), resume, asked(Request::Stop)];
        for asked in &all {
            history.ask("a", "1", now, asked).unwrap();
        }
        // A killed program has not taken the request, and the next program is not its target.
        assert_eq!(take("2"), []);
        assert_eq!(history.requests("a", now).unwrap(), []);
        assert_eq!(take("1"), all);
        assert_eq!(take("1"), []);
        assert_eq!(history.requests("a", now).unwrap(), all);
        let later = "1970-01-01T00:00:01Z".parse().unwrap();
        assert_eq!(history.requests("a", later).unwrap(), []);
        let number = history.ask("a", "1", now, &all[0]).unwrap();
        assert!(history.take_back(number).unwrap());
        assert!(!history.take_back(number).unwrap());
        assert_eq!(take("1"), []);
        history.forget("a").unwrap();
        assert_eq!(history.requests("a", now).unwrap(), []);
    }
}
