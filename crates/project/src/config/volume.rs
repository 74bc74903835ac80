use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::quantity::Memory;
use super::structure::Structure;

/// A volume of the pod that is mounted into the main container. It has exactly one of `secret`, `config_map`,
/// `persistent_volume_claim`, `empty_dir`, `ephemeral` and `source`. All of these but `ephemeral` are written as in
/// Kubernetes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PodVolume {
    /// Name of the volume.
    pub name: String,
    /// Folder in the container at which the volume is mounted.
    pub mount_path: String,
    /// Says whether the container can only read the volume. Default: false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read_only: bool,
    /// Folder or file in the volume that is mounted. Default: the whole volume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub sub_path: Option<String>,
    /// A secret. Each of its keys is a file. Example: `{secretName: NAME}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Structure")]
    pub secret: Option<Structure>,
    /// A `ConfigMap`. Each of its keys is a file. Example: `{name: NAME}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Structure")]
    pub config_map: Option<Structure>,
    /// A persistent volume claim that exists already. Example: `{claimName: NAME}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Structure")]
    pub persistent_volume_claim: Option<Structure>,
    /// An empty folder: `{}`. For shared memory, mount `{medium: Memory, sizeLimit: 8Gi}` at `/dev/shm`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Structure")]
    pub empty_dir: Option<Structure>,
    /// A disk that is made for the pod and deleted with it. Example: `{size: 100, storage_class: fast}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "EphemeralVolume")]
    pub ephemeral: Option<EphemeralVolume>,
    /// Any other source of Kubernetes. Example: `{nfs: {server: nfs.example.com, path: /shared}}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Structure")]
    pub source: Option<Structure>,
}

impl PodVolume {
    /// Names of the keys that define the source; a valid volume has exactly one.
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

/// A disk that is made for the pod and deleted with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EphemeralVolume {
    /// Size of the disk: a number of GiB, or a Kubernetes quantity.
    pub size: Memory,
    /// Name of the storage class. Default: the default class of the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub storage_class: Option<String>,
    /// Ways in which the disk can be mounted, as Kubernetes' `accessModes`. Default: `[ReadWriteOnce]`.
    #[serde(default = "once", skip_serializing_if = "is_once")]
    pub access_modes: Vec<String>,
}

fn once() -> Vec<String> {
    vec!["ReadWriteOnce".to_owned()]
}

fn is_once(modes: &[String]) -> bool {
    modes == ["ReadWriteOnce"]
}
