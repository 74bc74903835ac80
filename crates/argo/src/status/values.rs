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
    /// Artifacts, with their locations.
    #[serde(skip_serializing_if = "is_omitted")]
    pub artifacts: Vec<Artifact>,
    /// Fields that this module does not know.
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
    /// Artifacts, with their locations.
    #[serde(skip_serializing_if = "is_omitted")]
    pub artifacts: Vec<Artifact>,
    /// Standard output of the main container, if the Workflow refers to it.
    #[serde(skip_serializing_if = "is_omitted")]
    pub result: Option<String>,
    /// Exit code of the main container.
    #[serde(skip_serializing_if = "is_omitted")]
    pub exit_code: Option<String>,
    /// Fields that this module does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A parameter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Parameter {
    /// Name of the parameter.
    pub name: String,
    /// Value if the caller gives none.
    #[serde(skip_serializing_if = "is_omitted")]
    pub default: Option<String>,
    /// Value of the parameter.
    #[serde(skip_serializing_if = "is_omitted")]
    pub value: Option<String>,
    /// Source of the value, as in the template.
    #[serde(skip_serializing_if = "is_omitted")]
    pub value_from: Option<Value>,
    /// Name of the parameter in the whole Workflow.
    #[serde(skip_serializing_if = "is_omitted")]
    pub global_name: String,
    /// Fields that this module does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// An artifact. `other` holds its location, e.g. `s3`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Artifact {
    /// Name of the artifact.
    pub name: String,
    /// File in the pod.
    #[serde(skip_serializing_if = "is_omitted")]
    pub path: String,
    /// Name of the artifact in the whole Workflow.
    #[serde(skip_serializing_if = "is_omitted")]
    pub global_name: String,
    /// Says whether the artifact may be missing.
    #[serde(skip_serializing_if = "is_omitted")]
    pub optional: bool,
    /// Fields that this module does not know.
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
