//! Snapshot of a project: everything that Kedro knows about it, as reported by the worker
//! (`python/argo_kedro/worker/snapshot.py`).

use std::collections::{BTreeSet, HashSet};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// A project in one environment, narrowed to one selection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Name, folder and version of the project.
    pub project: Project,
    /// Configuration environment; none if nobody chose one and the project's own loader has no default.
    pub environment: Option<String>,
    /// Set if nobody chose the environment, which comes from `Request::preferred_env`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_preferred: bool,
    /// Requested pipelines.
    pub pipelines: Vec<String>,
    /// All registered pipelines.
    pub registered: Vec<String>,
    /// Pipelines that Kedro's `find_pipelines` left out.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
    /// Selected nodes in Kedro's topological order.
    pub nodes: Vec<Node>,
    /// Nodes of registered pipelines that are not selected, with the fields for selectors. Only if `argo.yml` may have
    /// selectors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_nodes: Vec<Node>,
    /// Datasets of the selected nodes by name, with transcoding.
    pub datasets: IndexMap<String, Dataset>,
    /// Parameters of the selected nodes, and whether the project defines them.
    pub parameters: IndexMap<String, bool>,
    /// Credentials that the catalog names, sorted by name; empty if they may come from other sources than files.
    #[serde(default)]
    pub credentials: Vec<Credentials>,
    /// Hooks and classes that may add datasets and parameters without a configuration file, each worded for a sentence:
    /// "the hook `Extra.after_catalog_created`". Only if an entry is in no file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_sources: Vec<String>,
    /// Nodes outside of the selection that read a dataset, by dataset.
    #[serde(default)]
    pub readers: IndexMap<String, Vec<String>>,
    /// Nodes outside of the selection that create the inputs of selected nodes, by dataset.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub makers: IndexMap<String, Vec<String>>,
    /// Datasets outside of the catalog that are taken from an earlier run. The worker does not set them.
    #[serde(skip)]
    pub taken_over: BTreeSet<String>,
    /// Digests of parameters and catalog entries, by name. Only if requested (`Request::digests`).
    #[serde(default)]
    pub digests: IndexMap<String, String>,
    /// Code that the nodes run. Only if requested (`Request::code`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// Parameters and datasets of the nodes that change each time they are read, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub varying: IndexMap<String, Varies>,
    /// Parameters from the command line.
    #[serde(default)]
    pub runtime_parameters: serde_json::Map<String, serde_json::Value>,
    /// Dataset versions from the command line.
    #[serde(default)]
    pub load_versions: IndexMap<String, String>,
    /// Requested Kedro runner; none for Kedro's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner: Option<Runner>,
    /// Configuration folder from the command line.
    #[serde(default)]
    pub conf_source: Option<String>,
    /// `argo.yml`, merged for the environment; `None` without one.
    #[serde(default)]
    pub argo: Option<serde_json::Value>,
    /// Merged files of `argo.yml`, the base environment's first.
    #[serde(default)]
    pub argo_files: Vec<String>,
    /// Configuration that a task needs.
    #[serde(default)]
    pub configuration: Configuration,
    /// Libraries that fsspec needs for the URLs of the datasets and of `memory_datasets.path`, by protocol.
    #[serde(default)]
    pub storage: IndexMap<String, Library>,
    /// Set if `MLflow` is installed in the environment. Only if `argo.yml` has `mlflow`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_mlflow: Option<bool>,
    /// How the tasks use `MLflow`, if it is installed, and if they use it or `argo.yml` has `mlflow`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mlflow: Option<MlflowUse>,
    /// Versions of the software that read the project.
    pub versions: Versions,
    /// Pipeline of `on_exit` in `argo.yml`, read separately.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_exit: Option<Box<Self>>,
}

impl Snapshot {
    /// Sources that may add entries without a configuration file, worded for the end of a sentence; `None` if there are
    /// none.
    pub fn other_source(&self) -> Option<String> {
        match &self.other_sources[..] {
            [] => None,
            [one] => Some(one.clone()),
            [one, others @ ..] => Some(format!("{one} or one of {} others", others.len())),
        }
    }

