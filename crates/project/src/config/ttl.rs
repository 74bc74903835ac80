use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When finished workflows are deleted, in seconds after their end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ttl {
    /// After any end. Default: seven days.
    pub after_completion: Option<u32>,
    /// After success.
    pub after_success: Option<u32>,
    /// After failure.
    pub after_failure: Option<u32>,
}

impl Default for Ttl {
    fn default() -> Self {
        Self {
            after_completion: Some(7 * 24 * 60 * 60),
            after_success: None,
            after_failure: None,
        }
    }
}
