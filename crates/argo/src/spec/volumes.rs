use indexmap::IndexMap;

use super::any_string::AnyString;
use super::field::Tree;
use super::record::record;

record! {
    /// A volume of a pod. `rest` keeps Kubernetes's other sources.
    pub struct Volume {
        /// Name that mounts refer to.
        pub name: String = "name",
        /// Content of a secret.
        pub secret: Option<SecretVolume> = "secret",
        /// Content of a `ConfigMap`.
        pub config_map: Option<Tree> = "configMap",
        /// An existing claim.
        pub persistent_volume_claim: Option<Tree> = "persistentVolumeClaim",
        /// An empty folder.
        pub empty_dir: Option<Tree> = "emptyDir",
        /// A disk that exists as long as the pod.
        pub ephemeral: Option<Ephemeral> = "ephemeral",
    }
}

record! {
    /// A volume with the content of a secret.
    pub struct SecretVolume {
        /// Name of the secret.
        pub secret_name: String = "secretName",
        /// Keys that become files; empty for all keys.
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
    /// A disk that exists as long as the pod.
    pub struct Ephemeral {
        /// Claim that Kubernetes creates for the disk.
        pub volume_claim_template: ClaimTemplate = "volumeClaimTemplate",
    }
}

record! {
    /// A claim that Kubernetes creates.
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
        /// Storage class; none for the cluster's default.
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
        /// Path in the volume to mount instead of the whole volume.
        pub sub_path: Option<String> = "subPath",
        /// Says whether the mount is read-only.
        pub read_only: bool = "readOnly",
    }
}

record! {
    /// A taint that a pod tolerates.
    pub struct Toleration {
        /// Key of the taint; none with the operator `Exists` for every taint.
        pub key: Option<String> = "key",
        /// `Equal` or `Exists`.
        pub operator: Option<String> = "operator",
        /// Value of the taint.
        pub value: Option<String> = "value",
        /// Effect of the taint.
        pub effect: Option<String> = "effect",
        /// Seconds for which a pod tolerates the taint.
        pub toleration_seconds: Option<i64> = "tolerationSeconds",
    }
}
