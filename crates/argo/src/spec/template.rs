//! Templates and their tasks. One file, because each type contains the other: a DAG has tasks, and a task may have an
//! inline template.

use diagnostic::yaml::Yaml;
use indexmap::IndexMap;
use serde::{Serialize, Serializer};

use super::any_string::IntOrString;
use super::artifact::Artifact;
use super::container::{Container, ContainerSet, LocalObjectReference};
use super::continue_on::ContinueOn;
use super::field::{Field, FieldPath, Tree, Unreadable};
use super::hook::LifecycleHook;
use super::item::Item;
use super::metadata::TemplateMetadata;
use super::parameters::{Arguments, Inputs, Outputs, Parameter};
use super::record::record;
use super::retry::RetryStrategy;
use super::script::Script;
use super::sequence::Sequence;
use super::template_ref::TemplateRef;
use super::volumes::{Toleration, Volume};

record! {
    /// A template of any kind.
    pub struct Template {
        /// Name that tasks refer to; an inline template has none.
        pub name: String = "name",
        /// Labels and annotations of its pods.
        pub metadata: TemplateMetadata = "metadata",
        /// Inputs.
        pub inputs: Inputs = "inputs",
        /// Outputs.
        pub outputs: Outputs = "outputs",
        /// Retries after a failure.
        pub retry_strategy: Option<RetryStrategy> = "retryStrategy",
        /// Time limit, waiting included.
        pub timeout: Option<String> = "timeout",
        /// Seconds after which Kubernetes ends the pod.
        pub active_deadline_seconds: Option<IntOrString> = "activeDeadlineSeconds",
        /// Locks that the template takes.
        pub synchronization: Option<Synchronization> = "synchronization",
        /// Metrics of the template.
        pub metrics: Option<Metrics> = "metrics",
        /// Service account of its pods.
        pub service_account_name: Option<String> = "serviceAccountName",
        /// Labels that the node must have.
        pub node_selector: IndexMap<String, String> = "nodeSelector",
        /// Taints that its pods tolerate.
        pub tolerations: Vec<Toleration> = "tolerations",
        /// Nodes on which its pods should run.
        pub affinity: Option<Tree> = "affinity",
        /// Priority class of its pods.
        pub priority_class_name: Option<String> = "priorityClassName",
        /// Scheduler of its pods.
        pub scheduler_name: Option<String> = "schedulerName",
        /// Security context of its pods.
        pub security_context: Option<Tree> = "securityContext",
        /// Patch of its pods' spec: YAML as a text, which may use `retries`.
        pub pod_spec_patch: Option<String> = "podSpecPatch",
        /// Cache that may supply the result instead of a run.
        pub memoize: Option<Memoize> = "memoize",
        /// Says whether its pod keeps running while the next tasks start.
        pub daemon: Option<bool> = "daemon",
        /// Greatest number of tasks or steps that run at once.
        pub parallelism: Option<i64> = "parallelism",
        /// Says whether the first failure stops the other steps or tasks.
        pub fail_fast: Option<bool> = "failFast",
        /// Greatest time for which its pod may wait for a node.
        pub pending_timeout: String = "pendingTimeout",
        /// Annotations of the node in the status.
        pub annotations: IndexMap<String, String> = "annotations",
        /// Store for its artifacts and logs.
        pub archive_location: Option<Tree> = "archiveLocation",
        /// Settings of Argo's executor.
        pub executor: Option<Tree> = "executor",
        /// Tasks and their dependencies.
        pub dag: Option<Dag> = "dag",
        /// Groups of steps, one after the other.
        pub steps: Vec<ParallelSteps> = "steps",
        /// Containers that must end before the main one starts.
        pub init_containers: Vec<Container> = "initContainers",
        /// A container.
        pub container: Option<Container> = "container",
        /// Several containers in one pod.
        pub container_set: Option<ContainerSet> = "containerSet",
        /// A script that a container runs.
        pub script: Option<Script> = "script",
        /// A Kubernetes object that the template creates or watches.
        pub resource: Option<Tree> = "resource",
        /// A wait.
        pub suspend: Option<Suspend> = "suspend",
        /// Data that Argo lists and filters.
        pub data: Option<Tree> = "data",
        /// An HTTP request.
        pub http: Option<Tree> = "http",
        /// A call of a plugin.
        pub plugin: Option<Tree> = "plugin",
        /// Sidecars of the main container.
        pub sidecars: Vec<Container> = "sidecars",
        /// Volumes that its containers can mount.
        pub volumes: Vec<Volume> = "volumes",
    }
}

impl Template {
    /// The input parameter with this name.
    pub fn input(&self, name: &str) -> Option<&Parameter> {
        let mut inputs = self.inputs.parameters.iter();
        inputs.find(|input| input.name == name)
    }

