//! Types of the manifest, in the order in which their fields are written
//! (`pkg/apis/workflow/v1alpha1/workflow_types.go` of Argo Workflows 4.1.2).

mod container;
mod pod;
mod template;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub use container::{Container, EnvVar, EnvVarSource, Resources, SecretKeySelector, VolumeMount};
pub use pod::{
    ClaimResources, ClaimSpec, ClaimTemplate, Ephemeral, KeyToPath, SecretVolume, Toleration,
    Volume,
};
pub use template::{
    Arguments, Dag, DagTask, InlineTemplate, Inputs, Outputs, Parameter, Step, Template,
    TemplateMetadata, UserContainer, ValueFrom, WideDag,
};

/// The group and version of every kind.
pub const API_VERSION: &str = "argoproj.io/v1alpha1";

/// A whole manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Always [`API_VERSION`].
    pub api_version: String,
    /// `Workflow`, `WorkflowTemplate` or `CronWorkflow`.
    pub kind: String,
    /// Its name, labels and annotations.
    pub metadata: Metadata,
    /// What runs, or what runs and when.
    pub spec: Spec,
}

impl Manifest {
    /// The workflow inside, whatever the kind.
    pub fn workflow(&self) -> &WorkflowSpec {
        match &self.spec {
            Spec::Cron(cron) => &cron.workflow_spec,
            Spec::Workflow(workflow) => workflow,
        }
    }
}

/// Name, labels and annotations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Metadata {
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The beginning of the name; the API server adds five characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generate_name: Option<String>,
    /// Kubernetes namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// What it can be found by.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub labels: IndexMap<String, String>,
    /// What is to be known of it.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub annotations: IndexMap<String, String>,
}

/// The spec of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Spec {
    /// Of a `CronWorkflow`.
    Cron(Box<CronSpec>),
    /// Of a `Workflow` or a `WorkflowTemplate`.
    Workflow(Box<WorkflowSpec>),
}

/// When a workflow runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CronSpec {
    /// Cron expressions.
    pub schedules: Vec<String>,
    /// IANA time zone they are in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// What happens when the last run has not ended.
    pub concurrency_policy: String,
    /// Seconds by which a start may be late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starting_deadline_seconds: Option<u32>,
    /// How many runs that succeeded are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successful_jobs_history_limit: Option<u32>,
    /// How many runs that failed are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed_jobs_history_limit: Option<u32>,
    /// Whether it starts nothing; left out where it does, since `schedule suspend` sets it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
    /// What runs.
    pub workflow_spec: WorkflowSpec,
}

/// What runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowSpec {
    /// Labels and annotations of the workflows made from a template or a schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow_metadata: Option<TemplateMetadata>,
    /// Name of the template that starts it.
    pub entrypoint: String,
    /// Parameters of the whole workflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<Arguments>,
    /// Service account of the pods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_account_name: Option<String>,
    /// When the finished workflow is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_strategy: Option<TtlStrategy>,
    /// When its pods are deleted.
    #[serde(default, rename = "podGC", skip_serializing_if = "Option::is_none")]
    pub pod_gc: Option<PodGc>,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodGc {
    /// E.g. `OnWorkflowSuccess`.
    pub strategy: String,
}
