use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Amount, EnvironmentVariable};

/// What runs when the workflow has ended, however it ended: exactly one of a container, a
/// template or a Kedro pipeline. The workflow fails if it fails.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnExit {
    /// A container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ExitContainer")]
    pub container: Option<ExitContainer>,
    /// Name of a template of `template.templates`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub template: Option<String>,
    /// Name of a Kedro pipeline; its nodes run like any others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub pipeline: Option<String>,
}

impl OnExit {
    /// Names of the keys that say what runs; a right one has exactly one.
    pub fn sources(&self) -> Vec<&'static str> {
        [
            ("container", self.container.is_some()),
            ("template", self.template.is_some()),
            ("pipeline", self.pipeline.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect()
    }
}

/// The container of an exit handler. It has `WORKFLOW_ID`, `WORKFLOW_NAME` and
/// `WORKFLOW_STATUS` (`Succeeded`, `Failed` or `Error`) and the variables of every node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExitContainer {
    /// Its image. Default: that of the tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub image: Option<String>,
    /// Program and its first words.
    #[schemars(length(min = 1))]
    pub command: Vec<String>,
    /// Its other words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// Environment variables of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<EnvironmentVariable>,
    /// What it asks for and may use at most, by resource.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub resources: IndexMap<String, Amount>,
}
