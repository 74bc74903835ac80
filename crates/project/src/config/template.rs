use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::environment::{EnvironmentVariable, SecretKey};

/// Environment variables of every container, custom templates, and init templates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Template {
    /// Environment variables of every container. Example: `[{name: LOG_LEVEL, value: INFO}]`.
    pub environment: Vec<EnvironmentVariable>,
    /// Custom templates. Nodes and `init_templates` refer to them by name.
    pub templates: Vec<CustomTemplate>,
    /// Names of custom templates that run before the pipeline. Each of their output parameters becomes an environment
    /// variable of every task, with its name in capitals.
    pub init_templates: Vec<String>,
    /// Folder in the container at which a scratch volume (`emph_storage` of a machine type) is mounted. Default:
    /// `/data`.
    pub emph_storage_mount_path: String,
    /// Custom template of each node that asks for no other. Default: the template that argo-kedro writes.
    pub default_template: Option<String>,
}

impl Default for Template {
    fn default() -> Self {
        Self {
            environment: Vec::new(),
            templates: Vec::new(),
            init_templates: Vec::new(),
            emph_storage_mount_path: "/data".to_owned(),
            default_template: None,
        }
    }
}

/// A template of your own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomTemplate {
    /// Name of the template. Nodes and `init_templates` refer to it.
    pub name: String,
    /// The main container of the template.
    pub container: CustomContainer,
    /// Output parameters of the template.
    #[serde(default)]
    pub outputs: Outputs,
    /// Containers that run beside the main container.
    #[serde(default)]
    pub sidecars: Vec<Sidecar>,
    /// Volumes that hold keys of secrets.
    #[serde(default)]
    pub volumes: Vec<Volume>,
}

impl CustomTemplate {
    /// Output parameters of the template, from both places where they may be defined.
    pub fn output_parameters(&self) -> impl Iterator<Item = &OutputParameter> {
        self.outputs
            .parameters
            .iter()
            .chain(&self.container.outputs.parameters)
    }
}

/// The main container of a custom template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomContainer {
    /// Not used: Argo calls the main container `main`.
    #[serde(default)]
    pub name: Option<String>,
    /// Program to run, and its first arguments. Example: `[sh, -c]`.
    pub command: Vec<String>,
    /// The other arguments of the program: a list, or one string.
    #[serde(default, deserialize_with = "one_or_many")]
    #[schemars(with = "OneOrMany")]
    pub args: Vec<String>,
    /// Environment variables of this container, in addition to `template.environment`.
    #[serde(default)]
    pub env: Vec<EnvironmentVariable>,
    /// Volumes that are mounted into the container.
    #[serde(default)]
    pub volume_mounts: Vec<VolumeMount>,
    /// Output parameters of the template. You can write them here or beside `container`.
    #[serde(default)]
    pub outputs: Outputs,
}

/// One string, or a list of strings.
#[derive(JsonSchema, Deserialize)]
#[serde(untagged)]
#[schemars(title = "a list of strings, or one string")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(text) => vec![text],
        OneOrMany::Many(texts) => texts,
    })
}

/// Outputs of a custom template.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Outputs {
    /// Output parameters. The container writes each one into a file.
    pub parameters: Vec<OutputParameter>,
}

/// An output parameter, with the file that holds its value: `path`, or Argo's `valueFrom: {path: …}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputParameter {
    /// Name of the parameter. The tasks have it as an environment variable with this name in capitals.
    pub name: String,
    /// File into which the container writes the value.
    #[serde(default)]
    pub path: Option<String>,
    /// File with the value, written as in Argo.
    #[serde(default, rename = "valueFrom")]
    #[schemars(with = "ValueFrom")]
    pub value_from: Option<ValueFrom>,
}

impl OutputParameter {
    /// Path of the file, from either field.
    pub fn file(&self) -> Option<&str> {
        self.path
            .as_deref()
            .or_else(|| self.value_from.as_ref().map(|from| from.path.as_str()))
    }
}

/// The file of an output parameter, written as in Argo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValueFrom {
    /// File into which the container writes the value.
    pub path: String,
}

/// A container that runs beside the main container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sidecar {
    /// Image of the sidecar.
    pub image: String,
    /// Name of the sidecar.
    pub name: String,
    /// Program to run, and its first arguments. Default: those of the image, which Argo's controller looks up in the
    /// registry.
    #[serde(default)]
    pub command: Vec<String>,
    /// The other arguments of the program: a list, or one string.
    #[serde(default, deserialize_with = "one_or_many")]
    #[schemars(with = "OneOrMany")]
    pub args: Vec<String>,
    /// Environment variables of the sidecar.
    #[serde(default)]
    pub env: Vec<EnvironmentVariable>,
    /// Volumes that are mounted into the sidecar.
    #[serde(default)]
    pub volume_mounts: Vec<VolumeMount>,
}

/// A volume, and the folder at which it is mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VolumeMount {
    /// Name of the volume.
    pub name: String,
    /// Folder in the container at which the volume is mounted.
    pub mount_path: String,
    /// Says whether the container can only read the volume. Default: true.
    #[serde(default = "yes")]
    pub read_only: bool,
}

fn yes() -> bool {
    true
}

/// A volume that holds one key of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Name of the volume.
    pub name: String,
    /// The key of the secret. Its `path` is the file in the volume.
    pub secret_ref: SecretKey,
}
