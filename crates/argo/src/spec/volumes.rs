use indexmap::IndexMap;

use super::any_string::AnyString;
use super::field::Tree;
use super::record::record;

record! {
    /// A volume of a pod. Kubernetes has more sources: they are in `rest`.
    pub struct Volume {
        /// Name that mounts refer to.
        pub name: String = "name",
        /// Made from a secret.
        pub secret: Option<SecretVolume> = "secret",
        /// Made from a `ConfigMap`.
        pub config_map: Option<Tree> = "configMap",
        /// A claim that exists.
        pub persistent_volume_claim: Option<Tree> = "persistentVolumeClaim",
        /// An empty folder.
        pub empty_dir: Option<Tree> = "emptyDir",
        /// A disk that comes and goes with the pod.
        pub ephemeral: Option<Ephemeral> = "ephemeral",
    }
}

record! {
    /// A volume made from a secret.
    pub struct SecretVolume {
        /// Name of the secret.
        pub secret_name: String = "secretName",
        /// Keys that become files; all of them if none are named.
        pub items: Vec<KeyToPath> = "items",
    }
}

record! {
    /// A key that becomes a file.
    pub struct KeyToPath {
        /// The key.
        pub key: String = "key",
        /// The file.
        pub path: String = "path",
    }
}

record! {
    /// A disk that comes and goes with the pod.
    pub struct Ephemeral {
        /// The claim made for it.
        pub volume_claim_template: ClaimTemplate = "volumeClaimTemplate",
    }
}

record! {
    /// A claim to be made.
    pub struct ClaimTemplate {
        /// The claim.
        pub spec: ClaimSpec = "spec",
    }
}

record! {
    /// A claim of a disk.
    pub struct ClaimSpec {
        /// E.g. `ReadWriteOnce`.
        pub access_modes: Vec<String> = "accessModes",
        /// Storage class; the cluster's own if none.
        pub storage_class_name: Option<String> = "storageClassName",
        /// Size of the disk.
        pub resources: ClaimResources = "resources",
    }
}

record! {
    /// Size of a disk.
    pub struct ClaimResources {
        /// `storage` as a quantity.
        pub requests: IndexMap<String, AnyString> = "requests",
    }
}

record! {
    /// A volume mounted into a container.
    pub struct VolumeMount {
        /// Name of the volume.
        pub name: String = "name",
        /// Folder in the container.
        pub mount_path: String = "mountPath",
        /// The part of the volume that is mounted.
        pub sub_path: Option<String> = "subPath",
        /// Says whether it may only be read.
        pub read_only: bool = "readOnly",
    }
}

record! {
    /// A taint that a pod bears.
    pub struct Toleration {
        /// Key of the taint; every taint if there is none and the operator is `Exists`.
        pub key: Option<String> = "key",
        /// `Equal` or `Exists`.
        pub operator: Option<String> = "operator",
        /// Value of the taint.
        pub value: Option<String> = "value",
        /// Effect of the taint.
        pub effect: Option<String> = "effect",
        /// Seconds for which a pod bears it.
        pub toleration_seconds: Option<i64> = "tolerationSeconds",
    }
}
