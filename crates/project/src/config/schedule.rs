//! Schedules, which start pipelines at given times. Each becomes a `CronWorkflow`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A schedule: when Argo starts a pipeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// When a run starts: a cron expression with five fields, a word such as `@daily`, or a list of them. Example:
    /// `"0 3 * * *"`.
    pub cron: CronExpressions,
    /// IANA time zone of the cron expressions, e.g. `Europe/Berlin`. Default: UTC.
    #[serde(default)]
    pub timezone: Option<String>,
    /// Policy for a new run when the last one has not ended yet. Default: `forbid`.
    #[serde(default)]
    pub concurrency_policy: ConcurrencyPolicy,
    /// Number of seconds by which a run may start late, e.g. after the controller was down. Default: a start that was
    /// missed is skipped.
    #[serde(default)]
    pub starting_deadline_seconds: Option<u32>,
    /// Number of succeeded workflows of this schedule that Argo keeps. Default: 3, as in Argo.
    #[serde(default)]
    pub successful_history: Option<u32>,
    /// Number of failed workflows of this schedule that Argo keeps. Default: 1, as in Argo.
    #[serde(default)]
    pub failed_history: Option<u32>,
    /// Says whether the schedule is suspended: it exists and starts no runs. Default: false.
    #[serde(default)]
    pub suspend: bool,
    /// Kedro runtime parameters of the runs. Example: `{window: {days: 7}}`.
    #[serde(default)]
    pub params: Map<String, Value>,
    /// Name of the registered pipeline that runs. Default: the pipeline of the command line, else `__default__`.
    #[serde(default)]
    pub pipeline: Option<String>,
}

/// One cron expression, or a list of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(title = "a cron expression in quotes, or a list of them")]
pub enum CronExpressions {
    /// One cron expression.
    One(String),
    /// Several cron expressions. A run starts at each time that one of them names.
    Several(Vec<String>),
}

impl CronExpressions {
    /// All cron expressions.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(expression) => std::slice::from_ref(expression),
            Self::Several(expressions) => expressions,
        }
    }
}

/// Policy for a new run when the last one has not ended yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConcurrencyPolicy {
    /// Both runs go on.
    Allow,
    /// The new run does not start.
    #[default]
    Forbid,
    /// The old run is ended, and the new run starts.
    Replace,
}

impl ConcurrencyPolicy {
    /// Argo's name of the policy.
    pub fn as_argo(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Forbid => "Forbid",
            Self::Replace => "Replace",
        }
    }
}
