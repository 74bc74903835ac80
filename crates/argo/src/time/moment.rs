//! Moments: points on the line of time.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

/// A moment: nanoseconds since the start of 1970 in Greenwich.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub(super) i128);

impl Moment {
    /// Moment at which a clock so many seconds east of Greenwich shows this.
    pub(super) fn of(civil: DateTime, seconds: i32) -> Self {
        let start = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0);
        let since = civil.duration_since(start).as_nanos();
        Self(since).earlier(seconds)
    }

    /// The moment so many seconds earlier.
    pub(super) fn earlier(self, seconds: i32) -> Self {
        Self(self.0 - i128::from(seconds) * 1_000_000_000)
    }

    /// Nanoseconds since the start of 1970.
    pub fn nanoseconds(self) -> i128 {
        self.0
    }

    /// Date and time on a clock so many seconds east of Greenwich: nothing where the year has more than four digits.
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

    /// The nearest moment that the time zone database knows.
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
