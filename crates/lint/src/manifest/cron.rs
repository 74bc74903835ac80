//! Schedules of `CronWorkflow`s.

use argo::cron::{Schedule, is_zone, nearest_zone};
use argo::document::read::{at, entry, field, list, text};
use argo::scope;
use diagnostic::yaml::Yaml;

use super::condition;
use super::expression::{self, Wants};
use crate::finding::Findings;
use crate::rule::{INVALID_SCHEDULE, MISSING_SCHEDULE, UNKNOWN_TIMEZONE};

/// Checks the `spec` of a `CronWorkflow`, except its workflow.
pub(super) fn check(document: &Yaml, findings: &mut Findings) {
    let Some(spec) = field(document, "spec") else {
        return;
    };
    match entry(spec, "schedules") {
        Some((key, schedules)) if schedules.items().is_empty() && schedules.as_str().is_none() => {
            let message = "the CronWorkflow has no schedule";
            findings.push(
                MISSING_SCHEDULE
                    .at(key, message)
                    .help("add for example `- \"0 3 * * *\"`"),
            );
        }
        _ => {}
    }
    for schedule in list(spec, &["schedules"]) {
        let Some(text) = schedule.as_str() else {
            continue;
        };
        if let Some(message) = fault_of_schedule(text) {
            findings.push(INVALID_SCHEDULE.at(schedule, message));
        }
    }
    if let (Some(zone), Some(node)) = (text(spec, "timezone"), field(spec, "timezone"))
        && let Some((message, help)) = fault_of_zone(zone)
    {
        findings.push(UNKNOWN_TIMEZONE.at(node, message).maybe_help(help));
    }
    condition::check(spec, findings);
    if let Some(stop) = at(spec, &["stopStrategy", "expression"]) {
        expression::check(stop, &scope::STOP, Wants::Boolean, findings);
    }
}

/// Fault of a schedule.
pub(crate) fn fault_of_schedule(text: &str) -> Option<String> {
    let problem = Schedule::parse(text).err()?;
    Some(format!("`{text}` is not a schedule: {problem}"))
}

/// Fault of a time zone, and the name that was probably meant.
pub(crate) fn fault_of_zone(zone: &str) -> Option<(String, Option<String>)> {
    let message = (!is_zone(zone)).then(|| format!("there is no time zone `{zone}`"))?;
    Some((message, nearest_zone(zone)))
}
