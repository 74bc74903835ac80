use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Duration, Memory};

/// When a failed task is tried again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// How many times at most, besides the first. Default: 2.
    #[schemars(range(min = 1))]
    pub limit: u32,
    /// After what. Default: `[oom, preempted]`.
    #[schemars(length(min = 1))]
    pub on: Vec<RetryCause>,
    /// How long to wait in between. Default: not at all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Backoff")]
    pub backoff: Option<Backoff>,
    /// More memory at every try. Default: the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "RetryMemory")]
    pub memory: Option<RetryMemory>,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            limit: 2,
            on: vec![RetryCause::Oom, RetryCause::Preempted],
            backoff: None,
            memory: None,
        }
    }
}

/// What a task is tried again after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryCause {
    /// It was killed for its memory (exit code 137).
    Oom,
    /// Its pod was deleted, evicted or preempted, or its machine went away.
    Preempted,
    /// Its program failed in any other way: an exception is exit code 1. Not exit code 2,
    /// with which `argo-kedro exec` says that the nodes could not be started.
    Error,
    /// It ended with one of these exit codes.
    Exit(Vec<u8>),
}

impl JsonSchema for RetryCause {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RetryCause".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "title": "`oom`, `preempted`, `error` or `exit: [CODE, …]`",
            "description": "What a task is tried again after. `oom`: it was killed for its memory (exit code 137). `preempted`: its pod was deleted, evicted or preempted, or its machine went away. `error`: its program failed in any other way (an exception is exit code 1), except with exit code 2, with which `argo-kedro exec` says that the nodes could not be started. `exit`: it ended with one of these exit codes.",
            "anyOf": [
                {"enum": ["oom", "preempted", "error"]},
                {
                    "type": "object",
                    "required": ["exit"],
                    "additionalProperties": false,
                    "properties": {"exit": {
                        "description": "Exit codes.",
                        "type": "array",
                        "minItems": 1,
                        "items": {"type": "integer", "minimum": 1, "maximum": 255}
                    }}
                }
            ]
        })
    }
}

/// How long to wait between tries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backoff {
    /// Before the second try: seconds, or a duration (`30s`, `5m`, `1h30m`).
    pub duration: Duration,
    /// What every further wait is multiplied by. Default: 2.
    #[serde(default = "two")]
    #[schemars(range(min = 1))]
    pub factor: u32,
    /// Longest wait; Argo before 3.7 knows none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Duration")]
    pub max: Option<Duration>,
}

fn two() -> u32 {
    2
}

/// More memory at every try.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryMemory {
    /// What the memory is multiplied by at every try. Default: 2.
    #[serde(default = "twice")]
    #[schemars(range(min = 1))]
    pub factor: f64,
    /// The most memory. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Memory")]
    pub max: Option<Memory>,
}

fn twice() -> f64 {
    2.0
}
