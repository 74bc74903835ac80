use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which nodes run together in one task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grouping {
    /// Every node is a task.
    #[default]
    None,
    /// Nodes with the same tag `group.NAME` are a task.
    Tag,
    /// Nodes with the same top-level namespace are a task.
    Namespace,
    /// Nodes of the same registered pipeline are a task.
    Pipeline,
    /// Nodes that share datasets that are not in the catalog are a task.
    Memory,
    /// All nodes are one task.
    All,
}
