//! `CronWorkflow`: when it runs.

use argo::document::read::{at, entry, field, list, text};
use argo::scope;
use diagnostic::did_you_mean;
use diagnostic::yaml::Yaml;
use jiff::tz::TimeZoneDatabase;

use super::condition;
use super::durations::is_duration;
use super::expression::{self, Wants};
use crate::finding::Findings;
use crate::rule::{INVALID_SCHEDULE, MISSING_SCHEDULE, UNKNOWN_TIMEZONE};

const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// Checks the `spec` of a `CronWorkflow`, but for its workflow.
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

/// What is wrong with a schedule.
pub(crate) fn fault_of_schedule(text: &str) -> Option<String> {
    let problem = parse(text).err()?;
    Some(format!("`{text}` is not a schedule: {problem}"))
}

/// What is wrong with a time zone, and what was meant.
pub(crate) fn fault_of_zone(zone: &str) -> Option<(String, Option<String>)> {
    let known = time_zones();
    if zone == "Local" || known.iter().any(|known| known == zone) {
        return None;
    }
    let help = did_you_mean(zone, known.iter().map(String::as_str));
    Some((format!("there is no time zone `{zone}`"), help))
}

/// The time zones of the database that comes with this program: the same on every machine.
///
/// Argo's controller looks its own up, by names in which capitals count (Go's `time.LoadLocation`).
fn time_zones() -> Vec<String> {
    TimeZoneDatabase::bundled()
        .available()
        .map(|name| name.to_string())
        .collect()
}

/// Reads a schedule as the pattern of the CRD has it (`cron_workflow_types.go`), and then as the controller does
/// (robfig/cron's `ParseStandard`).
fn parse(schedule: &str) -> Result<(), String> {
    if schedule.starts_with("TZ=") || schedule.starts_with("CRON_TZ=") {
        return Err("the cluster does not accept `TZ=`; use `timezone`".to_owned());
    }
    if schedule.trim() != schedule {
        return Err("the cluster does not accept a space at the beginning or the end".to_owned());
    }
    if let Some(word) = schedule.strip_prefix('@') {
        let known = [
            "yearly", "annually", "monthly", "weekly", "daily", "midnight", "hourly",
        ];
        return match word.strip_prefix("every") {
            Some(every) if is_every(every) => Ok(()),
            Some(_) => Err(
                "`@every` needs a space and a duration of whole numbers, such as `1h30m`"
                    .to_owned(),
            ),
            None if known.contains(&word) => Ok(()),
            None => Err(format!("there is no `@{word}`")),
        };
    }
    let fields: Vec<_> = schedule.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields.as_slice() else {
        return Err(format!("it has {} fields, but it needs 5", fields.len()));
    };
    part(minute, "minute", (0, 59), &[])?;
    part(hour, "hour", (0, 23), &[])?;
    part(day, "day of the month", (1, 31), &[])?;
    part(month, "month", (1, 12), MONTHS)?;
    part(weekday, "day of the week", (0, 6), DAYS)
}

/// What follows `@every`.
fn is_every(text: &str) -> bool {
    let duration = text.trim_start();
    let is_whole = |letter: char| letter.is_ascii_digit() || "nuµmsh".contains(letter);
    duration.len() < text.len() && duration.chars().all(is_whole) && is_duration(duration)
}

fn part(field: &str, what: &str, bounds: (u32, u32), words: &[&str]) -> Result<(), String> {
    for item in field.split(',').filter(|item| !item.is_empty()) {
        let (range, step) = item
            .split_once('/')
            .map_or((item, None), |(range, step)| (range, Some(step)));
        if step.is_some_and(|step| !step.parse::<u32>().is_ok_and(|step| step > 0)) {
            return Err(format!("`{item}` is not a step of a {what}"));
        }
        let (low, high) = range.split_once('-').unwrap_or((range, range));
        // Whatever stands behind it: the controller does not look.
        if matches!(low, "*" | "?") && !high.contains('-') {
            continue;
        }
        let number = |text: &str| {
            let word = words.iter().position(|word| *word == text.to_lowercase());
            word.and_then(|index| u32::try_from(index).ok())
                .map(|index| index + bounds.0)
                .or_else(|| text.parse().ok().filter(|_| !text.starts_with('+')))
                .filter(|number| (bounds.0..=bounds.1).contains(number))
        };
        match (number(low), number(high)) {
            (Some(low), Some(high)) if low <= high => {}
            (Some(_), Some(_)) => return Err(format!("`{range}` runs backwards")),
            _ => {
                let (least, most) = bounds;
                return Err(format!(
                    "`{range}` is not a {what}: it must be from {least} to {most}"
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{parse, time_zones};

    #[test]
    fn time_zones_are_those_of_the_database_and_no_more() {
        let known = time_zones();
        for zone in [
            "UTC",
            "Etc/GMT+8",
            "Europe/Kyiv",
            "Europe/Kiev",
            "US/Eastern",
            "America/Argentina/Ushuaia",
        ] {
            assert!(known.iter().any(|name| name == zone), "{zone}");
        }
        for wrong in ["asia/tokyo", "Mars/Olympus", "posix/UTC", "zone.tab", ""] {
            assert!(!known.iter().any(|name| name == wrong), "{wrong}");
        }
    }

    #[test]
    fn schedules() {
        for good in [
            "* * * * *",
            "0 3 * * *",
            "*/5 1-3,9 ? JAN-MAR mon",
            "@daily",
            "@every 1h30m",
            "@every  10s",
            "1,,2 *-5 * * *",
            "0\t3  * * *",
        ] {
            assert_eq!(parse(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "* * * *",
            "60 * * * *",
            "* * 0 * *",
            "* * * * 7",
            "@often",
            "5-1 * * * *",
            "*/0 * * * *",
            "TZ=UTC * * * * *",
            "@every 1d",
            "@every 1.5h",
            "@every -5m",
            "@every5m",
            "@every 5m ",
            "@weekly ",
            " 0 3 * * *",
            "0 3 * * * ",
            "+1 * * * *",
            "1-+2 * * * *",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
