//! Time zones as in Go.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::moment::Moment;

/// A time zone (`*time.Location`).
#[derive(Clone, Debug, PartialEq)]
pub enum Zone {
    /// `time.UTC`.
    Utc,
    /// `time.Local`, which is UTC here.
    Local,
    /// A zone that a parsed text contained.
    Fixed {
        /// Abbreviation; empty if the text has only an offset.
        name: String,
        /// Seconds east of Greenwich.
        seconds: i32,
    },
    /// A zone of the time zone database, with its name.
    Named(String, TimeZone),
}

impl Zone {
    /// The zone with this name, as in `time.LoadLocation`; `None` if the database lacks it.
    pub fn load(name: &str) -> Option<Self> {
        match name {
            "" | "UTC" => Some(Self::Utc),
            "Local" => Some(Self::Local),
            _ if name.contains("..") || name.starts_with('/') || name.contains('\\') => None,
            // Go needs the exact case of a name.
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

    /// Offset in seconds east of Greenwich at a moment, and the zone's abbreviation then.
    pub(super) fn at(&self, moment: Moment) -> (i32, String) {
        match self {
            Self::Utc | Self::Local => (0, "UTC".to_owned()),
            Self::Fixed { name, seconds } => (*seconds, name.clone()),
            Self::Named(_, zone) => {
                let found = zone.to_offset_info(moment.timestamp());
                (found.offset().seconds(), found.abbreviation().to_owned())
            }
        }
    }

    /// Moment at which a clock of this zone shows `civil` (`time.Date`).
    ///
    /// If the clock shows it twice or never, uses the offset of the moment at which a clock in Greenwich shows it, or
    /// the offset of the moment to which that one leads.
    pub(super) fn moment(&self, civil: DateTime) -> Moment {
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
