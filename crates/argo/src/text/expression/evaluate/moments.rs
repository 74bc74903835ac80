//! Times, durations and time zones: expr-lang's functions that create them, and their methods.

use super::budget::MOST_MEMORY;
use jiff::civil::DateTime;

use super::failure::Failure;
use super::run::Run;
use super::value::{Value, number_of};
use crate::time::{Duration, Time, Zone, month, weekday};

/// Layouts that `date` tries if the caller gives none.
const LAYOUTS: &[&str] = &[
    "2006-01-02",
    "15:04:05",
    "2006-01-02 15:04:05",
    "2006-01-02T15:04:05Z07:00",
    "02 Jan 06 15:04 MST",
    "Monday, 02-Jan-06 15:04:05 MST",
    "Mon, 02 Jan 2006 15:04:05 MST",
];

/// Nanoseconds between Go's zero time, the start of the year 1, and the start of 1970.
const ZERO: i128 = 62_135_596_800_000_000_000;

impl Run<'_> {
    /// Calls `now`, `date`, `duration` or `timezone`.
    pub(super) fn moment(&self, name: &str, arguments: &[Value]) -> Result<Value, Failure> {
        match (name, arguments) {
            ("now", []) => Ok(Value::time(self.now()?)),
            ("now", [Value::Zone(zone)]) => in_zone(&self.now()?, zone.as_ref().clone()),
            ("duration", [Value::Text(text)]) => duration(text),
            ("timezone", [Value::Text(name)]) => zone(name).map(|zone| Value::Zone(zone.into())),
            ("date", [Value::Zone(zone), rest @ ..]) => date(Some(zone), rest),
            ("date", rest) => date(None, rest),
            (_, [first, ..]) => Err(wrong(name, first)),
            _ => Err(Failure::new(format!("`{name}` needs an argument"))),
        }
    }

    /// The current time of the evaluation's clock.
    pub(super) fn now(&self) -> Result<Time, Failure> {
        match self.variables.outside() {
            Some(outside) => Time::new(outside.now, Zone::Local).ok_or_else(out_of_range),
            None => Err(Failure::Unsupported("the time of now".to_owned())),
        }
    }
}

fn wrong(name: &str, value: &Value) -> Failure {
    Failure::new(format!("`{name}` cannot take {}", value.go_type()))
}

/// `time.ParseDuration`.
fn duration(text: &str) -> Result<Value, Failure> {
    Duration::parse(text)
        .map(Value::Duration)
        .ok_or_else(|| Failure::new(format!("`{text}` is not a duration such as `1h30m`")))
}

/// `time.LoadLocation`.
fn zone(name: &str) -> Result<Zone, Failure> {
    Zone::load(name).ok_or_else(|| Failure::new(format!("there is no time zone `{name}`")))
}

fn date(given: Option<&Zone>, arguments: &[Value]) -> Result<Value, Failure> {
    let texts: Option<Vec<&str>> = arguments.iter().map(Value::as_text).collect();
    let Some(texts) = texts else {
        let other = arguments.iter().find(|value| value.as_text().is_none());
        return Err(wrong("date", other.unwrap_or(&Value::Nil)));
    };
    let default = given.unwrap_or(&Zone::Utc);
    let found = match texts.as_slice() {
        [text, layout] => Time::parse(layout, text, default),
        [text, layout, name] => Time::parse(layout, text, &zone(name)?),
        [text] => LAYOUTS
            .iter()
            .find_map(|layout| Time::parse(layout, text, default).ok())
            .ok_or_else(|| format!("`{text}` is not a date")),
        _ => {
            return Err(Failure::new(
                "`date` takes a text, a layout and a time zone",
            ));
        }
    };
    found.map(Value::time).map_err(Failure::new)
}

/// Says whether values of this kind have methods.
pub(super) fn has_methods(value: &Value) -> bool {
    matches!(
        value,
        Value::Time(_)
            | Value::Duration(_)
            | Value::Zone(_)
            | Value::Month(_)
            | Value::Weekday(_)
            | Value::Version(_)
    )
}

