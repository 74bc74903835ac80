//! What a task is made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Code, parameters and inputs of a task, each with its name, so that a difference can be named.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MadeOf {
    /// Versions of Python and of Kedro.
    pub(super) versions: BTreeMap<String, String>,
    /// Digest of its nodes, of what they read and write, and of what their functions are given.
    pub(super) nodes: String,
    /// Digests of files with code, by path.
    pub(super) code: BTreeMap<String, String>,
    /// Digests of parameters, by name, and of catalog entries, by dataset.
    pub(super) values: BTreeMap<String, String>,
    /// Paths of files on this machine, by dataset: no task of the run makes them.
    pub(super) inputs: BTreeMap<String, String>,
    /// Tasks that make its other inputs, by dataset.
    pub(super) upstream: BTreeMap<String, String>,
    /// Reasons why nobody can see whether something is as it was, by its name.
    pub(super) unseen: BTreeMap<String, String>,
}

/// A line of the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    /// A task that has ended well.
    Task(Ended),
    /// A task that had ended well, and runs again.
    Begun(String),
    /// A file that tasks read, as it was when the run began.
    Content(Content),
}

/// A task that has ended well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ended {
    /// Name of the task.
    pub(super) task: String,
    /// Id of what it has made: another one each time that it runs. It begins with the unique id of the run, and `@`.
    pub(super) id: String,
    /// Code, parameters and inputs at that time.
    pub(super) made_of: MadeOf,
    /// Ids of what the tasks had made that make its inputs, by task.
    pub(super) read: BTreeMap<String, String>,
    /// Stamps of the files that it could read, by path: as they were when the run began, or went on.
    pub(super) stamps: BTreeMap<String, String>,
}

impl Ended {
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

/// A file or a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Content {
    pub(super) path: String,
    /// Size and times, which tell without a look at the content whether it was written again.
    pub(super) stamp: String,
    pub(super) digest: String,
    /// Set if a later change would show in the stamp.
    pub(super) is_settled: bool,
}
