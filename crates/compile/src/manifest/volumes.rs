use indexmap::IndexMap;
use project::config::Structure;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use serde_saphyr::FlowSeq;

/// A volume of a pod.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Volume {
    /// Name that mounts refer to.
    pub name: String,
    /// Made from a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretVolume>,
    /// Made from a `ConfigMap`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map: Option<Structure>,
    /// A claim that exists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persistent_volume_claim: Option<Structure>,
    /// An empty folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty_dir: Option<Structure>,
    /// A disk that comes and goes with the pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ephemeral: Option<Ephemeral>,
    /// Any other source.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A volume made from a secret.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretVolume {
    /// Name of the secret.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub secret_name: String,
    /// Which keys become which files; all of them if none are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<KeyToPath>,
    /// Fields that have no type here.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A key that becomes a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyToPath {
    /// The key.
    pub key: String,
    /// The file.
    pub path: String,
}

/// A disk that comes and goes with the pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ephemeral {
    /// The claim made for it.
    pub volume_claim_template: ClaimTemplate,
}

/// A claim to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimTemplate {
    /// What it claims.
    pub spec: ClaimSpec,
}

/// What a claim claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClaimSpec {
    /// E.g. `ReadWriteOnce`.
    pub access_modes: FlowSeq<Vec<String>>,
    /// Storage class; the cluster's own if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class_name: Option<String>,
    /// How much.
    pub resources: ClaimResources,
}

/// How much a claim claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimResources {
    /// `storage` as a quantity.
    pub requests: IndexMap<String, String>,
}

/// A volume mounted into a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeMount {
    /// Name of the volume.
    pub name: String,
    /// Folder in the container.
    pub mount_path: String,
    /// The part of the volume that is mounted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub_path: Option<String>,
    /// Whether it may only be read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// Fields that come from patches and have no type here.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}
