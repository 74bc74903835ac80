//! Reads a schedule.

use super::schedule::{Fields, STAR, Schedule, When};
use crate::time::Duration;

const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// A field: its name, the numbers that it allows, and the words for them, from the least number on.
struct Field {
    what: &'static str,
    least: u32,
    most: u32,
    words: &'static [&'static str],
}

const MINUTE: Field = field("minute", 0, 59, &[]);
const HOUR: Field = field("hour", 0, 23, &[]);
const DAY: Field = field("day of the month", 1, 31, &[]);
const MONTH: Field = field("month", 1, 12, MONTHS);
const WEEKDAY: Field = field("day of the week", 0, 6, DAYS);

const fn field(what: &'static str, least: u32, most: u32, words: &'static [&'static str]) -> Field {
    Field {
        what,
        least,
        most,
        words,
    }
}

impl Schedule {
    /// Reads a schedule: five fields, or a word such as `@daily` or `@every 1h`.
    ///
    /// Both the pattern of Argo's CRD (`cron_workflow_types.go`) and the controller (`ParseStandard`) must accept the
    /// text.
    ///
    /// # Errors
    ///
    /// Returns what is wrong, in plain words.
    pub fn parse(text: &str) -> Result<Self, String> {
        parse(text).map(|when| Self { when })
    }
}

fn parse(schedule: &str) -> Result<When, String> {
    if schedule.starts_with("TZ=") || schedule.starts_with("CRON_TZ=") {
        return Err("the cluster does not accept `TZ=`; use `timezone`".to_owned());
    }
    if schedule.trim() != schedule {
        return Err("the cluster does not accept a space at the beginning or the end".to_owned());
    }
    if let Some(word) = schedule.strip_prefix('@') {
        return named(word);
    }
    let fields: Vec<_> = schedule.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields.as_slice() else {
        return Err(format!("it has {} fields, but it needs 5", fields.len()));
    };
    Ok(When::Fields(Fields {
        minutes: MINUTE.read(minute)?,
        hours: HOUR.read(hour)?,
        days: DAY.read(day)?,
        months: MONTH.read(month)?,
        weekdays: WEEKDAY.read(weekday)?,
    }))
}

/// The schedule of a word such as `@daily`.
fn named(word: &str) -> Result<When, String> {
    if let Some(every) = word.strip_prefix("every") {
        let delay = every_of(every)
            .ok_or("`@every` needs one space and a duration of whole numbers, such as `1h30m`")?;
        return Ok(When::Every(delay));
    }
    let fields = match word {
        "yearly" | "annually" => "0 0 1 1 *",
        "monthly" => "0 0 1 * *",
        "weekly" => "0 0 * * 0",
        "daily" | "midnight" => "0 0 * * *",
        "hourly" => "0 * * * *",
        _ => return Err(format!("there is no `@{word}`")),
    };
    parse(fields)
}

/// The delay that follows `@every`: whole seconds, and at least one (`Every`).
fn every_of(text: &str) -> Option<Duration> {
    let text = text.strip_prefix(' ')?;
    // The CRD's pattern allows no sign and no fraction.
    let is_whole = |letter: char| letter.is_ascii_digit() || "nuµmsh".contains(letter);
    let duration = Duration::parse(text).filter(|_| text.chars().all(is_whole))?;
    let second = Duration::new(1_000_000_000);
    Some(duration.truncate(second).max(second))
}

impl Field {
    /// The numbers that a field allows.
    fn read(&self, text: &str) -> Result<u64, String> {
        let mut bits = 0;
        for item in text.split(',').filter(|item| !item.is_empty()) {
            bits |= self.item(item)?;
        }
        Ok(bits)
    }

    /// The numbers of one item of a list: `*`, `3`, `1-5`, with or without a step (`getRange`).
    fn item(&self, item: &str) -> Result<u64, String> {
        let what = self.what;
        let (range, step) = item
            .split_once('/')
            .map_or((item, None), |(range, step)| (range, Some(step)));
        let step = match step {
            None => None,
            Some(text) => match text.parse::<u32>() {
                Ok(step) if step > 0 => Some(step),
                _ => return Err(format!("`{item}` is not a step of a {what}")),
            },
        };
        let (low, high) = range.split_once('-').unwrap_or((range, range));
        let is_star = matches!(low, "*" | "?");
        let (start, end) = if is_star {
            // The controller ignores the rest of an item that begins with `*`.
            (self.least, self.most)
        } else {
            match (self.number(low), self.number(high)) {
                (Some(low), Some(high)) if low <= high => (low, high),
                (Some(_), Some(_)) => return Err(format!("`{range}` runs backwards")),
                _ => {
                    let (least, most) = (self.least, self.most);
                    return Err(format!(
                        "`{range}` is not a {what}: it must be from {least} to {most}"
                    ));
                }
            }
        };
        // `5/10` begins at 5 and runs to the largest number.
        let end = match step {
            Some(_) if !range.contains('-') => self.most,
            _ => end,
        };
        let step = step.unwrap_or(1);
        let numbers = (start..=end).step_by(step as usize);
        let bits = numbers.fold(0, |bits, number| bits | 1 << number);
        Ok(if is_star && step == 1 {
            bits | STAR
        } else {
            bits
        })
    }

    fn number(&self, text: &str) -> Option<u32> {
        let word = self
            .words
            .iter()
            .position(|word| *word == text.to_lowercase());
        word.and_then(|index| u32::try_from(index).ok())
            .map(|index| index + self.least)
            .or_else(|| text.parse().ok().filter(|_| !text.starts_with('+')))
            .filter(|number| (self.least..=self.most).contains(number))
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn schedules() {
        for good in [
            "* * * * *",
            "0 3 * * *",
            "*/5 1-3,9 ? JAN-MAR mon",
            "@daily",
            "@every 1h30m",
            "1,,2 *-5 * * *",
            "0\t3  * * *",
        ] {
            assert!(parse(good).is_ok(), "{good}");
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
            // The CRD's pattern accepts the next text; the controller does not.
            "@every  10s",
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
