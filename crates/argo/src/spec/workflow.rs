use indexmap::IndexMap;

use super::container::LocalObjectReference;
use super::field::Tree;
use super::hook::LifecycleHook;
use super::metadata::{TemplateMetadata, WorkflowMetadata};
use super::parameters::Arguments;
use super::record::record;
use super::retry::RetryStrategy;
use super::template::{Metrics, Synchronization, Template};
use super::template_ref::WorkflowTemplateRef;
use super::volumes::{Toleration, Volume};

record! {
    /// The spec of a workflow.
    pub struct WorkflowSpec {
        /// Labels and annotations of the workflows that a template or a schedule creates.
        pub workflow_metadata: Option<WorkflowMetadata> = "workflowMetadata",
        /// Document that supplies the spec of the workflow.
        pub workflow_template_ref: Option<WorkflowTemplateRef> = "workflowTemplateRef",
        /// Name of the template that runs first.
        pub entrypoint: String = "entrypoint",
        /// Name of the template that runs after the workflow.
        pub on_exit: Option<String> = "onExit",
        /// Templates that run on events of the workflow.
        pub hooks: IndexMap<String, LifecycleHook> = "hooks",
        /// Parameters and artifacts of the whole workflow.
        pub arguments: Arguments = "arguments",
        /// Service account of the pods.
        pub service_account_name: Option<String> = "serviceAccountName",
        /// Secrets with which images are pulled.
        pub image_pull_secrets: Vec<LocalObjectReference> = "imagePullSecrets",
        /// Labels and annotations of the pods.
        pub pod_metadata: Option<TemplateMetadata> = "podMetadata",
        /// Labels that the nodes must have.
        pub node_selector: IndexMap<String, String> = "nodeSelector",
        /// Nodes on which the pods should run.
        pub affinity: Option<Tree> = "affinity",
        /// Taints that the pods tolerate.
        pub tolerations: Vec<Toleration> = "tolerations",
        /// Priority class of the pods.
        pub pod_priority_class_name: Option<String> = "podPriorityClassName",
        /// Scheduler of the pods.
        pub scheduler_name: Option<String> = "schedulerName",
        /// Security context of the pods.
        pub security_context: Option<Tree> = "securityContext",
        /// Seconds after which Argo ends the workflow.
        pub active_deadline_seconds: Option<i64> = "activeDeadlineSeconds",
        /// Greatest number of pods that run at once.
        pub parallelism: Option<i64> = "parallelism",
        /// Says whether Argo keeps the logs in the artifact repository.
        pub archive_logs: Option<bool> = "archiveLogs",
        /// Locks that the workflow takes.
        pub synchronization: Option<Synchronization> = "synchronization",
        /// Metrics of the workflow.
        pub metrics: Option<Metrics> = "metrics",
        /// Time at which Argo deletes the finished workflow.
        pub ttl_strategy: Option<TtlStrategy> = "ttlStrategy",
        /// Time at which Argo deletes the pods.
        pub pod_gc: Option<PodGc> = "podGC",
        /// Patch of every pod's spec: YAML as a text.
        pub pod_spec_patch: Option<String> = "podSpecPatch",
        /// Retries of templates without a strategy of their own.
        pub retry_strategy: Option<RetryStrategy> = "retryStrategy",
        /// Default values of fields in templates.
        pub template_defaults: Option<Box<Template>> = "templateDefaults",
        /// Volumes that every container can mount.
        pub volumes: Vec<Volume> = "volumes",
        /// Claims that Argo creates for the workflow.
        pub volume_claim_templates: Vec<Tree> = "volumeClaimTemplates",
        /// Store of the artifacts.
        pub artifact_repository_ref: Option<Tree> = "artifactRepositoryRef",
        /// Time at which Argo deletes artifacts.
        pub artifact_gc: Option<Tree> = "artifactGC",
        /// Says whether the workflow is paused.
        pub suspend: Option<bool> = "suspend",
        /// Way of ending the workflow early: `Stop` or `Terminate`.
        pub shutdown: String = "shutdown",
        /// Priority over other workflows.
        pub priority: Option<i64> = "priority",
        /// Settings of Argo's executor.
        pub executor: Option<Tree> = "executor",
        ..
        /// Templates.
        pub templates: Vec<Template> = "templates",
    }
}

impl WorkflowSpec {
    /// The template with this name.
    pub fn template(&self, name: &str) -> Option<&Template> {
        self.templates.iter().find(|template| template.name == name)
    }
}

record! {
    /// Seconds after which Argo deletes a finished workflow.
    pub struct TtlStrategy {
        /// Seconds after any end.
        pub seconds_after_completion: Option<i64> = "secondsAfterCompletion",
        /// Seconds after success.
        pub seconds_after_success: Option<i64> = "secondsAfterSuccess",
        /// Seconds after failure.
        pub seconds_after_failure: Option<i64> = "secondsAfterFailure",
    }
}

record! {
    /// Time at which Argo deletes pods.
    pub struct PodGc {
        /// E.g. `OnWorkflowSuccess`.
        pub strategy: String = "strategy",
        /// Wait before the deletion.
        pub delete_delay_duration: Option<String> = "deleteDelayDuration",
        /// Selector of the pods to delete.
        pub label_selector: Option<Tree> = "labelSelector",
    }
}
