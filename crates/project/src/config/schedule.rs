//! Schedules: when which pipeline runs by the clock. Each becomes a `CronWorkflow`.

use diagnostic::Diagnostic;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ArgoConfig;

/// Longest name of a schedule: that of its `CronWorkflow`, at most 52, begins with the
/// project's.
const LONGEST: usize = 40;

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
    /// What happens when the last run has not ended yet. Default: `forbid`.
    #[serde(default)]
    pub concurrency_policy: ConcurrencyPolicy,
    /// How many seconds late a run may start, e.g. after the controller was down. Default: a start that was missed is
    /// skipped.
    #[serde(default)]
    pub starting_deadline_seconds: Option<u32>,
    /// How many succeeded workflows of this schedule Argo keeps. Default: 3, as in Argo.
    #[serde(default)]
    pub successful_history: Option<u32>,
    /// How many failed workflows of this schedule Argo keeps. Default: 1, as in Argo.
    #[serde(default)]
    pub failed_history: Option<u32>,
    /// Whether the schedule is suspended: it exists and starts no runs. Default: false.
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
    /// All of them.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(expression) => std::slice::from_ref(expression),
            Self::Several(expressions) => expressions,
        }
    }
}

/// What happens when the last run has not ended yet.
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
    /// The word that Argo has for it.
    pub fn as_argo(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Forbid => "Forbid",
            Self::Replace => "Replace",
        }
    }
}

/// Names that cannot be part of an object's, and schedules that never run.
pub(super) fn check(config: &ArgoConfig) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (name, schedule) in &config.schedules {
        if !is_part_of_a_name(name) {
            findings.push(
                Diagnostic::error(
                    "invalid-setting",
                    format!("`{name}` cannot be the name of a schedule"),
                )
                .at(config.places.of(&["schedules", name]))
                .help(format!(
                    "use at most {LONGEST} lower-case letters, digits and `-`, with a letter or \
                     digit at both ends"
                )),
            );
        }
        if schedule.cron.all().is_empty() {
            findings.push(
                Diagnostic::error(
                    "missing-schedule",
                    format!("the schedule `{name}` has no cron expression"),
                )
                .at(config.places.of(&["schedules", name, "cron"]))
                .help("for example `cron: \"0 3 * * *\"`"),
            );
        }
    }
    findings
}

fn is_part_of_a_name(text: &str) -> bool {
    let inner = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    text.len() <= LONGEST
        && text.starts_with(inner)
        && text.ends_with(inner)
        && text.chars().all(|letter| inner(letter) || letter == '-')
}
