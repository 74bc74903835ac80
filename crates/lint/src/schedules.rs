//! Rules for the schedules of `argo.yml`.

use diagnostic::Diagnostic;
use project::config::{ArgoConfig, CronExpressions};

use crate::manifest::cron::{fault_of_schedule, fault_of_zone};
use crate::rule;

/// Finds cron expressions that Argo cannot read, and unknown time zones.
pub(crate) fn check(config: &ArgoConfig) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (name, schedule) in &config.schedules {
        for (index, expression) in schedule.cron.all().iter().enumerate() {
            let Some(message) = fault_of_schedule(expression) else {
                continue;
            };
            let index = index.to_string();
            let mut path = vec!["schedules", name.as_str(), "cron"];
            if matches!(schedule.cron, CronExpressions::Several(_)) {
                path.push(&index);
            }
            findings.push(
                rule::INVALID_SCHEDULE
                    .diagnostic(message)
                    .at(config.places.of(&path)),
            );
        }
        let zone = schedule.timezone.as_deref().and_then(fault_of_zone);
        if let Some((message, help)) = zone {
            findings.push(
                rule::UNKNOWN_TIMEZONE
                    .diagnostic(message)
                    .at(config.places.of(&["schedules", name, "timezone"]))
                    .maybe_help(help),
            );
        }
    }
    findings
}
