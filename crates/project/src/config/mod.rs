//! `conf/<env>/argo.yml`, typed.
//!
//! Every key of the earlier Python plugin works; everything is strict. The doc
//! comments here are the descriptions of the JSON Schema that is shipped.

mod amount;
mod build;
mod check;
mod deployment;
mod duration;
mod environment;
mod environment_source;
mod grouping;
mod machine_type;
mod memory_datasets;
mod nodes;
mod on_exit;
mod patches;
mod pipelines;
mod places;
mod pod_gc;
mod quantity;
mod references;
mod retry;
mod runner;
mod schedule;
mod schema;
mod selector;
mod structure;
mod template;
mod toleration;
mod ttl;
mod ui_url;
mod volume;

use diagnostic::did_you_mean;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use amount::Amount;
pub use check::{ConfigFile, check};
pub use deployment::{BuilderName, Deployment};
pub use duration::Duration;
pub use environment::{ConfigMapKey, EnvironmentVariable, SecretKey};
pub use environment_source::EnvironmentSource;
pub use grouping::Grouping;
pub use machine_type::{
    DEFAULT_MACHINE_TYPE, MachineType, known_machine_type, known_machine_types,
};
pub use memory_datasets::{MemoryDatasets, MemoryMode};
pub use nodes::{ImagePullPolicy, NodeSettings};
pub use on_exit::{ExitContainer, OnExit};
pub use patches::Patches;
pub use pipelines::check_pipelines;
pub use places::Places;
pub use pod_gc::{PodGc, PodGcLater, PodGcStrategy};
pub use quantity::{Cpu, Memory};
pub use retry::{Backoff, Retry, RetryCause, RetryMemory};
pub use runner::Runner;
pub use schedule::{ConcurrencyPolicy, CronExpressions, Schedule};
pub use schema::{file_schema, file_schema_id, schema};
pub use selector::{EVERY_NODE, Selector, SelectorKind};
pub use structure::Structure;
pub use template::{
    CustomContainer, CustomTemplate, OutputParameter, Outputs, Sidecar, Template, Volume,
    VolumeMount,
};
pub use toleration::Toleration;
pub use ttl::Ttl;
pub use volume::{EphemeralVolume, PodVolume};

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
    /// Settings of nodes, by selector: a node's name, a name with `*` or `?`, `tag:NAME`,
    /// `namespace:NAME`, `group:NAME`, `pipeline:NAME`, or `*` for every node.
    pub nodes: IndexMap<String, NodeSettings>,
    /// Secrets with which images are pulled, by name.
    pub image_pull_secrets: Vec<String>,
    /// Seconds after which the whole workflow is ended.
    pub active_deadline: Option<u32>,
    /// Most tasks that run at once.
    #[schemars(range(min = 1))]
    pub parallelism: Option<u32>,
    /// Whether the logs of the pods are kept in the artifact repository.
    pub archive_logs: Option<bool>,
    /// Locks the whole workflow takes: Argo's `synchronization` (`mutexes`, `semaphores`).
    pub synchronization: Option<Structure>,
    /// Metrics of the whole workflow: a list of Argo's `prometheus` entries.
    pub metrics: Vec<Structure>,
    /// What runs when the workflow has ended, however it ended.
    #[schemars(with = "OnExit")]
    pub on_exit: Option<OnExit>,
    /// Changes to the manifest, as strategic merges.
    pub patches: Patches,
    /// Where all this stands.
    #[serde(skip)]
    pub places: Places,
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
            nodes: IndexMap::new(),
            image_pull_secrets: Vec::new(),
            active_deadline: None,
            parallelism: None,
            archive_logs: None,
            synchronization: None,
            metrics: Vec::new(),
            on_exit: None,
            patches: Patches::default(),
            places: Places::default(),
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
        if let Some(configured) = self.machine_types.get(name) {
            // Whoever describes a machine says all of it, whatever it is called.
            return configured.node_selector.clone().unwrap_or_default();
        }
        if gpu > 0 && known_machine_type(name).is_some() {
            let (label, value) = machine_type::G2_GPU;
            return IndexMap::from([(label.to_owned(), value.to_owned())]);
        }
        IndexMap::new()
    }

    /// What to do about a machine type that is not known. Machines of a cloud other than those of Google's g2 family
    /// are not known by name, so that only a name of that family is taken for a misspelt one of it.
    pub fn machine_type_help(&self, name: &str) -> String {
        const FAMILY: &str = "g2-";
        let known = known_machine_types().iter().map(|(known, ..)| *known);
        let known = known.filter(|_| name.to_lowercase().starts_with(FAMILY));
        let own = self.machine_types.keys().map(String::as_str);
        let own = own.filter(|own| may_be_one_family(name, own));
        let suggestion = did_you_mean(name, own.chain([DEFAULT_MACHINE_TYPE]).chain(known));
        suggestion.unwrap_or_else(|| {
            let configured: Vec<&str> = self.machine_types.keys().map(String::as_str).collect();
            let there = match configured.as_slice() {
                [] => String::new(),
                names => format!("; configured: {}", names.join(", ")),
            };
            format!(
                "add it to `machine_types` in argo.yml: {{{name}: {{mem: GIB, cpu: CORES}}}}{there}"
            )
        })
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

/// Whether two names may be machines of one family of a cloud: `n1-standard-4` has no GPU, and `g2-standard-4` has one. Names
/// that are no such machine's may.
fn may_be_one_family(name: &str, other: &str) -> bool {
    let family = |name: &str| {
        let (family, _) = name.split_once(['-', '.', '_'])?;
        Some(family.to_ascii_lowercase())
    };
    match (family(name), family(other)) {
        (Some(one), Some(other)) => {
            let has_number = |family: &str| family.contains(|letter: char| letter.is_ascii_digit());
            one == other || !has_number(&one) && !has_number(&other)
        }
        _ => true,
    }
}
