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
    /// A workflow: what runs.
    pub struct WorkflowSpec {
        /// Labels and annotations of the workflows made from a template or a schedule.
        pub workflow_metadata: Option<WorkflowMetadata> = "workflowMetadata",
        /// Document that the workflow is made of.
        pub workflow_template_ref: Option<WorkflowTemplateRef> = "workflowTemplateRef",
        /// Name of the template that starts it.
        pub entrypoint: String = "entrypoint",
        /// Name of the template that runs when it has ended.
        pub on_exit: Option<String> = "onExit",
        /// Templates that run when something happens to it.
        pub hooks: IndexMap<String, LifecycleHook> = "hooks",
        /// Parameters and artifacts of the whole workflow.
        pub arguments: Arguments = "arguments",
        /// Service account of the pods.
        pub service_account_name: Option<String> = "serviceAccountName",
        /// Secrets with which images are pulled.
        pub image_pull_secrets: Vec<LocalObjectReference> = "imagePullSecrets",
        /// Labels and annotations of the pods.
        pub pod_metadata: Option<TemplateMetadata> = "podMetadata",
        /// Labels that a machine must have.
        pub node_selector: IndexMap<String, String> = "nodeSelector",
        /// Machines on which the pods want to run.
        pub affinity: Option<Tree> = "affinity",
        /// Taints that the pods bear.
        pub tolerations: Vec<Toleration> = "tolerations",
        /// Priority class of the pods.
        pub pod_priority_class_name: Option<String> = "podPriorityClassName",
        /// Scheduler of the pods.
        pub scheduler_name: Option<String> = "schedulerName",
        /// Security context of the pods.
        pub security_context: Option<Tree> = "securityContext",
        /// Seconds after which it is ended.
        pub active_deadline_seconds: Option<i64> = "activeDeadlineSeconds",
        /// Pods that run at once, at most.
        pub parallelism: Option<i64> = "parallelism",
        /// Says whether logs are kept in the artifact repository.
        pub archive_logs: Option<bool> = "archiveLogs",
        /// Locks it takes.
        pub synchronization: Option<Synchronization> = "synchronization",
        /// Metrics of it.
        pub metrics: Option<Metrics> = "metrics",
        /// Time at which the finished workflow is deleted.
        pub ttl_strategy: Option<TtlStrategy> = "ttlStrategy",
        /// Time at which its pods are deleted.
        pub pod_gc: Option<PodGc> = "podGC",
        /// Patch of the spec of every pod: YAML in a text.
        pub pod_spec_patch: Option<String> = "podSpecPatch",
        /// Tries of templates that say nothing of tries.
        pub retry_strategy: Option<RetryStrategy> = "retryStrategy",
        /// Fields that templates have unless they have their own.
        pub template_defaults: Option<Box<Template>> = "templateDefaults",
        /// Volumes that every container can mount.
        pub volumes: Vec<Volume> = "volumes",
        /// Claims that are made for the workflow.
        pub volume_claim_templates: Vec<Tree> = "volumeClaimTemplates",
        /// Store of the artifacts.
        pub artifact_repository_ref: Option<Tree> = "artifactRepositoryRef",
        /// Time at which artifacts are deleted.
        pub artifact_gc: Option<Tree> = "artifactGC",
        /// Says whether it waits before it goes on.
        pub suspend: Option<bool> = "suspend",
        /// Way in which it is being ended: `Stop` or `Terminate`.
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
    /// A template by name.
    pub fn template(&self, name: &str) -> Option<&Template> {
        self.templates.iter().find(|template| template.name == name)
    }
}

record! {
    /// Time at which a finished workflow is deleted, in seconds after its end.
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
    /// Time at which pods are deleted.
    pub struct PodGc {
        /// E.g. `OnWorkflowSuccess`.
        pub strategy: String = "strategy",
        /// Wait after that.
        pub delete_delay_duration: Option<String> = "deleteDelayDuration",
        /// Pods that are meant.
        pub label_selector: Option<Tree> = "labelSelector",
    }
}
