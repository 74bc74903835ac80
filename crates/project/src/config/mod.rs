//! `conf/<env>/argo.yml`, typed.
//!
//! Every key of the earlier Python plugin works; everything is strict. The doc
//! comments here are the descriptions of the JSON Schema that is shipped.

mod check;
mod deployment;
mod environment;
mod machine_type;
mod memory_datasets;
mod quantity;
mod references;
mod schedule;
mod template;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use check::{ConfigFile, check};
pub use deployment::Deployment;
pub use environment::{EnvironmentVariable, SecretKey};
pub use machine_type::{
    DEFAULT_MACHINE_TYPE, MachineType, known_machine_type, known_machine_types,
};
pub use memory_datasets::{MemoryDatasets, MemoryMode};
pub use quantity::{Cpu, Memory};
pub use schedule::{ConcurrencyPolicy, CronExpressions, Schedule};
pub use template::{
    CustomContainer, CustomTemplate, OutputParameter, Outputs, Sidecar, Template, Volume,
    VolumeMount,
};

/// How a Kedro project runs on Argo Workflows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "argo.yml")]
pub struct ArgoConfig {
    /// Kubernetes namespace to run in.
    pub namespace: Option<String>,
    /// The container image: where it is and how it is built.
    pub deployment: Deployment,
    /// Machines that nodes can ask for, by name.
    pub machine_types: IndexMap<String, MachineType>,
    /// Machine type of every node that asks for none.
    pub default_machine_type: String,
    /// How the nodes of a task run.
    pub runner: Runner,
    /// What the containers get, and custom templates.
    pub template: Template,
    /// What happens to datasets that cross tasks and are not in the catalog.
    pub memory_datasets: MemoryDatasets,
    /// Which nodes run together in one task. A `FusedPipeline` in code always wins.
    pub grouping: Grouping,
    /// Service account of the pods.
    pub service_account: Option<String>,
    /// Link to a run in Argo's UI, shown by `submit`; `{namespace}`, `{name}` and `{uid}`
    /// are replaced.
    pub ui_url: Option<String>,
    /// When pipelines run by the clock, by name: `deploy --kind cronworkflow` makes a
    /// `CronWorkflow` of each.
    pub schedules: IndexMap<String, Schedule>,
    /// When finished workflows are deleted.
    pub ttl: Ttl,
    /// When the pods of a workflow are deleted.
    pub pod_gc: PodGc,
}

impl Default for ArgoConfig {
    fn default() -> Self {
        Self {
            namespace: None,
            deployment: Deployment::default(),
            machine_types: IndexMap::new(),
            default_machine_type: DEFAULT_MACHINE_TYPE.to_owned(),
            runner: Runner::default(),
            template: Template::default(),
            memory_datasets: MemoryDatasets::default(),
            grouping: Grouping::default(),
            service_account: None,
            ui_url: None,
            schedules: IndexMap::new(),
            ttl: Ttl::default(),
            pod_gc: PodGc::default(),
        }
    }
}

impl ArgoConfig {
    /// A machine type by name: configured, known by name, or the built-in default one.
    pub fn machine_type(&self, name: &str) -> Option<MachineType> {
        self.machine_types
            .get(name)
            .cloned()
            .or_else(|| known_machine_type(name))
            .or_else(|| (name == DEFAULT_MACHINE_TYPE).then(MachineType::default))
    }

    /// Labels that a node of the cluster must have to run this machine type.
    ///
    /// A machine type of several (`a+b`) has none of its own; its GPUs still need a place.
    pub fn node_selector(&self, name: &str, gpu: u32) -> IndexMap<String, String> {
        let configured = self.machine_types.get(name);
        if let Some(selector) = configured.and_then(|machine| machine.node_selector.clone()) {
            return selector;
        }
        if gpu > 0 && known_machine_type(name).is_some() {
            let (label, value) = machine_type::G2_GPU;
            return IndexMap::from([(label.to_owned(), value.to_owned())]);
        }
        IndexMap::new()
    }

    /// Every name that a node can ask for.
    pub fn machine_type_names(&self) -> impl Iterator<Item = &str> {
        self.machine_types
            .keys()
            .map(String::as_str)
            .chain(known_machine_types().iter().map(|(name, ..)| *name))
            .chain([DEFAULT_MACHINE_TYPE])
    }
}

/// How the nodes of a task run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Runner {
    /// Keep catalog entries that only one task uses in memory, instead of writing them.
    pub use_memory_datasets: bool,
}

/// Which nodes run together in one task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grouping {
    /// Every node is a task.
    #[default]
    None,
    /// Nodes with the same tag `group.NAME` are a task.
    Tag,
    /// Nodes with the same top-level namespace are a task.
    Namespace,
    /// Nodes of the same registered pipeline are a task.
    Pipeline,
    /// Nodes that share datasets that are not in the catalog are a task.
    Memory,
    /// All nodes are one task.
    All,
}

/// When finished workflows are deleted, in seconds after their end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ttl {
    /// After any end. Default: seven days.
    pub after_completion: Option<u32>,
    /// After success.
    pub after_success: Option<u32>,
    /// After failure.
    pub after_failure: Option<u32>,
}

impl Default for Ttl {
    fn default() -> Self {
        Self {
            after_completion: Some(7 * 24 * 60 * 60),
            after_success: None,
            after_failure: None,
        }
    }
}

/// When the pods of a workflow are deleted (Argo's `podGC.strategy`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PodGc {
    /// Not before the workflow itself.
    Never,
    /// Each when it ends.
    OnPodCompletion,
    /// Each when it succeeds.
    OnPodSuccess,
    /// All when the workflow ends.
    OnWorkflowCompletion,
    /// All when the workflow succeeds; those of a failed one stay to be looked at.
    #[default]
    OnWorkflowSuccess,
}

/// The JSON Schema of `argo.yml`.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(ArgoConfig).to_value()
}
