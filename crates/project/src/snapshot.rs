//! Snapshot of a project: all that Kedro knows of it, as the worker tells it
//! (`python/argo_kedro/worker/snapshot.py`).

use std::collections::{BTreeSet, HashSet};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// A project as it is in one environment, narrowed to one selection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Project that is read.
    pub project: Project,
    /// The configuration environment; none where nobody chose one and the project's own loader has no default.
    pub environment: Option<String>,
    /// Says whether nobody chose it: it is that of `Request::preferred_env`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_preferred: bool,
    /// The pipelines that were asked for.
    pub pipelines: Vec<String>,
    /// Every pipeline the project registers.
    pub registered: Vec<String>,
    /// The pipelines that Kedro's `find_pipelines` left out.
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
    /// The selected nodes in Kedro's topological order.
    pub nodes: Vec<Node>,
    /// The nodes of registered pipelines that are not selected, as far as selectors look at them. Only where `argo.yml` may
    /// have selectors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_nodes: Vec<Node>,
    /// The datasets of the selected nodes by name, transcoding included.
    pub datasets: IndexMap<String, Dataset>,
    /// The parameters they use, and whether the project defines them.
    pub parameters: IndexMap<String, bool>,
    /// The credentials that the catalog names, sorted by name; none where they may come from elsewhere than
    /// files.
    #[serde(default)]
    pub credentials: Vec<Credentials>,
    /// Hooks and classes that may bring datasets and parameters which no configuration file has, each as a sentence has it:
    /// "the hook `Extra.after_catalog_created`". Only where something is in no file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_sources: Vec<String>,
    /// Nodes outside the selection that read a dataset, by dataset.
    #[serde(default)]
    pub readers: IndexMap<String, Vec<String>>,
    /// Nodes outside the selection that make datasets which selected nodes read, by the names of the datasets.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub makers: IndexMap<String, Vec<String>>,
    /// Datasets that the catalog does not store, and that are taken from an earlier run. The worker knows nothing of them.
    #[serde(skip)]
    pub taken_over: BTreeSet<String>,
    /// Digests of values and of catalog entries, by the names of the parameters and datasets. Only where they were asked for
    /// (`Request::digests`).
    #[serde(default)]
    pub digests: IndexMap<String, String>,
    /// Code that the nodes run. Only where it was asked for (`Request::code`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// The parameters and datasets of the nodes that are something else each time they are read, by name.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub varying: IndexMap<String, Varies>,
    /// Parameters given at the command line.
    #[serde(default)]
    pub runtime_parameters: serde_json::Map<String, serde_json::Value>,
    /// Dataset versions given at the command line.
    #[serde(default)]
    pub load_versions: IndexMap<String, String>,
    /// The Kedro runner that was asked for; none for Kedro's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner: Option<Runner>,
    /// Configuration folder given at the command line.
    #[serde(default)]
    pub conf_source: Option<String>,
    /// `argo.yml` as merged for the environment; `None` without one.
    #[serde(default)]
    pub argo: Option<serde_json::Value>,
    /// The files it was merged from, the base environment's first.
    #[serde(default)]
    pub argo_files: Vec<String>,
    /// Configuration that a task must find.
    #[serde(default)]
    pub configuration: Configuration,
    /// Libraries that fsspec wants for the URLs of the datasets and of `memory_datasets.path`, by protocol.
    #[serde(default)]
    pub storage: IndexMap<String, Library>,
    /// Says whether the environment has `MLflow`. Only where `argo.yml` has `mlflow`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_mlflow: Option<bool>,
    /// Use that the tasks make of `MLflow`, where it is installed, and they use it or `argo.yml` has `mlflow`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mlflow: Option<MlflowUse>,
    /// Versions of what read the project.
    pub versions: Versions,
    /// The pipeline of `on_exit` in `argo.yml`, read by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_exit: Option<Box<Self>>,
}

impl Snapshot {
    /// Sources that may bring entries that no configuration file has, for the end of a sentence; `None` if there are none.
    pub fn other_source(&self) -> Option<String> {
        match &self.other_sources[..] {
            [] => None,
            [one] => Some(one.clone()),
            [one, others @ ..] => Some(format!("{one} or one of {} others", others.len())),
        }
    }

    /// Datasets that the selected nodes read, that none of them makes, and that the catalog does not store.
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

    /// The environment as messages name it.
    pub fn environment_name(&self) -> &str {
        self.environment.as_deref().unwrap_or("default")
    }
}

/// Code that nodes run, as digests (`python/argo_kedro/worker/code.py`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Digests of files, by path; inside of the project the path is relative to it.
    pub files: IndexMap<String, String>,
    /// Lists of such paths.
    pub sets: Vec<Vec<String>>,
    /// Code of each node, by its name.
    pub nodes: IndexMap<String, NodeCode>,
}

/// Code that a node runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeCode {
    /// Number of the list with its files.
    pub set: usize,
    /// Digest of what its function is given besides its inputs.
    pub call: String,
}

/// Name and version of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Name people call it.
    pub name: String,
    /// Python package.
    pub package: String,
    /// Folder.
    pub path: String,
    /// Folder of its code, relative to it.
    #[serde(default = "src")]
    pub source: String,
    /// Version of the installed package, if it is installed.
    #[serde(default)]
    pub version: Option<String>,
}

