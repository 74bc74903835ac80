use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::{EnvironmentVariable, SecretKey};

/// What the containers get, and custom templates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Template {
    /// Environment variables of every container.
    pub environment: Vec<EnvironmentVariable>,
    /// Templates of your own, by name.
    pub templates: Vec<CustomTemplate>,
    /// Custom templates to run before the pipeline. Their outputs become environment
    /// variables of every task, in capitals.
    pub init_templates: Vec<String>,
    /// Where a machine type's scratch volume is mounted.
    pub emph_storage_mount_path: String,
    /// Custom template of every node that asks for none.
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

/// A template of the user's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomTemplate {
    /// Name that nodes and `init_templates` refer to.
    pub name: String,
    /// Its main container.
    pub container: CustomContainer,
    /// What it hands on.
    #[serde(default)]
    pub outputs: Outputs,
    /// Containers that run beside the main one.
    #[serde(default)]
    pub sidecars: Vec<Sidecar>,
    /// Volumes, made from secrets.
    #[serde(default)]
    pub volumes: Vec<Volume>,
}

impl CustomTemplate {
    /// Its output parameters, wherever they were written.
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
    /// Not used: Argo names the main container `main`.
    #[serde(default)]
    pub name: Option<String>,
    /// Program and its first words.
    pub command: Vec<String>,
    /// Its other words: a list, or one text.
    #[serde(default, deserialize_with = "one_or_many")]
    #[schemars(with = "OneOrMany")]
    pub args: Vec<String>,
    /// Environment variables beside those of every container.
    #[serde(default)]
    pub env: Vec<EnvironmentVariable>,
    /// Volumes mounted into it.
    #[serde(default)]
    pub volume_mounts: Vec<VolumeMount>,
    /// What it hands on; may stand here or beside `container`.
    #[serde(default)]
    pub outputs: Outputs,
}

/// One text or a list of texts.
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

/// What a custom template hands on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Outputs {
    /// Parameters read from files.
    pub parameters: Vec<OutputParameter>,
}

/// A parameter read from a file: `path`, or Argo's `valueFrom: {path: …}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputParameter {
    /// Name of the parameter; the tasks get it in capitals.
    pub name: String,
    /// File the container writes it to.
    #[serde(default)]
    pub path: Option<String>,
    /// Argo's way to say the same.
    #[serde(default, rename = "valueFrom")]
    #[schemars(with = "ValueFrom")]
    pub value_from: Option<ValueFrom>,
}

impl OutputParameter {
    /// The file, however it was written.
    pub fn file(&self) -> Option<&str> {
        self.path
            .as_deref()
            .or_else(|| self.value_from.as_ref().map(|from| from.path.as_str()))
    }
}

/// Argo's way to say where a parameter comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValueFrom {
    /// File the container writes it to.
    pub path: String,
}

/// A container that runs beside the main one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sidecar {
    /// Its image.
    pub image: String,
    /// Its name.
    pub name: String,
    /// Program and its first words. Default: the image's, which the controller looks up in
    /// the registry.
    #[serde(default)]
    pub command: Vec<String>,
    /// Its other words: a list, or one text.
    #[serde(default, deserialize_with = "one_or_many")]
    #[schemars(with = "OneOrMany")]
    pub args: Vec<String>,
    /// Its environment variables.
    #[serde(default)]
    pub env: Vec<EnvironmentVariable>,
    /// Volumes mounted into it.
    #[serde(default)]
    pub volume_mounts: Vec<VolumeMount>,
}

/// Where a volume is mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VolumeMount {
    /// Name of the volume.
    pub name: String,
    /// Folder in the container.
    pub mount_path: String,
    /// Whether the container may only read it. Default: true.
    #[serde(default = "yes")]
    pub read_only: bool,
}

fn yes() -> bool {
    true
}

/// A volume made from a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// Name of the volume.
    pub name: String,
    /// The secret; `path` is the file it becomes.
    pub secret_ref: SecretKey,
}
