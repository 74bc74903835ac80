use indexmap::IndexMap;
use project::config::{Cpu, Memory};
use serde::{Deserialize, Serialize};
use serde_saphyr::FlowSeq;

/// The main container of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Container {
    /// Its image.
    pub image: String,
    /// The program; always given, or the controller would ask the registry for it
    /// (`workflow/controller/workflowpod.go:753`).
    pub command: FlowSeq<Vec<String>>,
    /// Its words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// Its environment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<EnvVar>,
    /// What it asks for and may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    /// Volumes mounted into it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volume_mounts: Vec<VolumeMount>,
}

/// One environment variable.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvVar {
    /// Its name.
    pub name: String,
    /// Its text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Where its text comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_from: Option<EnvVarSource>,
}

impl EnvVar {
    /// A variable with a text.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: Some(value.into()),
            value_from: None,
        }
    }
}

/// Where the text of a variable comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EnvVarSource {
    /// A key of a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_key_ref: Option<SecretKeySelector>,
}

/// A key of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretKeySelector {
    /// Name of the secret.
    pub name: String,
    /// The key.
    pub key: String,
}

/// What a container asks for and may use, as quantities by resource.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resources {
    /// What the scheduler keeps free for it.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub requests: IndexMap<String, String>,
    /// What it may use at most.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub limits: IndexMap<String, String>,
}

impl Resources {
    /// Thousandths of a core that are asked for; zero if none are.
    pub fn millicores(&self) -> u64 {
        let cpu = self.asked("cpu").and_then(Cpu::from_quantity);
        cpu.map_or(0, Cpu::millicores)
    }

    /// Bytes of memory that are asked for; zero if none are.
    pub fn memory(&self) -> u64 {
        let memory = self.asked("memory").and_then(Memory::from_quantity);
        memory.map_or(0, Memory::bytes)
    }

    /// A limit without a request is the request as well, as in Kubernetes.
    fn asked(&self, name: &str) -> Option<&str> {
        let amount = self.requests.get(name).or_else(|| self.limits.get(name));
        amount.map(String::as_str)
    }
}

/// A volume mounted into a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeMount {
    /// Name of the volume.
    pub name: String,
    /// Folder in the container.
    pub mount_path: String,
    /// Whether it may only be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
}
