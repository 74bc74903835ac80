use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::amount::Amount;
use super::environment::EnvironmentVariable;

/// Work after the workflow has ended: exactly one of a container, a template or a Kedro pipeline. If it fails, the
/// workflow fails.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnExit {
    /// A container to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ExitContainer")]
    pub container: Option<ExitContainer>,
    /// Name of a template from `template.templates`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub template: Option<String>,
    /// Name of a registered Kedro pipeline. Its nodes run like those of any other pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub pipeline: Option<String>,
}

impl OnExit {
    /// Names of the keys that define the work; a valid section has exactly one.
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

/// The container of an exit handler. It has the environment variables of every node, and `WORKFLOW_ID`, `WORKFLOW_NAME`
/// and `WORKFLOW_STATUS` (`Succeeded`, `Failed` or `Error`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExitContainer {
    /// Image of the container. Default: the image of the tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub image: Option<String>,
    /// Program to run, and its first arguments. Example: `[sh, -c]`.
    #[schemars(length(min = 1))]
    pub command: Vec<String>,
    /// The other arguments of the program.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// More environment variables of this container.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<EnvironmentVariable>,
    /// Resources of this container, as requests and limits. Example: `{cpu: 1, memory: 512Mi}`.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub resources: IndexMap<String, Amount>,
}
