//! Submissions to a cluster: recorded before the request, so that a process that is killed before the answer leaves a
//! trace.

use jiff::Timestamp;
use rusqlite::params;

use crate::{ClusterPlace, History, HistoryError, columns};

/// A Workflow whose creation was requested from a cluster, or is about to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// Id, also in the Workflow.
    pub id: String,
    /// Target cluster.
    pub place: ClusterPlace,
    /// Time of the record.
    pub at: Timestamp,
}

impl History {
    /// Records a submission.
    pub fn announce(&self, submission: &Submission) -> Result<(), HistoryError> {
        let Submission { id, place, at } = submission;
        self.connection
            .execute(
                "INSERT INTO submission (id, at, server, context, namespace)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    id,
                    at.to_string(),
                    place.server,
                    place.context,
                    place.namespace
                ],
            )
            .map(|_| ())
            .map_err(|source| self.database(source))
    }

    /// Lists the submissions with an unknown outcome.
    pub fn submissions(&self) -> Result<Vec<Submission>, HistoryError> {
        let read = || -> rusqlite::Result<Vec<Submission>> {
            let mut statement = self
                .connection
                .prepare("SELECT id, at, server, context, namespace FROM submission ORDER BY at")?;
            let rows = statement.query_map([], |row| {
                let at: String = row.get(1)?;
                Ok(Submission {
                    id: row.get(0)?,
                    at: at.parse().map_err(|error| columns::unreadable(1, error))?,
                    place: ClusterPlace {
                        server: row.get(2)?,
                        context: row.get(3)?,
                        namespace: row.get(4)?,
                    },
                })
            })?;
            rows.collect()
        };
        read().map_err(|source| self.database(source))
    }

    /// Deletes a submission: its run is on record, or does not exist.
    pub fn settle(&self, id: &str) -> Result<(), HistoryError> {
        self.connection
            .execute("DELETE FROM submission WHERE id = ?1", [id])
            .map(|_| ())
            .map_err(|source| self.database(source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_submission_is_known_until_it_is_settled() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        let submissions: Vec<Submission> = [("b", 1, None), ("a", 2, Some("kind"))]
            .map(|(id, second, context)| Submission {
                id: id.to_owned(),
                at: Timestamp::from_second(second).unwrap(),
                place: ClusterPlace {
                    server: "https://s".to_owned(),
                    context: context.map(str::to_owned),
                    namespace: "n".to_owned(),
                },
            })
            .to_vec();
        let history = History::open(&path).unwrap();
        for submission in &submissions {
            history.announce(submission).unwrap();
        }
        let next = History::open(&path).unwrap();
        assert_eq!(next.submissions().unwrap(), submissions);
        next.settle("b").unwrap();
        next.settle("b").unwrap();
        assert_eq!(next.submissions().unwrap(), submissions[1..]);
    }

    #[test]
    fn a_submission_whose_moment_cannot_be_read_is_not_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(&folder.path().join("history.db")).unwrap();
        let damaged =
            "INSERT INTO submission (id, at, server, namespace) VALUES ('a', 'x', 's', 'n')";
        history.connection.execute(damaged, []).unwrap();
        // An old default time would make the submission look abandoned.
        history.submissions().unwrap_err();
    }
}
