use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_saphyr::{FlowMap, FlowSeq};

use super::Arguments;

/// Tasks that wait for each other.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dag {
    /// The tasks.
    pub tasks: Vec<DagTask>,
    /// Fields that come from patches and have no type here.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// One task of a DAG.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DagTask {
    /// Its name.
    pub name: String,
    /// Name of the template it runs.
    pub template: String,
    /// What it gives the template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arguments: Option<FlowMap<Arguments>>,
    /// Tasks it waits for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dependencies: Option<FlowSeq<Vec<String>>>,
    /// Fields that come from patches and have no type here.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// One step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its name.
    pub name: String,
    /// The template it runs, written in place. The CRD does not look in here, and so
    /// does not count its tasks: in a plain DAG it allows 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inline: Option<InlineTemplate>,
    /// Fields that come from patches and have no type here.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A template without a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InlineTemplate {
    /// Tasks that wait for each other.
    pub dag: WideDag,
    /// Fields that come from patches and have no type here.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A DAG of very many tasks: a line each, to stay small.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WideDag {
    /// The tasks.
    pub tasks: Vec<FlowMap<DagTask>>,
    /// Fields that come from patches and have no type here.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}