/// The runner inside each task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runner {
    /// Class, as for `kedro run --runner`.
    pub name: String,
    /// Arguments.
    #[serde(default)]
    pub parameters: serde_json::Map<String, serde_json::Value>,
    /// Reason why it cannot be made.
    #[serde(default)]
    pub problem: Option<String>,
    /// Classes that exist, if this one does not.
    #[serde(default)]
    pub candidates: Vec<String>,
}

fn src() -> String {
    "src".to_owned()
}

/// Configuration that a task must find, in paths relative to the project. Nothing where the project's own
/// loader may look elsewhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// Folder of the base environment.
    #[serde(default)]
    pub base: Option<String>,
    /// Folder of the environment, where that is another one.
    #[serde(default)]
    pub environment: Option<String>,
    /// Says whether nobody has to name the environment: Kedro's `local`, as a rule.
    #[serde(default)]
    pub is_default: bool,
    /// The files in both that tasks read; those of credentials aside.
    #[serde(default)]
    pub files: Vec<String>,
}

/// A library that a protocol needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Library {
    /// Name of its package in an index.
    pub package: String,
    /// Says whether the environment that read the project has it.
    pub installed: bool,
}

/// Use that the tasks of a project make of `MLflow` (`python/argo_kedro/worker/tracking.py`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MlflowUse {
    /// Says whether their code or `kedro-mlflow` brings it: they then record a run, wherever that goes.
    pub is_joined: bool,
    /// Place that `mlflow.yml` names for runs.
    pub store: MlflowStore,
    /// Says whether the environment that read the project names a server (`MLFLOW_TRACKING_URI`).
    pub has_address: bool,
}

/// Place for the runs of `MLflow`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MlflowStore {
    /// Nothing is named.
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
    /// Value that was another one when it was read again.
    Always,
    /// Value of a resolver that looks at the clock.
    Clock,
    /// Value of a resolver that looks at the host's name, which each pod has for itself.
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
    /// Namespace, if it is in one.
    #[serde(default)]
    pub namespace: Option<String>,
    /// Datasets and parameters it reads, each once.
    #[serde(default)]
    pub inputs: Vec<String>,
    /// Datasets it writes, each once.
    #[serde(default)]
    pub outputs: Vec<String>,
    /// Tags, sorted.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Datasets it confirms.
    #[serde(default)]
    pub confirms: Vec<String>,
    /// Place of the function.
    #[serde(default)]
    pub source: Option<Source>,
    /// Place at which it is made, if it is one of ours: there it asks for its machine.
    #[serde(default)]
    pub declared: Option<Source>,
    /// Machine type it asks for.
    #[serde(default)]
    pub machine_type: Option<String>,
    /// Custom template it asks for.
    #[serde(default)]
    pub template: Option<String>,
    /// The outermost fused group around it.
    #[serde(default)]
    pub group: Option<Group>,
    /// Registered pipelines it is in, `__default__` aside.
    #[serde(default)]
    pub pipelines: Vec<String>,
}

/// A fused group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Name including the namespace it was put in.
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
    /// Path, relative to the project where it is inside.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
}

/// A dataset as the catalog has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dataset {
    /// Class as the catalog names it.
    #[serde(rename = "type")]
    pub kind: String,
    /// Place of the data.
    pub place: DataPlace,
    /// Path or URL, where it has one.
    #[serde(default)]
    pub path: Option<String>,
    /// Says whether Kedro versions it.
    #[serde(default)]
    pub versioned: bool,
    /// The dataset factory pattern it came from.
    #[serde(default)]
    pub pattern: Option<String>,
    /// Says whether the catalog has it at all.
    pub registered: bool,
    /// Says whether the catalog has its data as well: `data` of a `MemoryDataset`.
    #[serde(default)]
    pub has_data: bool,
    /// Reason why its class cannot be used here.
    #[serde(default)]
    pub problem: Option<String>,
}

/// Credentials that the catalog names. Kedro looks all of them up before it makes the first dataset, whichever the nodes
/// use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// Their name.
    pub name: String,
    /// The catalog entries that name them: datasets and patterns.
    pub datasets: Vec<String>,
    /// The files that define them, relative to the project where they are inside.
    pub files: Vec<String>,
    /// Files of other environments that do.
    #[serde(default)]
    pub elsewhere: Vec<String>,
}

impl Credentials {
    /// Names of those who need the library, for the start of a sentence: "`a` needs", "`a` and 2 more need".
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
    /// Storage in the memory of the process.
    Memory,
    /// Storage on the disk of the machine.
    Local,
    /// Behind a URL.
    Remote,
    /// Somewhere without a path: a database, an API.
    External,
}

/// Versions of what read the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Kedro.
    pub kedro: String,
    /// Python.
    pub python: String,
    /// Version of this plugin's Python package.
    pub argo_kedro: String,
}

/// The name of a dataset without its transcoding (`a@pandas` is `a`).
pub fn without_transcoding(name: &str) -> &str {
    // Names are short: to look at each byte is quicker than to search.
    let end = name.bytes().position(|byte| byte == b'@');
    end.map_or(name, |end| &name[..end])
}

/// Says whether a node's input is a parameter and not a dataset.
pub fn is_parameter(name: &str) -> bool {
    name == "parameters" || name.starts_with("params:")
}