/// Calls a method of a value.
pub(super) fn call(of: &Value, name: &str, arguments: &[Value]) -> Result<Value, Failure> {
    let found = match of {
        Value::Version(version) => version.call(name, arguments)?,
        Value::Time(time) => of_time(time, name, arguments)?,
        Value::Duration(duration) => of_duration(*duration, name, arguments),
        Value::Zone(zone) if name == "String" && arguments.is_empty() => {
            Some(Value::text(zone.name()))
        }
        Value::Month(number) if name == "String" && arguments.is_empty() => {
            Some(Value::text(month(*number)))
        }
        Value::Weekday(day) if name == "String" && arguments.is_empty() => {
            Some(Value::text(weekday(*day)))
        }
        _ => None,
    };
    found.ok_or_else(|| {
        let types: Vec<_> = arguments.iter().map(Value::go_type).collect();
        Failure::new(format!(
            "{} has no method `{name}({})`",
            of.go_type(),
            types.join(", ")
        ))
    })
}

fn of_time(time: &Time, name: &str, arguments: &[Value]) -> Result<Option<Value>, Failure> {
    Ok(Some(match (name, arguments) {
        ("Add", [Value::Duration(duration)]) => shifted(time, *duration)?,
        (
            "AddDate",
            [
                Value::Integer(years),
                Value::Integer(months),
                Value::Integer(days),
            ],
        ) => add_date(time, *years, *months, *days)?,
        ("After", [Value::Time(other)]) => Value::Boolean(time.moment() > other.moment()),
        ("Before", [Value::Time(other)]) => Value::Boolean(time.moment() < other.moment()),
        ("Compare", [Value::Time(other)]) => {
            Value::Integer(time.moment().cmp(&other.moment()) as i64)
        }
        ("Equal", [Value::Time(other)]) => Value::Boolean(time == other.as_ref()),
        ("Format", [Value::Text(layout)]) => {
            // A layout is about as long as its result.
            if layout.len() >= MOST_MEMORY {
                return Err(Failure::new("it takes too much memory"));
            }
            Value::text(time.format(layout))
        }
        ("In", [Value::Zone(zone)]) => in_zone(time, zone.as_ref().clone())?,
        ("Round", [Value::Duration(step)]) => snapped(time, *step, true)?,
        ("Truncate", [Value::Duration(step)]) => snapped(time, *step, false)?,
        ("Sub", [Value::Time(other)]) => Value::Duration(time.since(other)),
        (_, []) => return without_arguments(time, name),
        _ => return Ok(None),
    }))
}

fn without_arguments(time: &Time, name: &str) -> Result<Option<Value>, Failure> {
    let civil = time.civil();
    let moment = time.moment();
    Ok(Some(match name {
        "Day" => number_of(civil.day()),
        "Hour" => number_of(civil.hour()),
        // expr-lang returns only the first of two results.
        "ISOWeek" => number_of(civil.date().iso_week_date().year()),
        "IsDST" => Value::Boolean(time.is_daylight_saving()),
        "IsZero" => Value::Boolean(moment.nanoseconds() == -ZERO),
        "Local" => in_zone(time, Zone::Local)?,
        "Location" => Value::Zone(time.zone().clone().into()),
        "Minute" => number_of(civil.minute()),
        "Month" => Value::Month(civil.month()),
        "Nanosecond" => number_of(civil.subsec_nanosecond()),
        "Second" => number_of(civil.second()),
        "String" => Value::text(time.to_string()),
        "UTC" => in_zone(time, Zone::Utc)?,
        "Unix" => Value::Long(whole(moment.nanoseconds().div_euclid(1_000_000_000))),
        "UnixMicro" => Value::Long(whole(moment.nanoseconds().div_euclid(1_000))),
        "UnixMilli" => Value::Long(whole(moment.nanoseconds().div_euclid(1_000_000))),
        "UnixNano" => Value::Long(wrapped(moment.nanoseconds())),
        "Weekday" => Value::Weekday(civil.weekday()),
        "Year" => number_of(civil.year()),
        "YearDay" => number_of(civil.day_of_year()),
        "Zone" => Value::text(time.offset().1),
        "Clock" | "Date" => return Ok(None),
        _ => {
            return Err(Failure::Unsupported(format!(
                "the method `{name}` of a time"
            )));
        }
    }))
}

