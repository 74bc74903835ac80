use indexmap::IndexMap;

use super::any_string::IntOrString;
use super::artifact::Artifact;
use super::container::{Container, ContainerSet, LocalObjectReference};
use super::field::Tree;
use super::metadata::TemplateMetadata;
use super::parameters::{Inputs, Outputs};
use super::record::record;
use super::retry::RetryStrategy;
use super::script::Script;
use super::task::Dag;
use super::task::ParallelSteps;
use super::volumes::{Toleration, Volume};

record! {
    /// A template: one of a DAG, steps, and the kinds of pods and of things without a pod.
    pub struct Template {
        /// Name that tasks refer to; a template in place has none.
        pub name: String = "name",
        /// Labels and annotations of its pods.
        pub metadata: TemplateMetadata = "metadata",
        /// Inputs.
        pub inputs: Inputs = "inputs",
        /// Outputs.
        pub outputs: Outputs = "outputs",
        /// Tries after a failure.
        pub retry_strategy: Option<RetryStrategy> = "retryStrategy",
        /// Time it may take, waiting included.
        pub timeout: Option<String> = "timeout",
        /// Seconds after which its pod is ended.
        pub active_deadline_seconds: Option<IntOrString> = "activeDeadlineSeconds",
        /// Locks it takes.
        pub synchronization: Option<Synchronization> = "synchronization",
        /// Metrics of it.
        pub metrics: Option<Metrics> = "metrics",
        /// Service account of its pods.
        pub service_account_name: Option<String> = "serviceAccountName",
        /// Labels that a machine must have.
        pub node_selector: IndexMap<String, String> = "nodeSelector",
        /// Taints that its pods bear.
        pub tolerations: Vec<Toleration> = "tolerations",
        /// Machines on which its pods want to run.
        pub affinity: Option<Tree> = "affinity",
        /// Priority class of its pods.
        pub priority_class_name: Option<String> = "priorityClassName",
        /// Scheduler of its pods.
        pub scheduler_name: Option<String> = "schedulerName",
        /// Security context of its pods.
        pub security_context: Option<Tree> = "securityContext",
        /// Patch of the spec of its pods: YAML in a text that knows `retries`.
        pub pod_spec_patch: Option<String> = "podSpecPatch",
        /// Result that is looked up instead of running it.
        pub memoize: Option<Memoize> = "memoize",
        /// Whether its pod goes on while others run.
        pub daemon: Option<bool> = "daemon",
        /// Tasks or steps that run at once, at most.
        pub parallelism: Option<i64> = "parallelism",
        /// Whether steps or tasks fail at the first failure.
        pub fail_fast: Option<bool> = "failFast",
        /// Time that its pod may wait for a machine.
        pub pending_timeout: String = "pendingTimeout",
        /// Annotations of the node in the status.
        pub annotations: IndexMap<String, String> = "annotations",
        /// Store for its artifacts and logs.
        pub archive_location: Option<Tree> = "archiveLocation",
        /// Settings of Argo's executor.
        pub executor: Option<Tree> = "executor",
        /// Tasks that wait for each other.
        pub dag: Option<Dag> = "dag",
        /// Groups of steps, one after the other.
        pub steps: Vec<ParallelSteps> = "steps",
        /// Containers that run to their end before the main one.
        pub init_containers: Vec<Container> = "initContainers",
        /// A container.
        pub container: Option<Container> = "container",
        /// Several containers in one pod.
        pub container_set: Option<ContainerSet> = "containerSet",
        /// A text that a container runs.
        pub script: Option<Script> = "script",
        /// An object of Kubernetes that is made or watched.
        pub resource: Option<Tree> = "resource",
        /// A wait.
        pub suspend: Option<Suspend> = "suspend",
        /// Data that is listed and filtered.
        pub data: Option<Tree> = "data",
        /// A request.
        pub http: Option<Tree> = "http",
        /// A plugin.
        pub plugin: Option<Tree> = "plugin",
        /// Containers beside the main one.
        pub sidecars: Vec<Container> = "sidecars",
        /// Volumes that its containers can mount.
        pub volumes: Vec<Volume> = "volumes",
    }
}

impl Template {
    /// A parameter that it takes.
    pub fn input(&self, name: &str) -> Option<&super::parameters::Parameter> {
        let mut inputs = self.inputs.parameters.iter();
        inputs.find(|input| input.name == name)
    }

    /// An artifact that it takes.
    pub fn input_artifact(&self, name: &str) -> Option<&Artifact> {
        let mut inputs = self.inputs.artifacts.iter();
        inputs.find(|input| input.name == name)
    }
}

record! {
    /// A wait: until somebody resumes it, or for a time.
    pub struct Suspend {
        /// The time; none until somebody resumes it.
        pub duration: String = "duration",
    }
}

record! {
    /// Locks.
    pub struct Synchronization {
        /// Locks that several may hold.
        pub semaphores: Vec<Tree> = "semaphores",
        /// Locks that one may hold.
        pub mutexes: Vec<Tree> = "mutexes",
    }
}

record! {
    /// Metrics that the controller gives out.
    pub struct Metrics {
        /// Counters, gauges and histograms.
        pub prometheus: Vec<Tree> = "prometheus",
    }
}

record! {
    /// A result that is looked up by a key.
    pub struct Memoize {
        /// The key.
        pub key: String = "key",
        /// Place of the results.
        pub cache: Option<Cache> = "cache",
        /// Age up to which a result counts.
        pub max_age: String = "maxAge",
    }
}

record! {
    /// Place of remembered results.
    pub struct Cache {
        /// A `ConfigMap`.
        pub config_map: Option<LocalObjectReference> = "configMap",
    }
}
