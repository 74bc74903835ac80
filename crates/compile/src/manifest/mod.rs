//! Types of the manifest, in the order in which their fields are written
//! (`pkg/apis/workflow/v1alpha1/workflow_types.go` of Argo Workflows 4.1.2).

mod container;
mod dag;
mod environment;
mod metrics;
mod parameters;
mod resources;
mod retry;
mod template;
mod volumes;
mod workflow;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub use container::{Container, LocalObjectReference, UserContainer};
pub use dag::{Dag, DagTask, InlineTemplate, Step, WideDag};
pub use environment::{
    ConfigMapKeySelector, EnvFromSource, EnvVar, EnvVarSource, ObjectFieldSelector, OptionalName,
    SecretKeySelector,
};
pub use metrics::Metrics;
pub use parameters::{Arguments, Inputs, Outputs, Parameter, ValueFrom};
pub use project::config::{Structure, Toleration};
pub use resources::Resources;
pub use retry::{Backoff, RetryStrategy};
pub use template::{Template, TemplateMetadata};
pub use volumes::{
    ClaimResources, ClaimSpec, ClaimTemplate, Ephemeral, KeyToPath, SecretVolume, Volume,
    VolumeMount,
};
pub use workflow::{PodGc, TtlStrategy, WorkflowSpec};

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
