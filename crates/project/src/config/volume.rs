use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Memory, Structure};

/// A volume of the pod, mounted into the main container. Says exactly one of where it
/// comes from; what is not marked otherwise is written as Kubernetes has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PodVolume {
    /// Its name.
    pub name: String,
    /// Folder in the container.
    pub mount_path: String,
    /// Whether the container may only read it. Default: false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// The part of the volume that is mounted. Default: all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub sub_path: Option<String>,
    /// Made from a secret: `{secretName: NAME}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Structure")]
    pub secret: Option<Structure>,
    /// Made from a `ConfigMap`: `{name: NAME}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Structure")]
    pub config_map: Option<Structure>,
    /// A claim that exists: `{claimName: NAME}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Structure")]
    pub persistent_volume_claim: Option<Structure>,
    /// An empty folder: `{}`; shared memory is `{medium: Memory, sizeLimit: 8Gi}` at `/dev/shm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Structure")]
    pub empty_dir: Option<Structure>,
    /// A disk that comes and goes with the pod (our own keys).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "EphemeralVolume")]
    pub ephemeral: Option<EphemeralVolume>,
    /// Any other source: `{nfs: {server: …, path: …}}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Structure")]
    pub source: Option<Structure>,
}

impl PodVolume {
    /// Names of the keys that say where it comes from; a right one has exactly one.
    pub fn sources(&self) -> Vec<&'static str> {
        [
            ("secret", self.secret.is_some()),
            ("config_map", self.config_map.is_some()),
            (
                "persistent_volume_claim",
                self.persistent_volume_claim.is_some(),
            ),
            ("empty_dir", self.empty_dir.is_some()),
            ("ephemeral", self.ephemeral.is_some()),
            ("source", self.source.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect()
    }
}

/// A disk that comes and goes with the pod.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EphemeralVolume {
    /// How large: a number is GiB; a Kubernetes quantity works as well.
    pub size: Memory,
    /// Storage class. Default: the cluster's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub storage_class: Option<String>,
    /// Default: `ReadWriteOnce`.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub access_modes: Vec<String>,
}

fn once() -> Vec<String> {
    vec!["ReadWriteOnce".to_owned()]
}

fn is_once(modes: &[String]) -> bool {
    modes == ["ReadWriteOnce"]
}
