//! Schedules: each line of the table is the answer of the library in Argo's controller.

use argo::cron::Schedule;
use argo::time::{RFC3339_NANO, Time, Zone};

/// The next starts after a moment, in UTC.
fn starts(schedule: &Schedule, zone: &str, from: &str, most: usize) -> Vec<String> {
    let told = |time: &Time| match time.with_zone(Zone::Utc) {
        Some(time) => time.format(RFC3339_NANO),
        None => "never".to_owned(),
    };
    let from = Time::parse(RFC3339_NANO, from, &Zone::Utc).ok();
    let zone = Zone::load(zone);
    let Some(mut time) = from.zip(zone).and_then(|(from, zone)| from.with_zone(zone)) else {
        panic!("not a time in a zone");
    };
    let mut starts = Vec::new();
    while starts.len() < most {
        let Some(next) = schedule.next(&time) else {
            starts.push("never".to_owned());
            break;
        };
        starts.push(told(&next));
        time = next;
    }
    starts
}

#[test]
fn runs_start_when_the_controller_starts_them() {
    let table = include_str!("tables/cron.txt");
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [schedule, zone, from, expected] = columns.as_slice() else {
            panic!("{line}");
        };
        let Ok(schedule) = Schedule::parse(schedule) else {
            assert_eq!(*expected, "-", "{line}");
            continue;
        };
        let found = starts(&schedule, zone, from, 3).join(" ");
        assert_eq!(found, *expected, "{line}");
    }
}

#[test]
fn a_schedule_without_an_end_of_the_search_never_starts() {
    // The controller's library loops forever on both schedules.
    let from = "2011-12-28T00:00:00Z";
    let none = Schedule::parse("* , * * *").unwrap();
    assert_eq!(starts(&none, "UTC", from, 1), ["never"]);
    let skipped = Schedule::parse("0 0 31 * *").unwrap();
    // Samoa skipped the 30th of December 2011.
    assert_eq!(
        starts(&skipped, "Pacific/Apia", from, 1),
        ["2011-12-30T10:00:00Z"]
    );
}
