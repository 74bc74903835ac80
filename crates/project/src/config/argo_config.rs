//! The whole `argo.yml`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::deployment::Deployment;
use super::grouping::Grouping;
use super::machine_type::{DEFAULT_MACHINE_TYPE, MachineType};
use super::memory_datasets::MemoryDatasets;
use super::mlflow::Mlflow;
use super::nodes::NodeSettings;
use super::notify::Notify;
use super::on_exit::OnExit;
use super::patches::Patches;
use super::places::Places;
use super::pod_gc::PodGc;
use super::prices::Prices;
use super::runner::Runner;
use super::schedule::Schedule;
use super::structure::Structure;
use super::template::Template;
use super::ttl::Ttl;

/// Settings of a Kedro project on Argo Workflows.
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
    /// Way in which a task runs its nodes.
    pub runner: Runner,
    /// Environment variables of every container, custom templates, and init templates.
    pub template: Template,
    /// Datasets that the catalog does not store: how they get from one task to another.
    pub memory_datasets: MemoryDatasets,
    /// Settings for a workflow as one `MLflow` run. Default: it is one, if the tasks have `MLflow`.
    pub mlflow: Mlflow,
    /// Rule for the nodes that run together in one task. A `FusedPipeline` in code always wins. Default: `none`.
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
    /// Says whether Argo keeps the logs of the pods in the cluster's artifact repository. Default: as the cluster is
    /// configured.
    pub archive_logs: Option<bool>,
    /// Locks that the whole workflow takes, written as Argo's `synchronization`. Example:
    /// `{mutexes: [{name: flights}]}`.
    pub synchronization: Option<Structure>,
    /// Metrics of the whole workflow: a list of entries written as in Argo's `metrics.prometheus`.
    pub metrics: Vec<Structure>,
    /// Container, template or pipeline that runs after the workflow has ended, whether it succeeded or failed. Default:
    /// nothing.
    #[schemars(with = "OnExit")]
    pub on_exit: Option<OnExit>,
    /// Recipients of a message when a run has ended: Slack, Teams, a webhook, e-mail. Default: nobody.
    pub notify: Vec<Notify>,
    /// Changes to the compiled manifest, for fields that have no key in argo.yml.
    pub patches: Patches,
    /// Places of all settings in their files.
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
