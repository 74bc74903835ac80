use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_saphyr::FlowSeq;

/// A taint that a pod bears.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toleration {
    /// Key of the taint.
    pub key: String,
    /// `Exists` bears any value.
    pub operator: String,
    /// Effect of the taint.
    pub effect: String,
}

/// A volume of a pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Name that mounts refer to.
    pub name: String,
    /// Made from a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretVolume>,
    /// A disk that comes and goes with the pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ephemeral: Option<Ephemeral>,
}

/// A volume made from a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SecretVolume {
    /// Name of the secret.
    pub secret_name: String,
    /// Which keys become which files; all of them if none are named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<KeyToPath>,
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
    /// How much.
    pub resources: ClaimResources,
}

/// How much a claim claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimResources {
    /// `storage` as a quantity.
    pub requests: IndexMap<String, String>,
}
