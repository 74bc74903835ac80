//! The next start of a schedule (`SpecSchedule.Next` in robfig/cron's `spec.go`).

use jiff::Span;
use jiff::civil::DateTime;

use super::schedule::{Fields, STAR, Schedule, When};
use crate::time::{Duration, Time};

const SECOND: i64 = 1_000_000_000;
const HOUR: i64 = 3600 * SECOND;

impl Schedule {
    /// The first start after a moment, in the zone of that moment; `None` if there is none within five years.
    ///
    /// A start inside the hour that clocks skip does not take place on that day. In the hour that clocks repeat, a
    /// start takes place once, or twice if the schedule starts every hour.
    pub fn next(&self, after: &Time) -> Option<Time> {
        let part = i64::from(after.civil().subsec_nanosecond());
        match &self.when {
            When::Every(delay) => after.plus(Duration::new(delay.nanoseconds() - part)),
            When::Fields(fields) => fields.next(&after.plus(Duration::new(SECOND - part))?),
        }
    }
}

impl Fields {
    /// The first start at a moment or after it.
    fn next(&self, from: &Time) -> Option<Time> {
        // The empty list `,` allows no value.
        let fields = [
            self.minutes,
            self.hours,
            self.months,
            self.days | self.weekdays,
        ];
        if fields.iter().any(|bits| bits & !STAR == 0) {
            return None;
        }
        let last = from.civil().year() + 5;
        let mut time = from.clone();
        // The first field that changes resets every smaller field.
        let mut is_added = false;
        'wrapped: while time.civil().year() <= last {
            while !allows(self.months, time.civil().month()) {
                if !is_added {
                    is_added = true;
                    time = time.at(time.civil().date().first_of_month().at(0, 0, 0, 0))?;
                }
                time = time.at(later(time.civil(), Span::new().months(1))?)?;
                if time.civil().month() == 1 {
                    continue 'wrapped;
                }
            }
            while !self.has_day(time.civil()) {
                if !is_added {
                    is_added = true;
                    time = time.at(time.civil().date().at(0, 0, 0, 0))?;
                }
                let before = time.clone();
                time = time.at(later(time.civil(), Span::new().days(1))?)?;
                // Midnight does not exist on some days: some zones put clocks forward at that hour.
                let hour = i64::from(time.civil().hour());
                if hour != 0 {
                    let hours = if hour > 12 { 24 - hour } else { -hour };
                    time = time.plus(Duration::new(hours * HOUR))?;
                }
                // Samoa skipped a whole day; the controller's library loops forever there.
                if time.civil().date() <= before.civil().date() {
                    time = before.plus(Duration::new(24 * HOUR))?;
                }
                if time.civil().day() == 1 {
                    continue 'wrapped;
                }
            }
            while !allows(self.hours, time.civil().hour()) {
                if !is_added {
                    is_added = true;
                    let civil = time.civil();
                    time = time.at(civil.date().at(civil.hour(), 0, 0, 0))?;
                }
                time = time.plus(Duration::new(HOUR))?;
                if time.civil().hour() == 0 {
                    continue 'wrapped;
                }
            }
            while !allows(self.minutes, time.civil().minute()) {
                is_added = true;
                time = next_minute(&time)?;
                if time.civil().minute() == 0 {
                    continue 'wrapped;
                }
            }
            // A run starts at the first second of a minute.
            if time.civil().second() == 0 {
                return Some(time);
            }
            is_added = true;
            time = next_minute(&time)?;
        }
        None
    }

    /// Says whether the schedule starts on a day. If neither day field is a `*`, one match is enough.
    fn has_day(&self, civil: DateTime) -> bool {
        let day = allows(self.days, civil.day());
        let weekday = allows(self.weekdays, civil.weekday().to_sunday_zero_offset());
        if (self.days | self.weekdays) & STAR != 0 {
            day && weekday
        } else {
            day || weekday
        }
    }
}

fn allows(bits: u64, number: i8) -> bool {
    bits & (1 << number) != 0
}

fn later(civil: DateTime, span: Span) -> Option<DateTime> {
    civil.checked_add(span).ok()
}

/// The start of the next minute.
fn next_minute(time: &Time) -> Option<Time> {
    let civil = time.civil();
    let part = i64::from(civil.second()) * SECOND + i64::from(civil.subsec_nanosecond());
    time.plus(Duration::new(60 * SECOND - part))
}
