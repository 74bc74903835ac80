use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::duration::Duration;
use super::environment::EnvironmentVariable;
use super::environment_source::EnvironmentSource;
use super::quantity::{Cpu, Memory};
use super::retry::Retry;
use super::structure::Structure;
use super::toleration::Toleration;
use super::volume::PodVolume;

/// Settings of the nodes that a selector picks, and of their pods.
///
/// If several selectors pick a node, the most specific one wins, separately for each setting. The order is: the name of
/// the node, a name with `*` or `?`, `group:`, `tag:`, `namespace:`, `pipeline:`, and last `*`. Of two selectors of the
/// same kind, the one with more characters besides the wildcards wins, then the later one. Variables, volumes, labels,
/// annotations, node selectors and resources of several selectors are merged by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NodeSettings {
    /// Machine type: a name from `machine_types`. A machine type in code (`Node(…, machine_type="gpu")`) wins, except
    /// over the node's own name as selector.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub machine_type: Option<String>,
    /// CPU, instead of the machine type's: a number of cores, or a Kubernetes quantity such as `500m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Cpu")]
    pub cpu: Option<Cpu>,
    /// Memory, instead of the machine type's: a number of GiB, or a Kubernetes quantity such as `1536Mi`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Memory")]
    pub mem: Option<Memory>,
    /// Number of NVIDIA GPUs, instead of the machine type's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32")]
    pub num_gpu: Option<u32>,
    /// Other resources, as requests and limits. Example: `{ephemeral-storage: 10Gi, amd.com/gpu: 1}`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub resources: IndexMap<String, Amount>,
    /// Custom template: a name from `template.templates`. A template in code (`Node(…, template="neo4j")`) wins, except
    /// over the node's own name as selector.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub template: Option<String>,
    /// When Argo tries a failed task again. Default: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Retry")]
    pub retry: Option<Retry>,
    /// Environment variables of the task, in addition to `template.environment`. Example:
    /// `[{name: LOG_LEVEL, value: INFO}]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<EnvironmentVariable>,
    /// Secrets and `ConfigMaps`. Each of their keys becomes an environment variable. Example:
    /// `[{secret: database, prefix: DB_}]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<EnvironmentSource>")]
    pub env_from: Option<Vec<EnvironmentSource>>,
    /// Volumes of the pod that are mounted into the main container.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<PodVolume>,
    /// Kubernetes service account of the pods. Default: the `service_account` at the top of argo.yml.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub service_account: Option<String>,
    /// When Kubernetes pulls the image. Default: Kubernetes' own, which is `Always` for the tag `latest` and else
    /// `IfNotPresent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ImagePullPolicy")]
    pub image_pull_policy: Option<ImagePullPolicy>,
    /// Labels that the Kubernetes node must have, in addition to those of the machine type. Example: `{disk: ssd}`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub node_selector: IndexMap<String, String>,
    /// Affinity of the pods, written as Kubernetes' `affinity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Structure")]
    pub affinity: Option<Structure>,
    /// Taints of Kubernetes nodes that the pods tolerate, in addition to that of a GPU. Example:
    /// `[{key: batch, operator: Exists, effect: NoSchedule}]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Toleration>")]
    pub tolerations: Option<Vec<Toleration>>,
    /// Name of the priority class of the pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub priority_class: Option<String>,
    /// Name of the Kubernetes scheduler of the pods. Default: the cluster's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub scheduler_name: Option<String>,
    /// Labels of the pods. Those of the selector `*` are labels of the workflow as well.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub labels: IndexMap<String, String>,
    /// Annotations of the pods. Those of the selector `*` are annotations of the workflow as well.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub annotations: IndexMap<String, String>,
    /// Security context of the pods, written as in Kubernetes. Example: `{runAsNonRoot: true}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Structure")]
    pub security_context: Option<Structure>,
    /// Security context of the main container, written as in Kubernetes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Structure")]
    pub container_security_context: Option<Structure>,
    /// Longest time that a pod may run, in seconds from its start. Each try has the whole time. Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1))]
    pub active_deadline: Option<u32>,
    /// Longest time that a task may take, from the moment at which it can start: seconds, or a duration (`30m`). The
    /// wait for a machine counts. Default: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Duration")]
    pub timeout: Option<Duration>,
    /// Locks that a task takes, written as Argo's `synchronization`. Example: `{mutexes: [{name: store}]}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Structure")]
    pub synchronization: Option<Structure>,
    /// Metrics of the tasks: a list of entries written as in Argo's `metrics.prometheus`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<Structure>")]
    pub metrics: Option<Vec<Structure>>,
}

/// When Kubernetes pulls an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ImagePullPolicy {
    /// Before every start of a container.
    Always,
    /// If the Kubernetes node does not have the image.
    IfNotPresent,
    /// Never: the Kubernetes node must have the image.
    Never,
}

impl ImagePullPolicy {
    /// Kubernetes' name of the policy.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Always => "Always",
            Self::IfNotPresent => "IfNotPresent",
            Self::Never => "Never",
        }
    }
}
