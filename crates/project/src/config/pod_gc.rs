use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::duration::Duration;

/// When Argo deletes the pods of a workflow (Argo's `podGC`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(
    title = "`never`, `on_pod_completion`, `on_pod_success`, `on_workflow_completion` or `on_workflow_success`, or \
             {strategy: one of them, delete_delay: a duration}"
)]
pub enum PodGc {
    /// At once.
    AtOnce(PodGcStrategy),
    /// After a delay.
    Later(PodGcLater),
}

impl Default for PodGc {
    fn default() -> Self {
        Self::AtOnce(PodGcStrategy::default())
    }
}

/// The event after which Argo deletes the pods of a workflow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PodGcStrategy {
    /// Pods are deleted together with their workflow, and not before.
    Never,
    /// Each pod is deleted when it ends.
    OnPodCompletion,
    /// Each pod is deleted when it succeeds.
    OnPodSuccess,
    /// All pods are deleted when the workflow ends.
    OnWorkflowCompletion,
    /// All pods are deleted when the workflow succeeds. Those of a failed workflow stay, so that you can look at them.
    #[default]
    OnWorkflowSuccess,
}

/// Pods that Argo deletes some time after an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PodGcLater {
    /// The event after which Argo deletes the pods.
    pub strategy: PodGcStrategy,
    /// Time between the event and the deletion: seconds, or a duration (`30m`, `24h`). It needs Argo 3.5 or newer.
    pub delete_delay: Duration,
}
