//! Schedules: when which pipeline runs by the clock. Each becomes a `CronWorkflow`.

use diagnostic::Diagnostic;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ArgoConfig;

/// Longest name of a schedule: that of its `CronWorkflow`, at most 52, begins with the
/// project's.
const LONGEST: usize = 40;

/// When a pipeline runs by the clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// When it runs: five fields of cron, or a word such as `@daily`; one or several.
    pub cron: CronExpressions,
    /// IANA time zone of the expressions, e.g. `Europe/Berlin`. Default: UTC.
    #[serde(default)]
    pub timezone: Option<String>,
    /// What happens when the run before has not ended.
    #[serde(default)]
    pub concurrency_policy: ConcurrencyPolicy,
    /// Seconds by which a start may be late, e.g. while the controller was down. Default: a
    /// start that was missed is left out.
    #[serde(default)]
    pub starting_deadline_seconds: Option<u32>,
    /// How many runs that succeeded are kept. Default: Argo's, 3.
    #[serde(default)]
    pub successful_history: Option<u32>,
    /// How many runs that failed are kept. Default: Argo's, 1.
    #[serde(default)]
    pub failed_history: Option<u32>,
    /// Whether it is there and starts nothing.
    #[serde(default)]
    pub suspend: bool,
    /// Kedro runtime parameters of its runs.
    #[serde(default)]
    pub params: Map<String, Value>,
    /// Registered pipeline that it runs. Default: the one that is asked for at the command
    /// line, then `__default__`.
    #[serde(default)]
    pub pipeline: Option<String>,
}

/// One cron expression or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(title = "a cron expression in quotes, or a list of them")]
pub enum CronExpressions {
    /// One.
    One(String),
    /// Several; it runs at each.
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

/// What happens when the run before has not ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConcurrencyPolicy {
    /// Both run.
    Allow,
    /// The new one is left out.
    #[default]
    Forbid,
    /// The old one is ended.
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
