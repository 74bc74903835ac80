//! Changes that the worker proposes to a project's files (`python/argo_kedro/cloud`).

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Request for a proposal: the question to [`crate::Worker::propose`].
#[derive(Debug, Clone, Serialize)]
pub struct StoreRequest {
    /// Folder of the project.
    pub project: PathBuf,
    /// Environment of the configuration that is for the cluster.
    pub environment: String,
    /// Places for the data of each role.
    pub roots: Roots,
    /// Keys that `argo.yml` of that environment needs: `handoff`, and perhaps `service_account`, `environment`, `volumes`.
    pub argo: Value,
    /// Package that reads the store, where it needs one.
    pub package: Option<String>,
}

/// Places for data: URLs, or folders of a volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Roots {
    /// Data that no pipeline makes.
    pub raw: String,
    /// Data that a run makes: a folder of each run.
    pub base: String,
    /// Data that one run makes and another run reads.
    pub shared: String,
}

/// Proposal of the worker.
#[derive(Debug, Clone, Deserialize)]
pub struct Proposal {
    /// Files that change, those first that others need.
    pub edits: Vec<Edit>,
    /// Notes for the user.
    pub notes: Vec<Note>,
    /// Data that must be in the store before a run.
    pub input_data: Vec<InputData>,
    /// Set if anything would lead to the store.
    pub is_used: bool,
    /// Set if the environment has the package.
    pub has_package: bool,
    /// Namespace of the runs on a cluster, where `argo.yml` names one.
    pub namespace: Option<String>,
}

/// A file that changes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Edit {
    /// The file, relative to the project's folder where it is inside.
    pub path: String,
    /// Text of the file; none if there is no such file.
    pub before: Option<String>,
    /// Text that the file will have.
    pub after: String,
}

/// A line for the user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Note {
    /// The note, and its reason.
    pub text: String,
    /// Says whether something is left to the user.
    pub is_left: bool,
    /// The file that it is about.
    pub file: Option<String>,
    /// The line there, from 1.
    pub line: Option<usize>,
    /// Text that the user has to put into the file.
    pub paste: Option<String>,
}

/// Data that pipelines read and none makes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct InputData {
    /// Path in the project.
    pub here: String,
    /// Place in the store.
    pub there: String,
    /// Says whether they are a folder.
    pub is_folder: bool,
}