fn whole(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The lowest 64 bits of a number.
#[expect(clippy::cast_possible_truncation, reason = "Go loses it as well")]
fn wrapped(number: i128) -> i64 {
    number as i64
}

fn out_of_range() -> Failure {
    Failure::new("the year has more than four digits")
}

/// Adds a duration to a time.
pub(super) fn shifted(time: &Time, duration: Duration) -> Result<Value, Failure> {
    time.plus(duration)
        .map(Value::time)
        .ok_or_else(out_of_range)
}

/// The same moment in another zone.
fn in_zone(time: &Time, zone: Zone) -> Result<Value, Failure> {
    time.with_zone(zone)
        .map(Value::time)
        .ok_or_else(out_of_range)
}

/// `Time.AddDate`: the 31st of a month that has 30 days is the 1st of the next.
fn add_date(time: &Time, years: i64, months: i64, days: i64) -> Result<Value, Failure> {
    let civil = time.civil();
    let month = i64::from(civil.month())
        .checked_add(months)
        .and_then(|month| month.checked_sub(1))
        .ok_or_else(out_of_range)?;
    let year = i64::from(civil.year())
        .checked_add(years)
        .and_then(|year| year.checked_add(month.div_euclid(12)))
        .and_then(|year| i16::try_from(year).ok())
        .ok_or_else(out_of_range)?;
    let month = i8::try_from(month.rem_euclid(12) + 1).map_err(|_| out_of_range())?;
    let more = i64::from(civil.day())
        .checked_add(days)
        .and_then(|days| days.checked_sub(1))
        .ok_or_else(out_of_range)?;
    let date = jiff::civil::Date::new(year, month, 1)
        .ok()
        .zip(jiff::Span::new().try_days(more).ok())
        .and_then(|(first, span)| first.checked_add(span).ok())
        .ok_or_else(out_of_range)?;
    time.at(DateTime::from_parts(date, civil.time()))
        .map(Value::time)
        .ok_or_else(out_of_range)
}

/// `Time.Round` and `Time.Truncate`: whole multiples of `step` since Go's zero time.
fn snapped(time: &Time, step: Duration, round: bool) -> Result<Value, Failure> {
    let size = i128::from(step.nanoseconds());
    if size <= 0 {
        return Ok(Value::time(time.clone()));
    }
    let rest = (time.moment().nanoseconds() + ZERO).rem_euclid(size);
    let shift = if round && rest * 2 >= size {
        size - rest
    } else {
        -rest
    };
    shifted(time, Duration::new(wrapped(shift)))
}

fn of_duration(duration: Duration, name: &str, arguments: &[Value]) -> Option<Value> {
    let nanoseconds = duration.nanoseconds();
    Some(match (name, arguments) {
        ("Round", [Value::Duration(step)]) => Value::Duration(duration.round(*step)),
        ("Truncate", [Value::Duration(step)]) => Value::Duration(duration.truncate(*step)),
        ("Abs", []) => Value::Duration(Duration::new(nanoseconds.saturating_abs())),
        ("Nanoseconds", []) => Value::Long(nanoseconds),
        ("Microseconds", []) => Value::Long(nanoseconds / 1_000),
        ("Milliseconds", []) => Value::Long(nanoseconds / 1_000_000),
        ("Seconds", []) => Value::Float(parts(nanoseconds, 1_000_000_000)),
        ("Minutes", []) => Value::Float(parts(nanoseconds, 60_000_000_000)),
        ("Hours", []) => Value::Float(parts(nanoseconds, 3_600_000_000_000)),
        ("String", []) => Value::text(duration.to_string()),
        _ => return None,
    })
}

/// A duration in a unit. Adds whole units and the rest separately, as Go does.
#[expect(clippy::cast_precision_loss, reason = "Go loses it as well")]
fn parts(nanoseconds: i64, unit: i64) -> f64 {
    (nanoseconds / unit) as f64 + (nanoseconds % unit) as f64 / unit as f64
}
