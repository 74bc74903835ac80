use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::omitted::is_omitted;

/// Inputs of a node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Inputs {
    /// Parameters, with their values.
    #[serde(skip_serializing_if = "is_omitted")]
    pub parameters: Vec<Parameter>,
    /// Artifacts, with their places.
    #[serde(skip_serializing_if = "is_omitted")]
    pub artifacts: Vec<Artifact>,
    /// Fields that this room does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// Outputs of a node, or of a Workflow by global names.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Outputs {
    /// Parameters, with their values.
    #[serde(skip_serializing_if = "is_omitted")]
    pub parameters: Vec<Parameter>,
    /// Artifacts, with their places.
    #[serde(skip_serializing_if = "is_omitted")]
    pub artifacts: Vec<Artifact>,
    /// Standard output of the main container, where somebody refers to it.
    #[serde(skip_serializing_if = "is_omitted")]
    pub result: Option<String>,
    /// Exit code of the main container.
    #[serde(skip_serializing_if = "is_omitted")]
    pub exit_code: Option<String>,
    /// Fields that this room does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A parameter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Parameter {
    /// Name of the parameter.
    pub name: String,
    /// Value where no other is given.
    #[serde(skip_serializing_if = "is_omitted")]
    pub default: Option<String>,
    /// Value of the parameter.
    #[serde(skip_serializing_if = "is_omitted")]
    pub value: Option<String>,
    /// Source of the value, as the template has it.
    #[serde(skip_serializing_if = "is_omitted")]
    pub value_from: Option<Value>,
    /// Name under which the whole Workflow knows the value.
    #[serde(skip_serializing_if = "is_omitted")]
    pub global_name: String,
    /// Fields that this room does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// An artifact. Its place, e.g. `s3`, is among the other fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Artifact {
    /// Name of the artifact.
    pub name: String,
    /// File in the pod.
    #[serde(skip_serializing_if = "is_omitted")]
    pub path: String,
    /// Name under which the whole Workflow knows the artifact.
    #[serde(skip_serializing_if = "is_omitted")]
    pub global_name: String,
    /// Says whether the node may do without.
    #[serde(skip_serializing_if = "is_omitted")]
    pub optional: bool,
    /// Fields that this room does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

impl Inputs {
    /// The value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        value(&self.parameters, name)
    }
}

impl Outputs {
    /// The value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        value(&self.parameters, name)
    }
}

fn value<'a>(parameters: &'a [Parameter], name: &str) -> Option<&'a str> {
    let found = parameters.iter().find(|entry| entry.name == name)?;
    found.value.as_deref()
}
