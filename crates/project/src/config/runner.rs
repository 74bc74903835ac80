use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the nodes of a task run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Runner {
    /// Keep catalog entries that only one task uses in memory, instead of writing them.
    pub use_memory_datasets: bool,
}