    /// The input artifact with this name.
    pub fn input_artifact(&self, name: &str) -> Option<&Artifact> {
        let mut inputs = self.inputs.artifacts.iter();
        inputs.find(|input| input.name == name)
    }
}

record! {
    /// Tasks and their dependencies.
    pub struct Dag {
        /// Names of the wanted tasks, separated by spaces; empty for all tasks.
        pub target: String = "target",
        /// The tasks.
        pub tasks: Vec<Task> = "tasks",
        /// Says whether the first failure stops the DAG; true if absent.
        pub fail_fast: Option<bool> = "failFast",
    }
}

record! {
    /// A task of a DAG (`DAGTask`), or a step (`WorkflowStep`). A step has no `dependencies` and no `depends`.
    pub struct Task {
        /// The name.
        pub name: String = "name",
        /// Name of the task's template.
        pub template: String = "template",
        /// Inline template of the task. The CRD does not check its content, and so sets no limit to its tasks: a plain
        /// DAG has 200 at most.
        pub inline: Option<Box<Template>> = "inline",
        /// Values for the inputs of the template.
        pub arguments: Arguments = "arguments",
        /// Names of the tasks that this task waits for.
        pub dependencies: Vec<String> = "dependencies",
        /// Expression over the results of other tasks.
        pub depends: String = "depends",
        /// Reference to a template of another document.
        pub template_ref: Option<TemplateRef> = "templateRef",
        /// Items; the task runs once for each.
        pub with_items: Vec<Item> = "withItems",
        /// Text with a JSON list; the task runs once for each item.
        pub with_param: String = "withParam",
        /// Numbers; the task runs once for each.
        pub with_sequence: Option<Sequence> = "withSequence",
        /// Condition; if false, Argo skips the task.
        pub when: String = "when",
        /// Results of the task that do not stop the workflow.
        pub continue_on: Option<ContinueOn> = "continueOn",
        /// Name of the template that runs after the task.
        pub on_exit: String = "onExit",
        /// Templates that run on events of the task.
        pub hooks: IndexMap<String, LifecycleHook> = "hooks",
    }
}

/// Steps that run at the same time: a document writes them as a list without a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParallelSteps(pub Vec<Task>);

impl Field for ParallelSteps {
    /// Reads a list of steps. Argo refuses unknown fields only here (`ParallelSteps.UnmarshalJSON`).
    fn read(node: &Yaml, at: &FieldPath<'_>) -> Result<Self, Unreadable> {
        let steps: Vec<Task> = Vec::read(node, at)?;
        for (index, (step, tree)) in steps.iter().zip(node.items()).enumerate() {
            let only_of_tasks = [
                (!step.dependencies.is_empty(), "dependencies"),
                (!step.depends.is_empty(), "depends"),
            ];
            let of_task = only_of_tasks.iter().find(|(has, _)| *has);
            let unknown = step.rest.keys().next().map(String::as_str);
            if let Some(name) = unknown.or(of_task.map(|(_, name)| *name)) {
                let (item, tree) = (at.index(index), tree.get(name).unwrap_or(tree));
                return Err(item
                    .key(name)
                    .unreadable(tree, "a step has no such field, and Argo refuses it"));
            }
        }
        Ok(Self(steps))
    }

    fn is_absent(&self) -> bool {
        self.0.is_empty()
    }

    fn write(&self) -> Yaml {
        self.0.write()
    }
}

impl Serialize for ParallelSteps {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.write().serialize(serializer)
    }
}

record! {
    /// A wait: for a time, or until a person resumes the workflow.
    pub struct Suspend {
        /// Time to wait; empty to wait until a person resumes the workflow.
        pub duration: String = "duration",
    }
}

record! {
    /// Locks.
    pub struct Synchronization {
        /// Locks with several holders.
        pub semaphores: Vec<Tree> = "semaphores",
        /// Locks with one holder.
        pub mutexes: Vec<Tree> = "mutexes",
    }
}

record! {
    /// Metrics that the controller publishes.
    pub struct Metrics {
        /// Counters, gauges and histograms.
        pub prometheus: Vec<Tree> = "prometheus",
    }
}

record! {
    /// A cache entry that may replace a run.
    pub struct Memoize {
        /// Key of the entry.
        pub key: String = "key",
        /// Store of the results.
        pub cache: Option<Cache> = "cache",
        /// Greatest age of a usable result.
        pub max_age: String = "maxAge",
    }
}

record! {
    /// Store of cached results.
    pub struct Cache {
        /// A `ConfigMap`.
        pub config_map: Option<LocalObjectReference> = "configMap",
    }
}
