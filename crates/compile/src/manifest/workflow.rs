use indexmap::IndexMap;
use project::config::{Structure, Toleration};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Arguments, LocalObjectReference, Metrics, Template, TemplateMetadata};

/// What runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowSpec {
    /// Labels and annotations of the workflows made from a template or a schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow_metadata: Option<TemplateMetadata>,
    /// Name of the template that starts it.
    pub entrypoint: String,
    /// Name of the template that runs when it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_exit: Option<String>,
    /// Parameters of the whole workflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Arguments>,
    /// Service account of the pods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// Secrets with which images are pulled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub image_pull_secrets: Vec<LocalObjectReference>,
    /// Labels and annotations of the pods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod_metadata: Option<TemplateMetadata>,
    /// Labels that the cluster's nodes must have.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub node_selector: IndexMap<String, String>,
    /// Where the pods want to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub affinity: Option<Structure>,
    /// Taints that the pods bear.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<Toleration>,
    /// Priority class of the pods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod_priority_class_name: Option<String>,
    /// Scheduler of the pods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduler_name: Option<String>,
    /// Security context of the pods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_context: Option<Structure>,
    /// Seconds after which it is ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_deadline_seconds: Option<u32>,
    /// Most pods that run at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parallelism: Option<u32>,
    /// Whether logs are kept in the artifact repository.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive_logs: Option<bool>,
    /// Locks it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synchronization: Option<Structure>,
    /// Metrics of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<Metrics>,
    /// When the finished workflow is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_strategy: Option<TtlStrategy>,
    /// When its pods are deleted.
    #[serde(default, rename = "podGC", skip_serializing_if = "Option::is_none")]
    pub pod_gc: Option<PodGc>,
    /// Laid over the spec of every pod: YAML in a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod_spec_patch: Option<String>,
    /// Fields that come from patches and have no type here.
    #[serde(flatten)]
    pub other: Map<String, Value>,
    /// Its templates.
    pub templates: Vec<Template>,
}

impl WorkflowSpec {
    /// A template by name.
    pub fn template(&self, name: &str) -> Option<&Template> {
        self.templates.iter().find(|template| template.name == name)
    }
}

/// When a finished workflow is deleted, in seconds after its end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TtlStrategy {
    /// After any end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds_after_completion: Option<u32>,
    /// After success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds_after_success: Option<u32>,
    /// After failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds_after_failure: Option<u32>,
}

/// When pods are deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodGc {
    /// E.g. `OnWorkflowSuccess`.
    pub strategy: String,
    /// How long after that.
    #[serde(
        default,
        rename = "deleteDelayDuration",
        skip_serializing_if = "Option::is_none"
    )]
    pub delete_delay_duration: Option<String>,
    /// Fields that come from patches and have no type here.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}
