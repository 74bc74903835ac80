use std::path::PathBuf;

use serde::Serialize;

/// Request to read a project, in the words that the user typed; Kedro's own code splits them.
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
    /// Environment to take where nobody chose one, by a flag or by `KEDRO_ENV`, and there is a folder for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_env: Option<String>,
    /// Configuration folder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conf_source: Option<String>,
    /// File that says what is not typed, as for `kedro run --config`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<PathBuf>,
    /// Says whether what that file says of a part of a pipeline does not count.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub whole_pipeline: bool,
    /// Class of the runner inside each task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runner: Option<String>,
    /// Arguments of the runner, `key=value`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub runner_params: Vec<String>,
    /// Says whether the runner loads and saves asynchronously.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_async: bool,
    /// Runtime parameters, `key=value`.
    pub params: Vec<String>,
    /// File with runtime parameters; typed ones win.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params_file: Option<PathBuf>,
    /// Runtime parameters that are configured, e.g. a schedule's; those of a file and typed ones win.
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
    /// Says whether only nodes with missing outputs count.
    pub only_missing_outputs: bool,
    /// Says whether a pipeline without nodes is as good as any.
    pub allow_empty: bool,
    /// Says whether `argo.yml` alone is wanted: no pipeline, no catalog, no parameters.
    pub configuration_only: bool,
    /// Says whether digests of parameters and catalog entries are wanted (`Snapshot::digests`).
    pub digests: bool,
    /// Says whether digests of what the nodes run are wanted (`Snapshot::code`).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub code: bool,
}

impl Request {
    /// Asks for the whole of one pipeline, with the same project, environment and parameters.
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
