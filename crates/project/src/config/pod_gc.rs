use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When the pods of a workflow are deleted (Argo's `podGC.strategy`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PodGc {
    /// Not before the workflow itself.
    Never,
    /// Each when it ends.
    OnPodCompletion,
    /// Each when it succeeds.
    OnPodSuccess,
    /// All when the workflow ends.
    OnWorkflowCompletion,
    /// All when the workflow succeeds; those of a failed one stay to be looked at.
    #[default]
    OnWorkflowSuccess,
}
