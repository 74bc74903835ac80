use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Datasets that the catalog does not store: how they get from one task to another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MemoryDatasets {
    /// Mode: what happens to such a dataset. Default: `persist`.
    pub mode: MemoryMode,
    /// Folder in which `persist` stores the datasets: an fsspec URL that every task reaches, e.g. `s3://bucket/prefix`.
    /// Each run has a folder of its own in it, named after the workflow's id. On a cluster there is no default. Default
    /// on this machine: the run's own folder.
    pub path: Option<String>,
}

/// Mode of datasets that cross tasks and that the catalog does not store.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemoryMode {
    /// The pipeline does not compile.
    Error,
    /// The task that makes the dataset stores it below `path`, and other tasks load it from there.
    #[default]
    Persist,
    /// The nodes that share the dataset run in one task.
    Fuse,
}

impl MemoryDatasets {
    /// Path without trailing slashes.
    pub fn folder(&self) -> Option<&str> {
        self.path.as_deref().map(|path| path.trim_end_matches('/'))
    }
}
