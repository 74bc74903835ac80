use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One environment variable, with exactly one of `value`, `secret_ref`, `config_map_ref` and `field_ref`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentVariable {
    /// Name of the variable.
    pub name: String,
    /// The value itself, as a string. Put numbers and booleans in quotes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The key of a Kubernetes secret that holds the value. Example: `{name: hub, key: token}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "SecretKey")]
    pub secret_ref: Option<SecretKey>,
    /// The key of a `ConfigMap` that holds the value. Example: `{name: site, key: region}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ConfigMapKey")]
    pub config_map_ref: Option<ConfigMapKey>,
    /// A field of the pod that holds the value, e.g. `metadata.name` or `status.podIP`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub field_ref: Option<String>,
}

impl EnvironmentVariable {
    /// Names of the keys that define the value; a valid variable has exactly one.
    pub fn sources(&self) -> Vec<&'static str> {
        [
            ("value", self.value.is_some()),
            ("secret_ref", self.secret_ref.is_some()),
            ("config_map_ref", self.config_map_ref.is_some()),
            ("field_ref", self.field_ref.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, given)| given.then_some(name))
        .collect()
    }
}

/// A key of a Kubernetes secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretKey {
    /// Name of the secret.
    pub name: String,
    /// Key in the secret.
    pub key: String,
    /// File in the volume that holds the value of the key. Only volumes have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

/// A key of a `ConfigMap`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfigMapKey {
    /// Name of the `ConfigMap`.
    pub name: String,
    /// Key in the `ConfigMap`.
    pub key: String,
}
