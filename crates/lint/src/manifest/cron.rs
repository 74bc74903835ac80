//! `CronWorkflow`: when it runs.

use diagnostic::did_you_mean;
use diagnostic::yaml::Yaml;
use jiff::tz::TimeZoneDatabase;

use super::durations::is_duration;
use super::expression;
use super::read::{entry, field, list, text};
use super::tags;
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
        if let Err(problem) = parse(text) {
            let message = format!("`{text}` is no schedule: {problem}");
            findings.push(INVALID_SCHEDULE.at(schedule, message));
        }
    }
    if let (Some(zone), Some(node)) = (text(spec, "timezone"), field(spec, "timezone"))
        && zone != "Local"
        && let known = time_zones()
        && !known.iter().any(|known| known == zone)
    {
        let message = format!("there is no time zone `{zone}`");
        let help = did_you_mean(zone, known.iter().map(String::as_str));
        findings.push(UNKNOWN_TIMEZONE.at(node, message).maybe_help(help));
    }
    let stop = field(spec, "stopStrategy").and_then(|stop| field(stop, "expression"));
    for node in [field(spec, "when"), stop].into_iter().flatten() {
        if !node.as_str().is_some_and(tags::has) {
            expression::check_node(node, findings);
        }
    }
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

fn parse(schedule: &str) -> Result<(), String> {
    let trimmed = schedule.trim();
    if trimmed.starts_with("TZ=") || trimmed.starts_with("CRON_TZ=") {
        return Err("the cluster takes no `TZ=`; use `timezone`".to_owned());
    }
    if let Some(word) = trimmed.strip_prefix('@') {
        let known = [
            "yearly", "annually", "monthly", "weekly", "daily", "midnight", "hourly",
        ];
        return match word.strip_prefix("every") {
            Some(every) if is_duration(every.trim()) => Ok(()),
            Some(_) => Err("`@every` needs a duration such as `1h30m`".to_owned()),
            None if known.contains(&word) => Ok(()),
            None => Err(format!("there is no `@{word}`")),
        };
    }
    let fields: Vec<_> = trimmed.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields.as_slice() else {
        return Err(format!("it has {} fields, and 5 are needed", fields.len()));
    };
    part(minute, "minute", (0, 59), &[])?;
    part(hour, "hour", (0, 23), &[])?;
    part(day, "day of the month", (1, 31), &[])?;
    part(month, "month", (1, 12), MONTHS)?;
    part(weekday, "day of the week", (0, 6), DAYS)
}

fn part(field: &str, what: &str, bounds: (u32, u32), words: &[&str]) -> Result<(), String> {
    for item in field.split(',') {
        let (range, step) = item
            .split_once('/')
            .map_or((item, None), |(range, step)| (range, Some(step)));
        if step.is_some_and(|step| !step.parse::<u32>().is_ok_and(|step| step > 0)) {
            return Err(format!("`{item}` is no step of a {what}"));
        }
        if matches!(range, "*" | "?") {
            continue;
        }
        let (low, high) = range.split_once('-').unwrap_or((range, range));
        let number = |text: &str| {
            let word = words.iter().position(|word| *word == text.to_lowercase());
            word.and_then(|index| u32::try_from(index).ok())
                .map(|index| index + bounds.0)
                .or_else(|| text.parse().ok())
                .filter(|number| (bounds.0..=bounds.1).contains(number))
        };
        match (number(low), number(high)) {
            (Some(low), Some(high)) if low <= high => {}
            (Some(_), Some(_)) => return Err(format!("`{range}` runs backwards")),
            _ => {
                let (least, most) = bounds;
                return Err(format!(
                    "`{range}` is no {what}, which is {least} to {most}"
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
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