    /// Datasets that the selected nodes read but do not create, and that the catalog does not store.
    pub fn to_take_over(&self) -> Vec<&str> {
        let made = self.nodes.iter().flat_map(|node| &node.outputs);
        let made: HashSet<&str> = made.map(|name| without_transcoding(name)).collect();
        let read = self.nodes.iter().flat_map(|node| &node.inputs);
        let mut free: Vec<&str> = read
            .map(String::as_str)
            .filter(|name| !is_parameter(name) && !made.contains(without_transcoding(name)))
            .filter(|name| {
                let dataset = self.datasets.get(*name);
                dataset.is_some_and(|it| it.place == DataPlace::Memory && !it.has_data)
            })
            .collect();
        free.sort_unstable();
        free.dedup();
        free
    }

    /// Name of the environment for messages.
    pub fn environment_name(&self) -> &str {
        self.environment.as_deref().unwrap_or("default")
    }
}

/// Code that nodes run, as digests (`python/argo_kedro/worker/code.py`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Digests of files, by path; a path inside of the project is relative to it.
    pub files: IndexMap<String, String>,
    /// Lists of these paths.
    pub sets: Vec<Vec<String>>,
    /// Code of each node, by its name.
    pub nodes: IndexMap<String, NodeCode>,
}

/// Code that a node runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeCode {
    /// Index in `sets` of the list of its files.
    pub set: usize,
    /// Digest of the arguments of its function other than its inputs.
    pub call: String,
}

/// Name and version of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Name for people.
    pub name: String,
    /// Name of the Python package.
    pub package: String,
    /// Path of the folder.
    pub path: String,
    /// Folder of the code, relative to `path`.
    #[serde(default = "src")]
    pub source: String,
    /// Version of the installed package, if there is one.
    #[serde(default)]
    pub version: Option<String>,
}

/// Runner inside each task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runner {
    /// Class, as for `kedro run --runner`.
    pub name: String,
    /// Arguments.
    #[serde(default)]
    pub parameters: serde_json::Map<String, serde_json::Value>,
    /// Reason why the runner cannot be created.
    #[serde(default)]
    pub problem: Option<String>,
    /// Existing classes, if this one does not exist.
    #[serde(default)]
    pub candidates: Vec<String>,
}

fn src() -> String {
    "src".to_owned()
}

/// Configuration that a task needs, in paths relative to the project. Empty if the project's own loader may use other
/// files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// Folder of the base environment.
    #[serde(default)]
    pub base: Option<String>,
    /// Folder of the environment, if it differs from the base.
    #[serde(default)]
    pub environment: Option<String>,
    /// Set if the environment is the default, which is mostly Kedro's `local`.
    #[serde(default)]
    pub is_default: bool,
    /// Files in both folders that tasks read, without credentials.
    #[serde(default)]
    pub files: Vec<String>,
}

/// Library that a protocol needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Library {
    /// Name of its package in a package index.
    pub package: String,
    /// Set if the library is installed in the environment that read the project.
    pub installed: bool,
}

/// How the tasks of a project use `MLflow` (`python/argo_kedro/worker/tracking.py`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MlflowUse {
    /// Set if their code or `kedro-mlflow` uses it: then they record a run, to any place.
    pub is_joined: bool,
    /// Place for runs in `mlflow.yml`.
    pub store: MlflowStore,
    /// Set if the environment that read the project names a server (`MLFLOW_TRACKING_URI`).
    pub has_address: bool,
}

/// Place for the runs of `MLflow`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MlflowStore {
    /// No place is configured.
    None,
    /// A folder or a file beside the task.
    Folder,
    /// A server, or a place that may be a volume.
    Server,
}

/// Way in which a parameter or a catalog entry varies (`python/argo_kedro/worker/varying.py`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Varies {
    /// Value that differed when it was read again.
    Always,
    /// Value of a resolver that reads the clock.
    Clock,
    /// Value of a resolver that reads the host's name, which differs in each pod.
    Host,
}

/// A pipeline that `find_pipelines` left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// Module of the pipeline.
    pub module: String,
    /// Reason, in one line.
    pub reason: String,
    /// Place of the error in the project.
    #[serde(default)]
    pub source: Option<Source>,
}

