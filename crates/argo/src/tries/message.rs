//! Durations in Argo's messages (`humanize.Duration`).

use crate::time::Duration;

const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;
const MONTH: i64 = 30 * DAY;
const YEAR: i64 = 12 * MONTH;

/// For durations below a limit: fixed words, or else the unit to count in.
const MAGNITUDES: [(i64, Option<&str>, i64, &str); 16] = [
    (SECOND, Some("0 seconds"), 1, ""),
    (2 * SECOND, Some("1 second"), 1, ""),
    (MINUTE, None, SECOND, "seconds"),
    (2 * MINUTE, Some("1 minute"), 1, ""),
    (HOUR, None, MINUTE, "minutes"),
    (2 * HOUR, Some("1 hour"), 1, ""),
    (DAY, None, HOUR, "hours"),
    (2 * DAY, Some("1 day"), 1, ""),
    (WEEK, None, DAY, "days"),
    (2 * WEEK, Some("1 week"), 1, ""),
    (MONTH, None, WEEK, "weeks"),
    (2 * MONTH, Some("1 month"), 1, ""),
    (YEAR, None, MONTH, "months"),
    (18 * MONTH, Some("1 year"), 1, ""),
    (2 * YEAR, Some("2 years"), 1, ""),
    (37 * YEAR, None, YEAR, "years"),
];

/// A duration in words, in at most two units: `1 minute 30 seconds`.
pub fn humanized(duration: Duration) -> String {
    let span = duration.nanoseconds();
    let largest = largest(span);
    match span {
        _ if span < MINUTE => largest,
        _ if span < HOUR => format!("{largest} {} seconds", span % MINUTE / SECOND),
        _ if span < DAY => format!("{largest} {} minutes", span % HOUR / MINUTE),
        _ => format!("{largest} {} hours", span % DAY / HOUR),
    }
}

fn largest(span: i64) -> String {
    let found = MAGNITUDES.iter().find(|(below, ..)| span < *below);
    match found {
        Some((_, Some(words), ..)) => (*words).to_owned(),
        Some((_, None, unit, name)) => format!("{} {name}", span / unit),
        None => "a long while".to_owned(),
    }
}
