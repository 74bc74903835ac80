//! Writes times with a layout.

use std::fmt::Write as _;

use super::layout::{Offset, Part, next};
use super::names::{month, weekday};
use super::time_in_zone::Time;

/// Layout of a time in JSON (`time.RFC3339Nano`).
pub const RFC3339_NANO: &str = "2006-01-02T15:04:05.999999999Z07:00";
/// Layout of a time in a text (`time.Time.String`).
const SHOWN: &str = "2006-01-02 15:04:05.999999999 -0700 MST";

impl Time {
    /// Writes the time with a layout of Go (`Time.Format`).
    pub fn format(&self, layout: &str) -> String {
        write(self, layout)
    }
}

impl std::fmt::Display for Time {
    /// Writes the time like `Time.String`, without the reading of the monotonic clock.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.format(SHOWN))
    }
}

fn write(time: &Time, layout: &str) -> String {
    let mut text = String::new();
    let mut rest = layout;
    while !rest.is_empty() {
        let (before, part, after) = next(rest);
        text.push_str(before);
        let Some(part) = part else { break };
        rest = after;
        // Writing to a `String` never fails.
        let _ = one(time, part, &mut text);
    }
    text
}

fn one(time: &Time, part: Part, text: &mut String) -> std::fmt::Result {
    let civil = time.civil();
    let hour12 = match civil.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    match part {
        Part::LongMonth => text.write_str(month(civil.month())),
        Part::Month => text.write_str(month(civil.month()).get(..3).unwrap_or_default()),
        Part::NumberOfMonth => write!(text, "{}", civil.month()),
        Part::ZeroMonth => write!(text, "{:02}", civil.month()),
        Part::LongWeekday => text.write_str(weekday(civil.weekday())),
        Part::Weekday => text.write_str(weekday(civil.weekday()).get(..3).unwrap_or_default()),
        Part::Day => write!(text, "{}", civil.day()),
        Part::UnderDay => write!(text, "{:>2}", civil.day()),
        Part::ZeroDay => write!(text, "{:02}", civil.day()),
        Part::UnderYearDay => write!(text, "{:>3}", civil.day_of_year()),
        Part::ZeroYearDay => write!(text, "{:03}", civil.day_of_year()),
        Part::Hour => write!(text, "{:02}", civil.hour()),
        Part::Hour12 => write!(text, "{hour12}"),
        Part::ZeroHour12 => write!(text, "{hour12:02}"),
        Part::Minute => write!(text, "{}", civil.minute()),
        Part::ZeroMinute => write!(text, "{:02}", civil.minute()),
        Part::Second => write!(text, "{}", civil.second()),
        Part::ZeroSecond => write!(text, "{:02}", civil.second()),
        Part::LongYear if civil.year() < 0 => write!(text, "-{:04}", civil.year().unsigned_abs()),
        Part::LongYear => write!(text, "{:04}", civil.year()),
        Part::Year => write!(text, "{:02}", civil.year().unsigned_abs() % 100),
        Part::UpperHalf => text.write_str(if civil.hour() >= 12 { "PM" } else { "AM" }),
        Part::LowerHalf => text.write_str(if civil.hour() >= 12 { "pm" } else { "am" }),
        Part::ZoneName => match time.offset() {
            (seconds, name) if name.is_empty() => {
                let plain = Offset {
                    zulu: false,
                    colon: false,
                    parts: 2,
                };
                offset(seconds, plain, text)
            }
            (_, name) => text.write_str(&name),
        },
        Part::Offset(how) => offset(time.offset().0, how, text),
        Part::Fraction { mark, digits } => fraction(time, mark, digits, false, text),
        Part::ShortFraction { mark, digits } => fraction(time, mark, digits, true, text),
    }
}

fn offset(seconds: i32, how: Offset, text: &mut String) -> std::fmt::Result {
    if how.zulu && seconds == 0 {
        return text.write_char('Z');
    }
    // Go takes the sign from whole minutes.
    text.write_char(if seconds / 60 < 0 { '-' } else { '+' })?;
    let size = seconds.unsigned_abs();
    write!(text, "{:02}", size / 3600)?;
    let colon = if how.colon { ":" } else { "" };
    if how.parts > 1 {
        write!(text, "{colon}{:02}", size / 60 % 60)?;
    }
    if how.parts > 2 {
        write!(text, "{colon}{:02}", size % 60)?;
    }
    Ok(())
}

fn fraction(
    time: &Time,
    mark: u8,
    digits: usize,
    short: bool,
    text: &mut String,
) -> std::fmt::Result {
    let written = format!("{:09}", time.civil().subsec_nanosecond());
    let mut shown = written.get(..digits.min(9)).unwrap_or_default().to_owned();
    if short {
        shown.truncate(shown.trim_end_matches('0').len());
        if shown.is_empty() {
            return Ok(());
        }
    }
    write!(text, "{}{shown}", char::from(mark))
}
