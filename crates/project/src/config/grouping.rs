use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Rule for the nodes that run together in one task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grouping {
    /// Each node is a task.
    #[default]
    None,
    /// Nodes with the same tag `group.NAME` are one task.
    Tag,
    /// Nodes with the same top-level namespace are one task.
    Namespace,
    /// Nodes of the same registered pipeline are one task.
    Pipeline,
    /// Nodes that share a dataset that the catalog does not store are one task.
    Memory,
    /// All nodes are one task.
    All,
}
