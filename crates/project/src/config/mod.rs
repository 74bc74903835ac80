//! `conf/<env>/argo.yml`, typed.
//!
//! Every key of the earlier Python plugin works; everything is strict. The doc
//! comments here are the descriptions of the JSON Schema that is shipped.

mod amount;
mod build;
mod check;
mod deployment;
mod duration;
mod edit;
mod environment;
mod environment_source;
mod grouping;
mod machine_type;
mod memory_datasets;
mod mlflow;
mod nodes;
mod notify;
mod on_exit;
mod patches;
mod pipelines;
mod places;
mod pod_gc;
mod prices;
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
pub use edit::{set_of_nodes, set_text};
pub use environment::{ConfigMapKey, EnvironmentVariable, SecretKey};
pub use environment_source::EnvironmentSource;
pub use grouping::Grouping;
pub use machine_type::{
    DEFAULT_MACHINE_TYPE, MachineType, known_machine_type, known_machine_types,
};
pub use memory_datasets::{MemoryDatasets, MemoryMode};
pub use mlflow::Mlflow;
pub use nodes::{ImagePullPolicy, NodeSettings};
pub use notify::{
    Email, EmailSecurity, IncomingWebhook, Notify, NotifyEvent, NotifySecret, Webhook,
    variable as notify_variable,
};
pub use on_exit::{ExitContainer, OnExit};
pub use patches::Patches;
pub use pipelines::check_pipelines;
pub use places::Places;
pub use pod_gc::{PodGc, PodGcLater, PodGcStrategy};
pub use prices::{Price, Prices};
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
    /// Kubernetes namespace in which workflows run. `--namespace` wins over it. Default: the namespace of the
    /// kubeconfig's context.
    pub namespace: Option<String>,
    /// The Argo Server through which commands reach the cluster, for users without a kubeconfig: `host:port` or a URL.
    /// Default: none, and the kubeconfig is used. Example: `https://argo.example.com`.
    pub argo_server: Option<String>,
    /// The container image of the tasks: its name, and how it is built.
    pub deployment: Deployment,
    /// Machine types that nodes can ask for, by name. Example: `gpu: {mem: 16, cpu: 4, num_gpu: 1}`.
    pub machine_types: IndexMap<String, MachineType>,
    /// Machine type of each node that asks for no other. Default: `default`, which has 1 core and 2 GiB unless
    /// `machine_types` defines it.
    pub default_machine_type: String,
    /// Prices of resources. With them, `sizes` and `plan --cost` show money. Example:
    /// `{currency: EUR, cpu_hour: 0.03, mem_gib_hour: 0.004, gpu_hour: 2.5}`.
    pub prices: Prices,
    /// How a task runs its nodes.
    pub runner: Runner,
    /// Environment variables of every container, custom templates, and init templates.
    pub template: Template,
    /// How a dataset that the catalog does not store gets from one task to another.
    pub memory_datasets: MemoryDatasets,
    /// How a workflow is one `MLflow` run. Default: it is one, if the tasks have `MLflow`.
    pub mlflow: Mlflow,
    /// Which nodes run together in one task. A `FusedPipeline` in code always wins. Default: `none`.
    pub grouping: Grouping,
    /// Kubernetes service account of the pods. Default: the one that the cluster chooses.
    pub service_account: Option<String>,
    /// Address of a run in Argo's UI, which `submit` prints. `{namespace}`, `{name}` and `{uid}` stand for those of the
    /// workflow. Example: `https://argo.example.com/workflows/{namespace}/{name}`.
    pub ui_url: Option<String>,
    /// Schedules of pipelines, by name. `deploy --kind cronworkflow` makes one `CronWorkflow` of each.
    pub schedules: IndexMap<String, Schedule>,
    /// When Argo deletes a finished workflow, in seconds after its end. Default: `{after_completion: 604800}`, which is
    /// seven days.
    pub ttl: Ttl,
    /// When Argo deletes the pods of a workflow. Default: `on_workflow_success`.
    pub pod_gc: PodGc,
    /// Settings of nodes and their pods, by selector. A selector is the name of a node, a name with `*` or `?`,
    /// `tag:NAME`, `namespace:NAME`, `group:NAME`, `pipeline:NAME`, or `*` for every node. Example:
    /// `"tag:gpu": {machine_type: gpu}`.
    pub nodes: IndexMap<String, NodeSettings>,
    /// Names of the Kubernetes secrets with which the cluster pulls images. Example: `[regcred]`.
    pub image_pull_secrets: Vec<String>,
    /// Longest time that the whole workflow may run, in seconds. Argo then ends it. Default: no limit.
    pub active_deadline: Option<u32>,
    /// Largest number of tasks that run at the same time. Default: no limit.
    #[schemars(range(min = 1))]
    pub parallelism: Option<u32>,
    /// Whether Argo keeps the logs of the pods in the cluster's artifact repository. Default: as the cluster is
    /// configured.
    pub archive_logs: Option<bool>,
    /// Locks that the whole workflow takes, written as Argo's `synchronization`. Example:
    /// `{mutexes: [{name: flights}]}`.
    pub synchronization: Option<Structure>,
    /// Metrics of the whole workflow: a list of entries written as in Argo's `metrics.prometheus`.
    pub metrics: Vec<Structure>,
    /// What runs after the workflow has ended, whether it succeeded or failed. Default: nothing.
    #[schemars(with = "OnExit")]
    pub on_exit: Option<OnExit>,
    /// Who hears how a run has ended: Slack, Teams, a webhook, e-mail. Default: nobody.
    pub notify: Vec<Notify>,
    /// Changes to the compiled manifest, for fields that have no key in argo.yml.
    pub patches: Patches,
    /// Where all this stands.
    #[serde(skip)]
    pub places: Places,
}

impl Default for ArgoConfig {
    fn default() -> Self {
        Self {
            namespace: None,
            argo_server: None,
            deployment: Deployment::default(),
            machine_types: IndexMap::new(),
            default_machine_type: DEFAULT_MACHINE_TYPE.to_owned(),
            prices: Prices::default(),
            runner: Runner::default(),
            template: Template::default(),
            memory_datasets: MemoryDatasets::default(),
            mlflow: Mlflow::default(),
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
            notify: Vec::new(),
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
