//! Times: moments in a zone.

use jiff::civil::DateTime;

use super::duration::Duration;
use super::moment::Moment;
use super::zone::Zone;

/// A moment with a zone (`time.Time`).
#[derive(Clone, Debug)]
pub struct Time {
    moment: Moment,
    zone: Zone,
    /// Date and time in the zone.
    civil: DateTime,
}

impl Time {
    /// A moment in a zone; none if the year has more than four digits.
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

    /// The moment `seconds` after the start of 1970; none if its year has more than four digits.
    pub fn of_seconds(seconds: i64) -> Option<Self> {
        Self::new(Moment(i128::from(seconds) * 1_000_000_000), Zone::Local)
    }

    /// The moment.
    pub fn moment(&self) -> Moment {
        self.moment
    }

    /// Zone of the time.
    pub fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The same moment in another zone.
    pub fn with_zone(&self, zone: Zone) -> Option<Self> {
        Self::new(self.moment, zone)
    }

    /// The time after a duration; none if its year has more than four digits.
    pub fn plus(&self, duration: Duration) -> Option<Self> {
        let moment = Moment(self.moment.0 + i128::from(duration.nanoseconds()));
        Self::new(moment, self.zone.clone())
    }

    /// Duration from another time to this one, limited to the longest and the shortest duration (`Time.Sub`).
    pub fn since(&self, other: &Self) -> Duration {
        let difference = self.moment.0 - other.moment.0;
        let bound = if difference < 0 { i64::MIN } else { i64::MAX };
        Duration::new(i64::try_from(difference).unwrap_or(bound))
    }

    /// Date and time in the zone.
    pub fn civil(&self) -> DateTime {
        self.civil
    }

    /// Offset of the zone in seconds east of Greenwich, and the zone's abbreviation.
    pub fn offset(&self) -> (i32, String) {
        self.zone.at(self.moment)
    }

    /// Says whether daylight saving time is in effect.
    pub fn is_daylight_saving(&self) -> bool {
        match &self.zone {
            Zone::Named(_, zone) => zone.to_offset_info(self.moment.timestamp()).dst().is_dst(),
            _ => false,
        }
    }

    /// The time at which a clock of the same zone shows `civil`.
    pub fn at(&self, civil: DateTime) -> Option<Self> {
        Self::new(self.zone.moment(civil), self.zone.clone())
    }
}

impl PartialEq for Time {
    /// Compares the moments and ignores the zones (`Time.Equal`).
    fn eq(&self, other: &Self) -> bool {
        self.moment == other.moment
    }
}
