//! Changes to a project's files that the worker proposes (`python/argo_kedro/cloud`).

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Request for a proposal, for [`crate::Worker::propose`].
#[derive(Debug, Clone, Serialize)]
pub struct StoreRequest {
    /// Folder of the project.
    pub project: PathBuf,
    /// Configuration environment for the cluster.
    pub environment: String,
    /// Places for the data of each role.
    pub roots: Roots,
    /// Keys that `argo.yml` of that environment needs: `handoff`, and possibly `service_account`, `environment`,
    /// `volumes`.
    pub argo: Value,
    /// Package that accesses the store, if one is needed.
    pub package: Option<String>,
}

/// Places for data: URLs, or folders of a volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Roots {
    /// Data that no pipeline creates.
    pub raw: String,
    /// Data that a run creates, in a folder of its own.
    pub base: String,
    /// Data that one run creates and another run reads.
    pub shared: String,
}

/// Proposal of the worker.
#[derive(Debug, Clone, Deserialize)]
pub struct Proposal {
    /// Changed files; a file that others need comes first.
    pub edits: Vec<Edit>,
    /// Notes for the user.
    pub notes: Vec<Note>,
    /// Data that must be in the store before a run.
    pub input_data: Vec<InputData>,
    /// Set if any dataset would use the store.
    pub is_used: bool,
    /// Set if the package is installed in the environment.
    pub has_package: bool,
    /// Namespace of the runs on a cluster, if `argo.yml` names one.
    pub namespace: Option<String>,
}

/// A changed file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Edit {
    /// Path of the file; relative to the project's folder if it is inside.
    pub path: String,
    /// Current text of the file; none for a new file.
    pub before: Option<String>,
    /// New text of the file.
    pub after: String,
}

/// A line for the user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Note {
    /// The note, and its reason.
    pub text: String,
    /// Set if the user has to do something.
    pub is_left: bool,
    /// File of the note.
    pub file: Option<String>,
    /// Line in that file, from 1.
    pub line: Option<usize>,
    /// Text that the user has to paste into the file.
    pub paste: Option<String>,
}

/// Data that pipelines read but none creates.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct InputData {
    /// Path in the project.
    pub here: String,
    /// Path in the store.
    pub there: String,
    /// Set if the data is a folder.
    pub is_folder: bool,
}
