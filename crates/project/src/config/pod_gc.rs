use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Duration;

/// When the pods of a workflow are deleted (Argo's `podGC`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(
    title = "`never`, `on_pod_completion`, `on_pod_success`, `on_workflow_completion` or `on_workflow_success`, or \
             {strategy: one of them, delete_delay: a duration}"
)]
pub enum PodGc {
    /// At once.
    AtOnce(PodGcStrategy),
    /// A while later.
    Later(PodGcLater),
}

impl Default for PodGc {
    fn default() -> Self {
        Self::AtOnce(PodGcStrategy::default())
    }
}

/// After which end the pods of a workflow are deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PodGcStrategy {
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

/// Pods that are deleted a while after an end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PodGcLater {
    /// After which end.
    pub strategy: PodGcStrategy,
    /// How long after it: seconds, or a duration (`30m`, `24h`). Argo Workflows 3.5 and newer.
    pub delete_delay: Duration,
}
