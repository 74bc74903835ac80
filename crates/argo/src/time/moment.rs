//! Moments: points in time without a zone.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

/// A moment: nanoseconds since the start of 1970 in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub(super) i128);

impl Moment {
    /// The moment at which a clock shows `civil`; `seconds` is the clock's offset east of Greenwich.
    pub(super) fn of(civil: DateTime, seconds: i32) -> Self {
        let start = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
        let since = civil.duration_since(start).as_nanos();
        Self(since).earlier(seconds)
    }

    /// The moment `seconds` earlier.
    pub(super) fn earlier(self, seconds: i32) -> Self {
        Self(self.0 - i128::from(seconds) * 1_000_000_000)
    }

    /// Nanoseconds since the start of 1970.
    pub fn nanoseconds(self) -> i128 {
        self.0
    }

    /// Date and time of a clock with an offset of `seconds` east of Greenwich; none if the year has more than four
    /// digits.
    pub(super) fn civil(self, seconds: i32) -> Option<DateTime> {
        let start = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
        let since = self.0 + i128::from(seconds) * 1_000_000_000;
        let (whole, rest) = (
            since.div_euclid(1_000_000_000),
            since.rem_euclid(1_000_000_000),
        );
        let since = SignedDuration::new(i64::try_from(whole).ok()?, i32::try_from(rest).ok()?);
        start.checked_add(since).ok()
    }

    /// The nearest moment that the time zone database supports.
    pub(super) fn timestamp(self) -> Timestamp {
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
