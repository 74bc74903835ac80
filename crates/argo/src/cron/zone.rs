//! Time zones of schedules.

use std::sync::LazyLock;

use diagnostic::did_you_mean;
use jiff::tz::TimeZoneDatabase;

/// Names of the zones in the database that this program contains: the same on every machine.
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    TimeZoneDatabase::bundled()
        .available()
        .map(|name| name.to_string())
        .collect()
});

/// Says whether Argo's controller knows a time zone with this name; upper and lower case differ (Go's
/// `time.LoadLocation`).
pub fn is_zone(name: &str) -> bool {
    name == "Local" || NAMES.iter().any(|known| known == name)
}

/// A question that suggests the zone with the most similar name, if one is similar.
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
