use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Way in which a task runs its nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Runner {
    /// Says whether a task keeps a catalog dataset in memory and does not write it. This is done for datasets that
    /// nodes of one task write and read, and that no other task uses. Default: false.
    pub use_memory_datasets: bool,
}
