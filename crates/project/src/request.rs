use std::path::PathBuf;

use serde::Serialize;

/// Request to read a project, with the words that the user typed; Kedro's own code parses them.
#[derive(Debug, Clone, Default, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a word of its own that the worker reads"
)]
pub struct Request {
    /// Folder of the project.
    pub project: PathBuf,
    /// Configuration environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
    /// Environment to use if neither a flag nor `KEDRO_ENV` names one, and its folder exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_env: Option<String>,
    /// Configuration folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conf_source: Option<String>,
    /// File with defaults for missing flags, as for `kedro run --config`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<PathBuf>,
    /// Set to ignore the selection of nodes in that file.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub whole_pipeline: bool,
    /// Class of the runner inside each task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runner: Option<String>,
    /// Arguments of the runner, `key=value`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runner_params: Vec<String>,
    /// Set if the runner loads and saves asynchronously.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_async: bool,
    /// Runtime parameters, `key=value`.
    pub params: Vec<String>,
    /// File with runtime parameters; typed ones override it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params_file: Option<PathBuf>,
    /// Configured runtime parameters, e.g. those of a schedule; a file and typed ones override them.
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    pub configured_params: serde_json::Map<String, serde_json::Value>,
    /// Dataset versions, `dataset:version`.
    pub load_versions: Vec<String>,
    /// Registered pipelines.
    pub pipelines: Vec<String>,
    /// Tags.
    pub tags: Vec<String>,
    /// Nodes.
    pub nodes: Vec<String>,
    /// Nodes to start from.
    pub from_nodes: Vec<String>,
    /// Nodes to end at.
    pub to_nodes: Vec<String>,
    /// Datasets to start from.
    pub from_inputs: Vec<String>,
    /// Datasets to end at.
    pub to_outputs: Vec<String>,
    /// Namespaces.
    pub namespaces: Vec<String>,
    /// Set to select only nodes with missing outputs.
    pub only_missing_outputs: bool,
    /// Set to accept a pipeline without nodes.
    pub allow_empty: bool,
    /// Set to read only `argo.yml`: no pipeline, no catalog, no parameters.
    pub configuration_only: bool,
    /// Set to compute digests of parameters and catalog entries (`Snapshot::digests`).
    pub digests: bool,
    /// Set to compute digests of the nodes' code (`Snapshot::code`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub code: bool,
}

impl Request {
    /// Request for one whole pipeline, with the same project, environment and parameters.
    #[must_use]
    pub fn of_pipeline(&self, pipeline: &str) -> Self {
        Self {
            project: self.project.clone(),
            env: self.env.clone(),
            preferred_env: self.preferred_env.clone(),
            conf_source: self.conf_source.clone(),
            config: self.config.clone(),
            whole_pipeline: true,
            runner: self.runner.clone(),
            runner_params: self.runner_params.clone(),
            is_async: self.is_async,
            params: self.params.clone(),
            params_file: self.params_file.clone(),
            configured_params: self.configured_params.clone(),
            pipelines: vec![pipeline.to_owned()],
            ..Self::default()
        }
    }
}
