use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When Argo deletes a finished workflow, in seconds after its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ttl {
    /// Seconds after any end. Default: 604800, which is seven days.
    pub after_completion: Option<u32>,
    /// Seconds after a success. Default: as `after_completion`.
    pub after_success: Option<u32>,
    /// Seconds after a failure. Default: as `after_completion`.
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
