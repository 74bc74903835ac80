//! Parses times with a layout (`time.ParseInLocation`).

use jiff::civil::{Date, DateTime};

use super::layout::{Offset, Part, next};
use super::moment::Moment;
use super::names::{MONTHS, WEEKDAYS};
use super::time_in_zone::Time;
use super::zone::Zone;

impl Time {
    /// Parses a time with a layout of Go (`time.ParseInLocation`). `zone` applies to a text without a zone.
    ///
    /// # Errors
    ///
    /// Returns the part that does not match.
    pub fn parse(layout: &str, text: &str, zone: &Zone) -> Result<Self, String> {
        parse(layout, text, zone)
    }
}

/// Parts of a time that were read.
struct Read {
    year: i16,
    month: Option<i8>,
    day: Option<i8>,
    day_of_year: Option<i16>,
    hour: i8,
    minute: i8,
    second: i8,
    nanosecond: i32,
    /// `true` after `PM` or `pm`, `false` after `AM` or `am`.
    afternoon: Option<bool>,
    utc: bool,
    /// Seconds east of Greenwich.
    offset: Option<i32>,
    zone_name: String,
}

/// Reason why a text does not match: the part is missing, or its value is too large.
enum Mismatch {
    Missing,
    Range(&'static str),
}

type Rest<'t, Found> = Result<(Found, &'t str), Mismatch>;

fn parse(layout: &str, text: &str, zone: &Zone) -> Result<Time, String> {
    let mut read = Read {
        year: 0,
        month: None,
        day: None,
        day_of_year: None,
        hour: 0,
        minute: 0,
        second: 0,
        nanosecond: 0,
        afternoon: None,
        utc: false,
        offset: None,
        zone_name: String::new(),
    };
    let mut rest = text;
    let mut ahead = layout;
    loop {
        let (before, part, after) = next(ahead);
        rest = skip(rest, before).ok_or_else(|| {
            format!("`{text}` is not a time such as `{layout}`: `{before}` is missing in `{rest}`")
        })?;
        let Some(part) = part else {
            if rest.is_empty() {
                break;
            }
            return Err(format!(
                "`{text}` is not a time such as `{layout}`: `{rest}` is left"
            ));
        };
        rest = read.part(part, rest, after).map_err(|wrong| match wrong {
            Mismatch::Missing => format!("`{text}` is not a time such as `{layout}`: see `{rest}`"),
            Mismatch::Range(what) => format!("the {what} of `{text}` is out of range"),
        })?;
        ahead = after;
    }
    read.time(zone)
        .map_err(|what| format!("the {what} of `{text}` is out of range"))
}

