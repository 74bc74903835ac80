use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One environment variable of every container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentVariable {
    /// Name of the variable.
    pub name: String,
    /// Its text. Put numbers and booleans in quotes.
    #[serde(default)]
    pub value: Option<String>,
    /// The key of a Kubernetes secret that holds its text.
    #[serde(default)]
    #[schemars(with = "SecretKey")]
    pub secret_ref: Option<SecretKey>,
}

/// A key of a Kubernetes secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretKey {
    /// Name of the secret.
    pub name: String,
    /// Key in the secret.
    pub key: String,
    /// Where a volume puts it; only for volumes.
    #[serde(default)]
    pub path: Option<String>,
}
