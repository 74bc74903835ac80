//! Times, durations and time zones as Go has them.
//!
//! The machine's own zone is UTC here, as it is in Argo's image.

mod duration;
mod layout;
mod parse;
mod write;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

pub use duration::Duration;
pub(crate) use write::{month, weekday};

/// Layout of a time in JSON (`time.RFC3339Nano`).
pub const RFC3339_NANO: &str = "2006-01-02T15:04:05.999999999Z07:00";
/// Layout of a time in a text (`time.Time.String`).
const SHOWN: &str = "2006-01-02 15:04:05.999999999 -0700 MST";

/// A time zone (`*time.Location`).
#[derive(Clone, Debug, PartialEq)]
pub enum Zone {
    /// `time.UTC`.
    Utc,
    /// `time.Local`, which is UTC here.
    Local,
    /// A zone that a time in a text brought along.
    Fixed {
        /// Abbreviation; empty where the text has only the offset.
        name: String,
        /// Seconds east of Greenwich.
        seconds: i32,
    },
    /// A zone of the time zone database, with its name.
    Named(String, TimeZone),
}

impl Zone {
    /// The zone of this name, as `time.LoadLocation` finds it: `None` where the database has none.
    pub fn load(name: &str) -> Option<Self> {
        match name {
            "" | "UTC" => Some(Self::Utc),
            "Local" => Some(Self::Local),
            _ if name.contains("..") || name.starts_with('/') || name.contains('\\') => None,
            // Go finds a name only as it is written.
            _ => TimeZone::get(name)
                .ok()
                .filter(|zone| zone.iana_name() == Some(name))
                .map(|zone| Self::Named(name.to_owned(), zone)),
        }
    }

    /// Name of the zone (`Location.String`).
    pub fn name(&self) -> &str {
        match self {
            Self::Utc => "UTC",
            Self::Local => "Local",
            Self::Fixed { name, .. } | Self::Named(name, _) => name,
        }
    }

    /// Seconds east of Greenwich at a moment, and the zone's abbreviation then.
    fn at(&self, moment: Moment) -> (i32, String) {
        match self {
            Self::Utc | Self::Local => (0, "UTC".to_owned()),
            Self::Fixed { name, seconds } => (*seconds, name.clone()),
            Self::Named(_, zone) => {
                let found = zone.to_offset_info(moment.timestamp());
                (found.offset().seconds(), found.abbreviation().to_owned())
            }
        }
    }

    /// The moment that a clock of this zone shows as this (`time.Date`).
    ///
    /// Where the clock shows it twice or never, the offset is the one that holds when it is that time in Greenwich, or
    /// the one that holds where that leads to.
    fn moment(&self, civil: DateTime) -> Moment {
        let in_greenwich = Moment::of(civil, 0);
        let (seconds, _) = self.at(in_greenwich);
        let moment = in_greenwich.earlier(seconds);
        let (there, _) = self.at(moment);
        if there == seconds {
            moment
        } else {
            in_greenwich.earlier(there)
        }
    }
}

/// A moment: nanoseconds since the start of 1970 in Greenwich.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(i128);

impl Moment {
    /// The moment that a clock so many seconds east of Greenwich shows as this.
    fn of(civil: DateTime, seconds: i32) -> Self {
        let start = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
        let since = civil.duration_since(start).as_nanos();
        Self(since).earlier(seconds)
    }

    fn earlier(self, seconds: i32) -> Self {
        Self(self.0 - i128::from(seconds) * 1_000_000_000)
    }

    /// Nanoseconds since the start of 1970.
    pub fn nanoseconds(self) -> i128 {
        self.0
    }

    /// What a clock so many seconds east of Greenwich shows: nothing where the year has more than four digits.
    fn civil(self, seconds: i32) -> Option<DateTime> {
        let start = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
        let since = self.0 + i128::from(seconds) * 1_000_000_000;
        let (whole, rest) = (
            since.div_euclid(1_000_000_000),
            since.rem_euclid(1_000_000_000),
        );
        let since = SignedDuration::new(i64::try_from(whole).ok()?, i32::try_from(rest).ok()?);
        start.checked_add(since).ok()
    }

