use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Amount, Cpu, Duration, EnvironmentSource, EnvironmentVariable, Memory, PodVolume, Retry,
    Structure, Toleration,
};

/// Settings of the nodes that a selector picks, and of their pods.
///
/// Of several selectors that pick a node, the most specific wins, setting by setting:
/// the node's name, a name with `*`, `group:`, `tag:`, `namespace:`, `pipeline:`, and last
/// `*`; of two alike the one with more letters of its own, then the later one. What is
/// listed by name (variables, volumes, labels, …) is a setting each.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NodeSettings {
    /// Machine type: a name of `machine_types`. What a node names in code wins, except
    /// over its own name here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub machine_type: Option<String>,
    /// CPU instead of the machine type's: cores, or a Kubernetes quantity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Cpu")]
    pub cpu: Option<Cpu>,
    /// Memory instead of the machine type's: GiB, or a Kubernetes quantity.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Memory")]
    pub mem: Option<Memory>,
    /// Number of NVIDIA GPUs instead of the machine type's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32")]
    pub num_gpu: Option<u32>,
    /// Other resources, requested and limited: `ephemeral-storage: 10Gi`, `amd.com/gpu: 1`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub resources: IndexMap<String, Amount>,
    /// Custom template: a name of `template.templates`. What a node names in code wins,
    /// except over its own name here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub template: Option<String>,
    /// When a failed task is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Retry")]
    pub retry: Option<Retry>,
    /// Environment variables, beside those of `template.environment`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<EnvironmentVariable>,
    /// Secrets and `ConfigMaps` whose every key becomes an environment variable.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<EnvironmentSource>")]
    pub env_from: Option<Vec<EnvironmentSource>>,
    /// Volumes, mounted into the main container.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<PodVolume>,
    /// Service account of the pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub service_account: Option<String>,
    /// When the image is pulled.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ImagePullPolicy")]
    pub image_pull_policy: Option<ImagePullPolicy>,
    /// Labels that the cluster's node must have, beside those of the machine type.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub node_selector: IndexMap<String, String>,
    /// Kubernetes' `affinity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Structure")]
    pub affinity: Option<Structure>,
    /// Taints that the pod bears, beside that of a GPU; Kubernetes' `tolerations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Toleration>")]
    pub tolerations: Option<Vec<Toleration>>,
    /// Priority class of the pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub priority_class: Option<String>,
    /// Scheduler of the pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub scheduler_name: Option<String>,
    /// Labels of the pods; those of `*` are labels of the workflow as well.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub labels: IndexMap<String, String>,
    /// Annotations of the pods; those of `*` are annotations of the workflow as well.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub annotations: IndexMap<String, String>,
    /// Security context of the pods, as Kubernetes has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Structure")]
    pub security_context: Option<Structure>,
    /// Security context of the main container, as Kubernetes has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Structure")]
    pub container_security_context: Option<Structure>,
    /// Seconds after its start at which a pod is ended; every try has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1))]
    pub active_deadline: Option<u32>,
    /// How long a task may take from the moment it could start, waiting for a machine
    /// included: seconds, or a duration (`30m`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Duration")]
    pub timeout: Option<Duration>,
    /// Locks that a task takes: Argo's `synchronization` (`mutexes`, `semaphores`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Structure")]
    pub synchronization: Option<Structure>,
    /// Metrics of the tasks: a list of Argo's `prometheus` entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Structure>")]
    pub metrics: Option<Vec<Structure>>,
}

/// When an image is pulled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ImagePullPolicy {
    /// Before every start.
    Always,
    /// If the machine does not have it.
    IfNotPresent,
    /// Never.
    Never,
}

impl ImagePullPolicy {
    /// Kubernetes' word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Always => "Always",
            Self::IfNotPresent => "IfNotPresent",
            Self::Never => "Never",
        }
    }
}
