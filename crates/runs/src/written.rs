//! Paths to which the tasks of a run have written their datasets. Only the tasks know them: only the catalog of a task
//! knows a path with the run's id and version in it.

use std::path::{Path, PathBuf};

use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use crate::columns;
use crate::{History, HistoryError};

/// A dataset that a task has written, or the `MLflow` run of the workflow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Name of the task; empty in the task's own notes.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub task: String,
    /// Name of the dataset; empty for an `MLflow` run.
    pub dataset: String,
    /// An absolute path or a URL.
    pub path: String,
    /// Disk of a path on a cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<Disk>,
    /// Number of files, their size and last change, at the end of the task: only for data on the machine of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp: Option<String>,
    /// File or folder on this machine that stands in for the object of a URL (`run --like-a-pod`). Only commands that
    /// show a run set it; the notes of tasks lack it.
    #[serde(skip)]
    pub stand_in: Option<PathBuf>,
    /// The `MLflow` run of the workflow, if this is no dataset. `path` is then the address of the run, or the place
    /// that stores it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mlflow: Option<MlflowRun>,
}

/// The `MLflow` run of a workflow (`python/argo_kedro/mlflow/run_note.py`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MlflowRun {
    /// Id of the run in `MLflow`.
    pub run: String,
    /// Reason why the run is not where it should be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A disk of a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Disk {
    /// The pod's own disk, which is deleted with the pod.
    Pod,
    /// A mounted volume.
    Volume,
}

/// Notes of tasks: one line of JSON per written dataset.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// Datasets and `MLflow` runs, in the order of the notes.
    pub written: Vec<Written>,
    /// Number of unreadable lines: a full disk cuts a line, and another version of argo-kedro may write other lines.
    /// `written` lacks the datasets of these lines.
    pub unread: usize,
}

impl Notes {
    /// Parses the text of notes.
    pub fn read(text: &str) -> Self {
        let mut notes = Self::default();
        for line in text.lines() {
            match serde_json::from_str(line) {
                Ok(written) => notes.written.push(written),
                Err(_) => notes.unread += 1,
            }
        }
        notes
    }
}

impl Written {
    /// Keeps the last note of each dataset, in the order of the notes.
    pub fn last(written: Vec<Self>) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for written in written {
            match found
                .iter_mut()
                .find(|known| known.dataset == written.dataset)
            {
                Some(known) => *known = written,
                None => found.push(written),
            }
        }
        found
    }

    /// Says whether the path is a URL.
    pub fn is_url(&self) -> bool {
        self.path.contains("://")
    }

    /// Says whether the data exists, as far as this machine can tell: a URL may, an `MLflow` run does.
    pub fn is_there(&self) -> bool {
        if let Some(stand_in) = &self.stand_in {
            return stand_in.exists();
        }
        self.mlflow.is_some() || self.is_url() || Path::new(&self.path).exists()
    }

    /// Splits notes into datasets, and the last noted `MLflow` run.
    pub fn parted(written: Vec<Self>) -> (Vec<Self>, Option<Self>) {
        let (mut runs, datasets): (Vec<Self>, _) =
            written.into_iter().partition(|it| it.mlflow.is_some());
        (datasets, runs.pop())
    }
}

impl History {
    /// Reads the recorded results of a run.
    pub fn written(&self, run: &str) -> Result<Vec<Written>, HistoryError> {
        let found = self
            .connection
            .prepare_cached("SELECT results FROM run WHERE name = ?1")
            .and_then(|mut statement| {
                let of_row = |row: &rusqlite::Row<'_>| columns::parsed(row, 0);
                statement.query_row([run], of_row).optional()
            });
        let found = found.map_err(|source| self.of_run(run, source))?;
        Ok(found.flatten().unwrap_or_default())
    }

    /// Records the results of a run.
    ///
    /// # Arguments
    ///
    /// * `version`: Version of the Workflow with these notes. A version older than the record changes nothing.
    pub fn put_written(
        &self,
        run: &str,
        version: Option<u64>,
        written: &[Written],
    ) -> Result<(), HistoryError> {
        let version = version.and_then(|version| i64::try_from(version).ok());
        columns::json(&written)
            .and_then(|text| {
                let update = "UPDATE run SET results = ?2
                     WHERE name = ?1 AND (?3 IS NULL OR version IS NULL OR version <= ?3)";
                self.connection.execute(update, params![run, text, version])
            })
            .map(|_| ())
            .map_err(|source| self.database(source))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{Phase, RunRecord};

    fn written(path: &str) -> Vec<Written> {
        vec![Written {
            task: "train".to_owned(),
            dataset: "model".to_owned(),
            path: path.to_owned(),
            disk: Some(Disk::Volume),
            ..Written::default()
        }]
    }

    #[test]
    fn what_an_older_version_says_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let history = History::open(&folder.path().join("history.db")).unwrap();
        let run = RunRecord {
            name: "a".to_owned(),
            uid: "1".to_owned(),
            pipeline: "__default__".to_owned(),
            environment: "local".to_owned(),
            created: Timestamp::UNIX_EPOCH,
            manifest: String::new(),
            cluster: None,
            phase: Phase::Pending,
            finished: None,
        };
        history.create(&run).unwrap();
        assert!(history.written("a").unwrap().is_empty());
        history.put_written("a", None, &written("/old")).unwrap();
        let mut known = None;
        history
            .bring_up("a", &mut known, Some(7), |_| Vec::new())
            .unwrap();
        history.put_written("a", Some(7), &written("/new")).unwrap();
        history.put_written("a", Some(6), &written("/old")).unwrap();
        assert_eq!(history.written("a").unwrap(), written("/new"));
    }

    #[test]
    fn a_line_that_does_not_end_is_counted() {
        let text = "{\"dataset\": \"model\", \"path\": \"s3://b/model\"}\n{\"dataset\": \"mod";
        let notes = Notes::read(text);
        assert_eq!((notes.written.len(), notes.unread), (1, 1));
        assert_eq!(
            (&*notes.written[0].dataset, &*notes.written[0].path),
            ("model", "s3://b/model")
        );
        assert_eq!(Notes::read(""), Notes::default());
    }
}