impl Read {
    /// Reads a part from the start of a text; `after` is the layout after the part. Gives the rest of the text.
    fn part<'t>(&mut self, part: Part, text: &'t str, after: &str) -> Result<&'t str, Mismatch> {
        match part {
            Part::Year => {
                let (year, rest) = digits(text, 2)?;
                self.year = year + if year >= 69 { 1900 } else { 2000 };
                Ok(rest)
            }
            Part::LongYear => {
                let (year, rest) = digits(text, 4)?;
                self.year = year;
                Ok(rest)
            }
            Part::Month | Part::LongMonth => {
                let (index, rest) = name(&MONTHS, text, part == Part::Month)?;
                self.month = Some(index + 1);
                Ok(rest)
            }
            Part::NumberOfMonth | Part::ZeroMonth => {
                let (month, rest) = number(text, part == Part::ZeroMonth)?;
                if !(1..=12).contains(&month) {
                    return Err(Mismatch::Range("month"));
                }
                self.month = Some(month);
                Ok(rest)
            }
            Part::Weekday | Part::LongWeekday => {
                Ok(name(&WEEKDAYS, text, part == Part::Weekday)?.1)
            }
            Part::Day | Part::UnderDay | Part::ZeroDay => {
                let text = match text.strip_prefix(' ') {
                    Some(rest) if part == Part::UnderDay => rest,
                    _ => text,
                };
                let (day, rest) = number(text, part == Part::ZeroDay)?;
                self.day = Some(day);
                Ok(rest)
            }
            Part::UnderYearDay | Part::ZeroYearDay => {
                let mut text = text;
                for _ in 0..2 {
                    if part == Part::UnderYearDay {
                        text = text.strip_prefix(' ').unwrap_or(text);
                    }
                }
                let count = text.bytes().take(3).take_while(u8::is_ascii_digit).count();
                if count == 0 || part == Part::ZeroYearDay && count != 3 {
                    return Err(Mismatch::Missing);
                }
                let (day, rest) = digits(text, count)?;
                self.day_of_year = Some(day);
                Ok(rest)
            }
            _ => self.clock(part, text, after),
        }
    }

    fn clock<'t>(&mut self, part: Part, text: &'t str, after: &str) -> Result<&'t str, Mismatch> {
        let in_range = |value: i8, most: i8, what| {
            if value > most {
                return Err(Mismatch::Range(what));
            }
            Ok(value)
        };
        match part {
            Part::Hour => {
                let (hour, rest) = number(text, false)?;
                self.hour = in_range(hour, 23, "hour")?;
                Ok(rest)
            }
            Part::Hour12 | Part::ZeroHour12 => {
                let (hour, rest) = number(text, part == Part::ZeroHour12)?;
                self.hour = in_range(hour, 12, "hour")?;
                Ok(rest)
            }
            Part::Minute | Part::ZeroMinute => {
                let (minute, rest) = number(text, part == Part::ZeroMinute)?;
                self.minute = in_range(minute, 59, "minute")?;
                Ok(rest)
            }
            Part::Second | Part::ZeroSecond => {
                let (second, rest) = number(text, part == Part::ZeroSecond)?;
                self.second = in_range(second, 59, "second")?;
                let in_layout = matches!(
                    next(after).1,
                    Some(Part::Fraction { .. } | Part::ShortFraction { .. })
                );
                if in_layout {
                    Ok(rest)
                } else {
                    self.fraction(rest)
                }
            }
            Part::ShortFraction { .. } => self.fraction(text),
            Part::Fraction { digits, .. } => {
                let taken = text.get(..=digits).ok_or(Mismatch::Missing)?;
                self.nanosecond = nanoseconds(taken)?;
                Ok(text.get(digits + 1..).unwrap_or_default())
            }
            Part::UpperHalf | Part::LowerHalf => {
                let upper = part == Part::UpperHalf;
                let (half, rest) = text.split_at_checked(2).ok_or(Mismatch::Missing)?;
                self.afternoon = Some(match half {
                    "PM" if upper => true,
                    "AM" if upper => false,
                    "pm" if !upper => true,
                    "am" if !upper => false,
                    _ => return Err(Mismatch::Missing),
                });
                Ok(rest)
            }
            Part::Offset(how) => match text.strip_prefix('Z') {
                Some(rest) if how.zulu => {
                    self.utc = true;
                    Ok(rest)
                }
                _ => {
                    let (seconds, rest) = offset(text, how)?;
                    self.offset = Some(seconds);
                    Ok(rest)
                }
            },
            _ => {
                if let Some(rest) = text.strip_prefix("UTC") {
                    self.utc = true;
                    return Ok(rest);
                }
                let length = zone_name(text).ok_or(Mismatch::Missing)?;
                let (name, rest) = text.split_at_checked(length).ok_or(Mismatch::Missing)?;
                name.clone_into(&mut self.zone_name);
                Ok(rest)
            }
        }
    }

    /// Reads the fraction of a second with any number of digits, if there is one.
    fn fraction<'t>(&mut self, text: &'t str) -> Result<&'t str, Mismatch> {
        let Some(digits) = text.strip_prefix(['.', ',']) else {
            return Ok(text);
        };
        let count = digits.bytes().take_while(u8::is_ascii_digit).count();
        if count > 0 {
            self.nanosecond = nanoseconds(text.get(..=count).unwrap_or_default())?;
            return Ok(digits.get(count..).unwrap_or_default());
        }
        Ok(text)
    }

    /// The time, or the part that has no valid value.
    fn time(self, zone: &Zone) -> Result<Time, &'static str> {
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let date = match self.day_of_year {
            Some(day_of_year) => {
                let date = Date::new(self.year, 1, 1)
                    .and_then(|first| first.with().day_of_year(day_of_year).build())
                    .map_err(|_| "day")?;
                let fits = self.month.is_none_or(|month| month == date.month())
                    && self.day.is_none_or(|day| day == date.day());
                if !fits {
                    return Err("day of the year");
                }
                date
            }
            None => Date::new(self.year, self.month.unwrap_or(1), self.day.unwrap_or(1))
                .map_err(|_| "day")?,
        };
        let civil = DateTime::from_parts(
            date,
            jiff::civil::Time::new(hour, self.minute, self.second, self.nanosecond)
                .map_err(|_| "time")?,
        );
        let zone = if self.utc {
            Zone::Utc
        } else if let Some(seconds) = self.offset {
            return Self::with_offset(civil, seconds, self.zone_name).ok_or("year");
        } else if self.zone_name.is_empty() {
            zone.clone()
        } else {
            // Go does not know the offset of an abbreviation, except `GMT+2` and the like.
            let hours = self
                .zone_name
                .strip_prefix("GMT")
                .and_then(|hours| hours.parse::<i32>().ok())
                .unwrap_or(0);
            let moment = Moment::of(civil, 0);
            let zone = Zone::Fixed {
                name: self.zone_name,
                seconds: hours * 3600,
            };
            return Time::new(moment, zone).ok_or("year");
        };
        Time::new(zone.moment(civil), zone).ok_or("year")
    }

    fn with_offset(civil: DateTime, seconds: i32, name: String) -> Option<Time> {
        let zone = if seconds == 0 && matches!(name.as_str(), "" | "UTC") {
            Zone::Local
        } else {
            Zone::Fixed { name, seconds }
        };
        Time::new(Moment::of(civil, seconds), zone)
    }
}