    /// The nearest moment that the time zone database knows.
    fn timestamp(self) -> Timestamp {
        let least = Timestamp::MIN.as_nanosecond();
        let most = Timestamp::MAX.as_nanosecond();
        Timestamp::from_nanosecond(self.0.clamp(least, most)).unwrap_or(Timestamp::MAX)
    }
}

impl From<Timestamp> for Moment {
    fn from(moment: Timestamp) -> Self {
        Self(moment.as_nanosecond())
    }
}

/// A moment, and the zone in which it is told (`time.Time`).
#[derive(Clone, Debug)]
pub struct Time {
    moment: Moment,
    zone: Zone,
    /// What a calendar and a clock of the zone show.
    civil: DateTime,
}

impl Time {
    /// A moment in a zone: nothing where the year has more than four digits.
    pub fn new(moment: impl Into<Moment>, zone: Zone) -> Option<Self> {
        let moment = moment.into();
        let (seconds, _) = zone.at(moment);
        let civil = moment.civil(seconds)?;
        Some(Self {
            moment,
            zone,
            civil,
        })
    }

    /// The moment so many seconds after the start of 1970, if years have four digits then.
    pub fn of_seconds(seconds: i64) -> Option<Self> {
        Self::new(Moment(i128::from(seconds) * 1_000_000_000), Zone::Local)
    }

    /// The time that a text tells in a layout of Go (`time.ParseInLocation`): what has no zone is in this one.
    ///
    /// # Errors
    ///
    /// Returns what does not fit.
    pub fn parse(layout: &str, text: &str, zone: &Zone) -> Result<Self, String> {
        parse::parse(layout, text, zone)
    }

    /// Itself in a layout of Go (`Time.Format`).
    pub fn format(&self, layout: &str) -> String {
        write::write(self, layout)
    }

    /// The moment.
    pub fn moment(&self) -> Moment {
        self.moment
    }

    /// The zone in which it is told.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The same moment, told in another zone.
    pub fn with_zone(&self, zone: Zone) -> Option<Self> {
        Self::new(self.moment, zone)
    }

    /// The time a duration later, if years have four digits then.
    pub fn plus(&self, duration: Duration) -> Option<Self> {
        let moment = Moment(self.moment.0 + i128::from(duration.nanoseconds()));
        Self::new(moment, self.zone.clone())
    }

    /// How long this is after another: the longest or shortest duration where that is too much (`Time.Sub`).
    pub fn since(&self, other: &Self) -> Duration {
        let difference = self.moment.0 - other.moment.0;
        let bound = if difference < 0 { i64::MIN } else { i64::MAX };
        Duration::new(i64::try_from(difference).unwrap_or(bound))
    }

    /// What a calendar and a clock of its zone show.
    pub fn civil(&self) -> DateTime {
        self.civil
    }

    /// Seconds of its zone east of Greenwich, and the abbreviation of the zone.
    pub fn offset(&self) -> (i32, String) {
        self.zone.at(self.moment)
    }

    /// Whether clocks of its zone are put forward then.
    pub fn is_daylight_saving(&self) -> bool {
        match &self.zone {
            Zone::Named(_, zone) => zone.to_offset_info(self.moment.timestamp()).dst().is_dst(),
            _ => false,
        }
    }

    /// The moment that a clock of its zone shows as this.
    pub fn at(&self, civil: DateTime) -> Option<Self> {
        Self::new(self.zone.moment(civil), self.zone.clone())
    }
}

impl std::fmt::Display for Time {
    /// Writes it as `Time.String` does, without the reading of a clock that only counts.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.format(SHOWN))
    }
}

impl PartialEq for Time {
    /// Whether it is the same moment, whatever the zone (`Time.Equal`).
    fn eq(&self, other: &Self) -> bool {
        self.moment == other.moment
    }
}
