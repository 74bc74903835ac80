//! Faults of schedules that the schema cannot express.

use argo::names::is_dns_label;
use diagnostic::Diagnostic;

use super::super::argo_config::ArgoConfig;

/// Maximum length of a schedule's name: the name of its `CronWorkflow`, with at most 52 letters, begins with the
/// project's.
const LONGEST: usize = 40;

/// Finds names that are not valid in an object's name, and schedules that never run.
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
    text.len() <= LONGEST && is_dns_label(text)
}
