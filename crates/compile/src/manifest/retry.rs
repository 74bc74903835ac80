use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// When a failed node is tried again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryStrategy {
    /// How many times at most, besides the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<String>,
    /// After which phases; narrowed by the expression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_policy: Option<String>,
    /// Whether to try again, given the last try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// How long to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backoff: Option<Backoff>,
    /// Fields that come from patches and have no type here.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// How long to wait between tries.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backoff {
    /// Before the second try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// What every further wait is multiplied by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<String>,
    /// Longest wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<String>,
}
