//! Times: moments that are told in a zone.

use jiff::civil::DateTime;

use super::duration::Duration;
use super::moment::Moment;
use super::zone::Zone;

/// A moment, and the zone in which it is told (`time.Time`).
#[derive(Clone, Debug)]
pub struct Time {
    moment: Moment,
    zone: Zone,
    /// Date and time on a calendar and a clock of the zone.
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

    /// The moment.
    pub fn moment(&self) -> Moment {
        self.moment
    }

    /// Zone in which the moment is told.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Tells the same moment in another zone.
    pub fn with_zone(&self, zone: Zone) -> Option<Self> {
        Self::new(self.moment, zone)
    }

    /// The time a duration later, if years have four digits then.
    pub fn plus(&self, duration: Duration) -> Option<Self> {
        let moment = Moment(self.moment.0 + i128::from(duration.nanoseconds()));
        Self::new(moment, self.zone.clone())
    }

    /// Duration from another time to this one: the longest or shortest duration where that is too much (`Time.Sub`).
    pub fn since(&self, other: &Self) -> Duration {
        let difference = self.moment.0 - other.moment.0;
        let bound = if difference < 0 { i64::MIN } else { i64::MAX };
        Duration::new(i64::try_from(difference).unwrap_or(bound))
    }

    /// Date and time on a calendar and a clock of the zone.
    pub fn civil(&self) -> DateTime {
        self.civil
    }

    /// Seconds of the zone east of Greenwich, and the abbreviation of the zone.
    pub fn offset(&self) -> (i32, String) {
        self.zone.at(self.moment)
    }

    /// Says whether clocks of the zone are put forward then.
    pub fn is_daylight_saving(&self) -> bool {
        match &self.zone {
            Zone::Named(_, zone) => zone.to_offset_info(self.moment.timestamp()).dst().is_dst(),
            _ => false,
        }
    }

    /// Time at which a clock of the zone shows this.
    pub fn at(&self, civil: DateTime) -> Option<Self> {
        Self::new(self.zone.moment(civil), self.zone.clone())
    }
}

impl PartialEq for Time {
    /// Compares the moments, whatever the zones (`Time.Equal`).
    fn eq(&self, other: &Self) -> bool {
        self.moment == other.moment
    }
}
