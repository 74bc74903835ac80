//! Code, values and inputs of a task, and the lines of its record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Code, parameters and inputs of a task, each with its name, so that a difference can be named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MadeOf {
    /// Versions of Python and of Kedro.
    pub(super) versions: BTreeMap<String, String>,
    /// Digest of the task's nodes, of their inputs and outputs, and of their functions' arguments.
    pub(super) nodes: String,
    /// Digests of files with code, by path.
    pub(super) code: BTreeMap<String, String>,
    /// Digests of parameters, by name, and of catalog entries, by dataset.
    pub(super) values: BTreeMap<String, String>,
    /// Paths of files on this machine that no task of the run makes, by dataset.
    pub(super) inputs: BTreeMap<String, String>,
    /// Tasks that make the other inputs, by dataset.
    pub(super) upstream: BTreeMap<String, String>,
    /// Reasons why a change of something would not show, by its name.
    pub(super) unseen: BTreeMap<String, String>,
}

/// A line of the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    /// Task that has succeeded.
    Task(SucceededTask),
    /// Task that had succeeded, and runs again.
    Begun(String),
    /// Content at the start of the run of a file that tasks read.
    Content(Content),
}

/// Task that has succeeded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SucceededTask {
    /// Name of the task.
    pub(super) task: String,
    /// Id of the result, new at each run of the task. It begins with the unique id of the run, and `@`.
    pub(super) id: String,
    /// Code, parameters and inputs at that time.
    pub(super) made_of: MadeOf,
    /// Ids of the results that the task read, by task.
    pub(super) read: BTreeMap<String, String>,
    /// Stamps of the files that the task could read, by path, from the time when the run began or continued.
    pub(super) stamps: BTreeMap<String, String>,
}

impl SucceededTask {
    /// Unique id of the run in which the task ran.
    pub(super) fn uid(&self) -> &str {
        self.id.split('@').next().unwrap_or_default()
    }

    /// Paths and stamps of the files that the task read.
    pub(super) fn files(&self) -> impl Iterator<Item = (String, String)> {
        let paths = self.made_of.inputs.values();
        paths.filter_map(|path| Some((path.clone(), self.stamps.get(path)?.clone())))
    }
}

/// Content of a file or a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Content {
    pub(super) path: String,
    /// Size and times, which change with each write.
    pub(super) stamp: String,
    pub(super) digest: String,
    /// Set if a later change would show in the stamp.
    pub(super) is_settled: bool,
}
