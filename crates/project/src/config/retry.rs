use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::duration::Duration;
use super::quantity::Memory;

/// When Argo tries a failed task again. `retry: {}` takes all defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// Largest number of tries after the first one. Default: 2.
    #[schemars(range(min = 1))]
    pub limit: u32,
    /// Causes of a failure after which the task is tried again. Default: `[oom, preempted]`.
    #[schemars(length(min = 1))]
    pub on: Vec<RetryCause>,
    /// Time for which Argo waits before each try. Default: it does not wait.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Backoff")]
    pub backoff: Option<Backoff>,
    /// Growth of the memory with each try. Default: it stays the same.
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

/// A cause of a failure after which a task is tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryCause {
    /// It was killed for its memory (exit code 137).
    Oom,
    /// The pod was deleted, evicted or preempted, or its machine went away.
    Preempted,
    /// The program failed in any other way: an exception is exit code 1. Not exit code 2,
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
            "description": "A cause of a failure after which the task is tried again. `oom`: the task used too much memory (exit code 137). `preempted`: its pod was deleted, evicted or preempted, or its machine was lost. `error`: its program failed in any other way; an exception is exit code 1. Exit code 2 is no `error`: `argo-kedro exec` then could not start the nodes. `exit`: the task ended with one of these exit codes.",
            "anyOf": [
                {"enum": ["oom", "preempted", "error"]},
                {
                    "type": "object",
                    "required": ["exit"],
                    "additionalProperties": false,
                    "properties": {"exit": {
                        "description": "Exit codes from 1 to 255. Example: `[75]`.",
                        "type": "array",
                        "minItems": 1,
                        "items": {"type": "integer", "minimum": 1, "maximum": 255}
                    }}
                }
            ]
        })
    }
}

/// Time for which Argo waits before each try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backoff {
    /// Wait before the second try: seconds, or a duration (`30s`, `5m`, `1h30m`).
    pub duration: Duration,
    /// Number by which each further wait is multiplied. Default: 2.
    #[serde(default = "two")]
    #[schemars(range(min = 1))]
    pub factor: u32,
    /// Longest wait: seconds, or a duration. It needs Argo 3.7 or newer. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Duration")]
    pub max: Option<Duration>,
}

fn two() -> u32 {
    2
}

/// Growth of the memory with each try.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryMemory {
    /// Number by which the memory is multiplied for each further try. Default: 2.
    #[serde(default = "twice")]
    #[schemars(range(min = 1, max = 100))]
    pub factor: f64,
    /// Largest memory of a try: a number of GiB, or a Kubernetes quantity. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Memory")]
    pub max: Option<Memory>,
}

fn twice() -> f64 {
    2.0
}