/// One Kedro node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Name including the namespace.
    pub name: String,
    /// Namespace, if the node has one.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Datasets and parameters that the node reads, without duplicates.
    #[serde(default)]
    pub inputs: Vec<String>,
    /// Datasets that the node writes, without duplicates.
    #[serde(default)]
    pub outputs: Vec<String>,
    /// Tags, sorted.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Datasets that the node confirms.
    #[serde(default)]
    pub confirms: Vec<String>,
    /// Place of the function.
    #[serde(default)]
    pub source: Option<Source>,
    /// Place at which a node of argo-kedro's own class is created, where it requests its machine.
    #[serde(default)]
    pub declared: Option<Source>,
    /// Requested machine type.
    #[serde(default)]
    pub machine_type: Option<String>,
    /// Requested custom template.
    #[serde(default)]
    pub template: Option<String>,
    /// Outermost fused group around the node.
    #[serde(default)]
    pub group: Option<Group>,
    /// Registered pipelines of the node, without `__default__`.
    #[serde(default)]
    pub pipelines: Vec<String>,
}

/// A fused group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Name, including the namespace that contains it.
    pub name: String,
    /// Machine type of the group itself.
    #[serde(default)]
    pub machine_type: Option<String>,
    /// Custom template of the group itself.
    #[serde(default)]
    pub template: Option<String>,
}

/// A place in the user's code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Path, relative to the project if it is inside.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
}

/// A dataset in the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataset {
    /// Class, as in the catalog.
    #[serde(rename = "type")]
    pub kind: String,
    /// Place of the data.
    pub place: DataPlace,
    /// Path or URL, if there is one.
    #[serde(default)]
    pub path: Option<String>,
    /// Set if Kedro versions the dataset.
    #[serde(default)]
    pub versioned: bool,
    /// Pattern of the dataset factory that created it.
    #[serde(default)]
    pub pattern: Option<String>,
    /// Set if the dataset is in the catalog.
    pub registered: bool,
    /// Set if the catalog also has its data: `data` of a `MemoryDataset`.
    #[serde(default)]
    pub has_data: bool,
    /// Reason why its class cannot be used in this environment.
    #[serde(default)]
    pub problem: Option<String>,
}

/// Credentials that the catalog names. Kedro looks all of them up before it creates the first dataset, even unused
/// ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// Name of the credentials.
    pub name: String,
    /// Catalog entries that use the credentials: datasets and patterns.
    pub datasets: Vec<String>,
    /// Files that define the credentials, relative to the project if they are inside.
    pub files: Vec<String>,
    /// Files of other environments that define the credentials.
    #[serde(default)]
    pub elsewhere: Vec<String>,
}

impl Credentials {
    /// Names of the entries that need the credentials, worded for the start of a sentence: "`a` needs", "`a` and 2 more
    /// need".
    pub fn needed_by(&self) -> String {
        match &self.datasets[..] {
            [] => "the catalog needs".to_owned(),
            [one] => format!("`{one}` needs"),
            [one, others @ ..] => format!("`{one}` and {} more need", others.len()),
        }
    }
}

/// Place of a dataset's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DataPlace {
    /// Memory of the process.
    Memory,
    /// Disk of the machine.
    Local,
    /// Storage behind a URL.
    Remote,
    /// Storage without a path: a database, an API.
    External,
}

/// Versions of the software that read the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Version of Kedro.
    pub kedro: String,
    /// Version of Python.
    pub python: String,
    /// Version of this plugin's Python package.
    pub argo_kedro: String,
}

/// Name of a dataset without its transcoding (`a` for `a@pandas`).
pub fn without_transcoding(name: &str) -> &str {
    // For short names, a loop over the bytes is faster than a search.
    let end = name.bytes().position(|byte| byte == b'@');
    end.map_or(name, |end| &name[..end])
}

/// Says whether a node's input is a parameter and not a dataset.
pub fn is_parameter(name: &str) -> bool {
    name == "parameters" || name.starts_with("params:")
}
