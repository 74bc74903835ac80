//! Functions on dates.

use super::super::failure::Failure;
use super::super::value::Value;
use super::arguments::Arguments;
use crate::text::numeral;
use crate::time::{Duration, Time, Zone};

const SECOND: i64 = 1_000_000_000;
/// Layout of `htmlDate`.
const DAY: &str = "2006-01-02";
/// First second of the year 1, Go's zero time.
const ZERO: i64 = -62_135_596_800;

/// Calls a function of this group; none if `name` is not one.
pub(super) fn call(name: &str, arguments: &Arguments<'_>) -> Result<Option<Value>, Failure> {
    let (first, second) = (arguments.value(0), arguments.value(1));
    Ok(Some(match name {
        "now" => Value::time(arguments.now()?),
        "date" => shown(arguments, second, arguments.text(0), "Local")?,
        "dateInZone" | "date_in_zone" => {
            shown(arguments, second, arguments.text(0), arguments.text(2))?
        }
        "htmlDate" => shown(arguments, first, DAY, "Local")?,
        "htmlDateInZone" => shown(arguments, first, DAY, arguments.text(1))?,
        "dateModify" | "date_modify" => match Duration::parse(arguments.text(0)) {
            Some(duration) => shifted(&time(second)?, duration)?,
            None => Value::time(time(second)?),
        },
        "mustDateModify" | "must_date_modify" => {
            let text = arguments.text(0);
            let duration = Duration::parse(text)
                .ok_or_else(|| Failure::new(format!("`{text}` is not a duration such as `1h`")))?;
            shifted(&time(second)?, duration)?
        }
        "toDate" => match read(arguments) {
            Ok(time) => Value::time(time),
            Err(_) => Value::time(zero()?),
        },
        "mustToDate" => Value::time(read(arguments)?),
        "unixEpoch" => {
            let seconds = time(first)?
                .moment()
                .nanoseconds()
                .div_euclid(i128::from(SECOND));
            Value::text(seconds.to_string())
        }
        "ago" => {
            let now = arguments.now()?;
            let then = moment(arguments, first)?;
            Value::text(now.since(&then).round(Duration::new(SECOND)).to_string())
        }
        "duration" => {
            let seconds = match first {
                Value::Text(text) => numeral::nearest_integer(text),
                Value::Long(seconds) => *seconds,
                // sprig's `duration` reads no other type, not even `int`.
                _ => 0,
            };
            Value::text(Duration::new(seconds.wrapping_mul(SECOND)).to_string())
        }
        "durationRound" => {
            let duration = match first {
                Value::Text(text) => Duration::parse(text).unwrap_or(Duration::new(0)),
                Value::Long(nanoseconds) => Duration::new(*nanoseconds),
                Value::Time(then) => arguments.now()?.since(then),
                _ => Duration::new(0),
            };
            Value::text(rounded(duration.nanoseconds()))
        }
        _ => return Ok(None),
    }))
}

fn out_of_range() -> Failure {
    Failure::Unsupported("a time whose year has not four digits".to_owned())
}

fn zero() -> Result<Time, Failure> {
    Time::of_seconds(ZERO)
        .and_then(|time| time.with_zone(Zone::Utc))
        .ok_or_else(out_of_range)
}

/// A value that must be a time; `nil` is Go's zero time.
fn time(value: &Value) -> Result<Time, Failure> {
    match value {
        Value::Time(time) => Ok(time.as_ref().clone()),
        _ => zero(),
    }
}

/// A time, or seconds since 1970; any other value means now.
fn moment(arguments: &Arguments<'_>, value: &Value) -> Result<Time, Failure> {
    match value {
        Value::Time(time) => Ok(time.as_ref().clone()),
        Value::Integer(seconds) | Value::Long(seconds) => {
            Time::of_seconds(*seconds).ok_or_else(out_of_range)
        }
        _ => arguments.now(),
    }
}

fn shown(
    arguments: &Arguments<'_>,
    value: &Value,
    layout: &str,
    zone: &str,
) -> Result<Value, Failure> {
    let time = moment(arguments, value)?;
    let zone = Zone::load(zone).unwrap_or(Zone::Utc);
    let local = time.with_zone(zone).ok_or_else(out_of_range)?;
    Ok(Value::text(local.format(layout)))
}

fn shifted(time: &Time, duration: Duration) -> Result<Value, Failure> {
    time.plus(duration)
        .map(Value::time)
        .ok_or_else(out_of_range)
}

fn read(arguments: &Arguments<'_>) -> Result<Time, Failure> {
    Time::parse(arguments.text(0), arguments.text(1), &Zone::Local).map_err(Failure::new)
}

/// Rounds down to the largest unit of which the duration has more than one.
fn rounded(nanoseconds: i64) -> String {
    const UNITS: [(u64, &str); 6] = [
        (365 * 24 * 3600, "y"),
        (30 * 24 * 3600, "mo"),
        (24 * 3600, "d"),
        (3600, "h"),
        (60, "m"),
        (1, "s"),
    ];
    let size = nanoseconds.unsigned_abs();
    UNITS
        .iter()
        .map(|(seconds, name)| (seconds * 1_000_000_000, name))
        .find(|(unit, _)| size > *unit)
        .map_or_else(
            || "0s".to_owned(),
            |(unit, name)| format!("{}{name}", size / unit),
        )
}
