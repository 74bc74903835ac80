use super::field::Tree;
use super::record::record;

record! {
    /// One environment variable.
    pub struct EnvVar {
        /// The name.
        pub name: String = "name",
        /// Text of the variable.
        pub value: Option<String> = "value",
        /// Source of the variable's text.
        pub value_from: Option<EnvVarSource> = "valueFrom",
    }
}

impl EnvVar {
    /// A variable with a text.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: Some(value.into()),
            ..Self::default()
        }
    }
}

record! {
    /// Source of a variable's text.
    pub struct EnvVarSource {
        /// A key of a secret.
        pub secret_key_ref: Option<SecretKeySelector> = "secretKeyRef",
        /// A key of a `ConfigMap`.
        pub config_map_key_ref: Option<ConfigMapKeySelector> = "configMapKeyRef",
        /// A field of the pod.
        pub field_ref: Option<ObjectFieldSelector> = "fieldRef",
        /// An amount that the container asks for.
        pub resource_field_ref: Option<Tree> = "resourceFieldRef",
    }
}

record! {
    /// A key of a secret.
    pub struct SecretKeySelector {
        /// Name of the secret.
        pub name: String = "name",
        /// The key.
        pub key: String = "key",
        /// Says whether the key may be missing.
        pub optional: bool = "optional",
    }
}

record! {
    /// A key of a `ConfigMap`.
    pub struct ConfigMapKeySelector {
        /// Name of the `ConfigMap`.
        pub name: String = "name",
        /// The key.
        pub key: String = "key",
        /// Says whether the key may be missing.
        pub optional: bool = "optional",
    }
}

record! {
    /// A field of the pod.
    pub struct ObjectFieldSelector {
        /// E.g. `metadata.name`.
        pub field_path: String = "fieldPath",
    }
}

record! {
    /// A secret or a `ConfigMap` whose every key becomes a variable.
    pub struct EnvFromSource {
        /// Prefix of the variables' names.
        pub prefix: Option<String> = "prefix",
        /// The secret.
        pub secret_ref: Option<OptionalName> = "secretRef",
        /// The `ConfigMap`.
        pub config_map_ref: Option<OptionalName> = "configMapRef",
    }
}

record! {
    /// A reference to an object that may be missing.
    pub struct OptionalName {
        /// The name.
        pub name: String = "name",
        /// Says whether the object may be missing.
        pub optional: bool = "optional",
    }
}
