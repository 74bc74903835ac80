use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happens to datasets that cross tasks and are not in the catalog.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MemoryDatasets {
    /// What to do with them.
    pub mode: MemoryMode,
    /// Where `persist` stores them: an fsspec URL that every task reaches, e.g.
    /// `s3://bucket/prefix`; the workflow's id is appended. A run on this machine uses
    /// its own folder unless this is set.
    pub path: Option<String>,
}

/// What to do with datasets that cross tasks and are not in the catalog.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemoryMode {
    /// Refuse to compile.
    Error,
    /// Store them under the run's own path.
    #[default]
    Persist,
    /// Run the nodes that share them in one task.
    Fuse,
}

impl MemoryDatasets {
    /// The path without slashes at its end.
    pub fn folder(&self) -> Option<&str> {
        self.path.as_deref().map(|path| path.trim_end_matches('/'))
    }
}
