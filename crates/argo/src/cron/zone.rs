//! Time zones of schedules.

use std::sync::LazyLock;

use diagnostic::did_you_mean;
use jiff::tz::TimeZoneDatabase;

/// The names of the zones of the database that comes with this program: the same on every machine.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    TimeZoneDatabase::bundled()
        .available()
        .map(|name| name.to_string())
        .collect()
});

/// Says whether Argo's controller knows a time zone by this name; capitals count (Go's `time.LoadLocation`).
pub fn is_zone(name: &str) -> bool {
    name == "Local" || NAMES.iter().any(|known| known == name)
}

/// The question whether another zone was meant, if there is one with a name that is much like this one.
pub fn nearest_zone(name: &str) -> Option<String> {
    did_you_mean(name, NAMES.iter().map(String::as_str))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_zones_are_those_of_the_database_and_no_more() {
        for zone in [
            "Local",
            "UTC",
            "Etc/GMT+8",
            "Europe/Kyiv",
            "Europe/Kiev",
            "US/Eastern",
            "America/Argentina/Ushuaia",
        ] {
            assert!(is_zone(zone), "{zone}");
        }
        for wrong in ["asia/tokyo", "Mars/Olympus", "posix/UTC", "zone.tab", ""] {
            assert!(!is_zone(wrong), "{wrong}");
        }
        assert_eq!(
            nearest_zone("asia/tokyo").as_deref(),
            Some("did you mean `Asia/Tokyo`?")
        );
    }
}
