//! What the worker proposes to change in a project's files (`python/argo_kedro/cloud`).

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What to put where: the question to [`crate::Worker::propose`].
#[derive(Debug, Clone, Serialize)]
pub struct StoreRequest {
    /// Folder of the project.
    pub project: PathBuf,
    /// Environment of the configuration that is for the cluster.
    pub environment: String,
    /// Where the data of each role go.
    pub roots: Roots,
    /// What `argo.yml` of that environment needs: `handoff`, and perhaps `service_account`, `environment`, `volumes`.
    pub argo: Value,
}

/// Where the data go: URLs, or folders of a volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Roots {
    /// What no pipeline makes.
    pub raw: String,
    /// What a run makes: a folder of each run.
    pub base: String,
    /// What one run makes and another run reads.
    pub shared: String,
}

/// What the worker proposes.
#[derive(Debug, Clone, Deserialize)]
pub struct Proposal {
    /// Files that change, those first that others need.
    pub edits: Vec<Edit>,
    /// What the user has to know, or do.
    pub notes: Vec<Note>,
    /// What has to be in the store before a run.
    pub input_data: Vec<InputData>,
}

/// A file that changes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Edit {
    /// The file, relative to the project's folder where it is inside.
    pub path: String,
    /// Its text; none if there is no such file.
    pub before: Option<String>,
    /// What it will be.
    pub after: String,
}

/// A line for the user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Note {
    /// What is so, and why.
    pub text: String,
    /// Whether something is left to the user.
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
    /// Where they are in the project.
    pub here: String,
    /// Where they belong.
    pub there: String,
    /// Whether they are a folder.
    pub is_folder: bool,
}
