//! Templates and their tasks, in one file: a DAG has tasks, and a task may have a template in place.

use diagnostic::yaml::Yaml;
use indexmap::IndexMap;
use serde::{Serialize, Serializer};

use super::any_string::IntOrString;
use super::artifact::Artifact;
use super::container::{Container, ContainerSet, LocalObjectReference};
use super::continue_on::ContinueOn;
use super::field::{At, Field, Tree, Unreadable};
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
        /// Says whether its pod goes on while others run.
        pub daemon: Option<bool> = "daemon",
        /// Tasks or steps that run at once, at most.
        pub parallelism: Option<i64> = "parallelism",
        /// Says whether steps or tasks fail at the first failure.
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
    pub fn input(&self, name: &str) -> Option<&Parameter> {
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
    /// Tasks that wait for each other.
    pub struct Dag {
        /// Names of the tasks that are wanted, with spaces between them; all of them if none are named.
        pub target: String = "target",
        /// The tasks.
        pub tasks: Vec<Task> = "tasks",
        /// Says whether the DAG fails at the first failure; the default is that it does.
        pub fail_fast: Option<bool> = "failFast",
    }
}

record! {
    /// A task of a DAG (`DAGTask`), or a step (`WorkflowStep`). A step has no `dependencies` and no `depends`.
    pub struct Task {
        /// The name.
        pub name: String = "name",
        /// Name of the template that it runs.
        pub template: String = "template",
        /// Template that it runs, written in place. The CRD does not look in here, and so does not count its tasks: a
        /// plain DAG has 200 at most.
        pub inline: Option<Box<Template>> = "inline",
        /// Values for the inputs of the template.
        pub arguments: Arguments = "arguments",
        /// Names of the tasks that it waits for.
        pub dependencies: Vec<String> = "dependencies",
        /// Expression over the results of other tasks.
        pub depends: String = "depends",
        /// Template of another document.
        pub template_ref: Option<TemplateRef> = "templateRef",
        /// Items, for each of which it runs.
        pub with_items: Vec<Item> = "withItems",
        /// A text with a JSON list, for each item of which it runs.
        pub with_param: String = "withParam",
        /// Numbers, for each of which it runs.
        pub with_sequence: Option<Sequence> = "withSequence",
        /// Condition without which it is skipped.
        pub when: String = "when",
        /// Failures after which the others go on.
        pub continue_on: Option<ContinueOn> = "continueOn",
        /// Name of the template that runs when it has ended.
        pub on_exit: String = "onExit",
        /// Templates that run when something happens to it.
        pub hooks: IndexMap<String, LifecycleHook> = "hooks",
    }
}

/// Steps that run at the same time: in a document, a list without a name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParallelSteps(pub Vec<Task>);

impl Field for ParallelSteps {
    /// Reads a list of steps. Of all parts of a document, Argo refuses unknown fields only here
    /// (`ParallelSteps.UnmarshalJSON`).
    fn read(node: &Yaml, at: &At<'_>) -> Result<Self, Unreadable> {
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