/// Removes literal text of the layout from the start. Any number of spaces matches any other number.
fn skip<'t>(mut text: &'t str, layout: &str) -> Option<&'t str> {
    let mut layout = layout;
    while let Some(letter) = layout.chars().next() {
        if letter == ' ' {
            if !text.is_empty() && !text.starts_with(' ') {
                return None;
            }
            layout = layout.trim_start_matches(' ');
            text = text.trim_start_matches(' ');
        } else {
            text = text.strip_prefix(letter)?;
            layout = layout.get(letter.len_utf8()..).unwrap_or_default();
        }
    }
    Some(text)
}

/// Reads exactly `count` digits.
fn digits(text: &str, count: usize) -> Rest<'_, i16> {
    let (taken, rest) = text.split_at_checked(count).ok_or(Mismatch::Missing)?;
    if !taken.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Mismatch::Missing);
    }
    Ok((taken.parse().map_err(|_| Mismatch::Missing)?, rest))
}

/// Reads one or two digits, or exactly two.
fn number(text: &str, two: bool) -> Rest<'_, i8> {
    let count = text.bytes().take(2).take_while(u8::is_ascii_digit).count();
    if count == 0 || two && count < 2 {
        return Err(Mismatch::Missing);
    }
    let (taken, rest) = text.split_at_checked(count).ok_or(Mismatch::Missing)?;
    Ok((taken.parse().map_err(|_| Mismatch::Missing)?, rest))
}

/// Reads a name, or the first three letters of one, in any case. Gives its index.
fn name<'t>(names: &[&str], text: &'t str, short: bool) -> Rest<'t, i8> {
    for (index, name) in names.iter().enumerate() {
        let name = if short {
            name.get(..3).unwrap_or(name)
        } else {
            name
        };
        let Some((taken, rest)) = text.split_at_checked(name.len()) else {
            continue;
        };
        if taken.eq_ignore_ascii_case(name) {
            return Ok((i8::try_from(index).unwrap_or_default(), rest));
        }
    }
    Err(Mismatch::Missing)
}

/// Nanoseconds of a decimal mark and the digits after it.
fn nanoseconds(text: &str) -> Result<i32, Mismatch> {
    let digits = text.strip_prefix(['.', ',']).ok_or(Mismatch::Missing)?;
    let digits = digits.get(..digits.len().min(9)).unwrap_or_default();
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Mismatch::Missing);
    }
    format!("{digits:0<9}")
        .parse()
        .map_err(|_| Mismatch::Missing)
}

/// Reads an offset from Greenwich. Gives it in seconds.
fn offset(text: &str, how: Offset) -> Rest<'_, i32> {
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'+') => (false, text.get(1..).unwrap_or_default()),
        Some(b'-') => (true, text.get(1..).unwrap_or_default()),
        _ => return Err(Mismatch::Missing),
    };
    let mut total = 0;
    let parts = [(24, 3600, "hour"), (60, 60, "minute"), (60, 1, "second")];
    for (number, (most, seconds, what)) in parts.into_iter().take(how.parts).enumerate() {
        if how.colon && number > 0 {
            rest = rest.strip_prefix(':').ok_or(Mismatch::Missing)?;
        }
        let (value, after) = digits(rest, 2)?;
        // Go allows 24 hours and 60 minutes, because some people write them.
        if value > most {
            return Err(Mismatch::Range(what));
        }
        total += i32::from(value) * seconds;
        rest = after;
    }
    Ok((if negative { -total } else { total }, rest))
}

/// Length of a zone abbreviation at the start of a text, if there is one.
fn zone_name(text: &str) -> Option<usize> {
    if text.len() < 3 {
        return None;
    }
    // Only these two abbreviations have a small letter.
    if text.starts_with("ChST") || text.starts_with("MeST") {
        return Some(4);
    }
    if let Some(rest) = text.strip_prefix("GMT") {
        return Some(3 + signed_hours(rest));
    }
    if text.starts_with(['+', '-']) {
        return Some(signed_hours(text)).filter(|length| *length > 0);
    }
    let letters = text
        .bytes()
        .take(6)
        .take_while(u8::is_ascii_uppercase)
        .count();
    match letters {
        5 if text.as_bytes().get(4) == Some(&b'T') => Some(5),
        4 if text.as_bytes().get(3) == Some(&b'T') || text.starts_with("WITA") => Some(4),
        3 => Some(3),
        _ => None,
    }
}

/// Length of a sign and hours; 0 if they are missing.
fn signed_hours(text: &str) -> usize {
    let Some(digits) = text.strip_prefix(['+', '-']) else {
        return 0;
    };
    let count = digits.bytes().take_while(u8::is_ascii_digit).count();
    let hours = digits
        .get(..count)
        .and_then(|hours| hours.parse::<u64>().ok());
    match hours {
        Some(0..=23) => count + 1,
        _ => 0,
    }
}
