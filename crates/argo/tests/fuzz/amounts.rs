//! Amounts, times, names: values of whole fields.

use argo::cron::{Schedule, is_zone, nearest_zone};
use argo::loops::{Sequence, formatted, of_list, of_sequence};
use argo::names;
use argo::needs::amount_of;
use argo::quantity::{self, Quantity};
use argo::time::{Duration, Time, Zone};
use argo::tries::humanized;

use crate::first_columns;
use crate::trial::read_texts;

#[test]
fn quantities() {
    let seeds = first_columns(include_str!("../tables/quantity.txt"), "\t");
    read_texts("quantities", &seeds, |text| {
        if let Ok(amount) = Quantity::parse(text) {
            let (_, _) = (amount.value(), amount.milli_value());
            // The canonical form must be the same amount.
            let canonical = amount.to_string();
            assert_eq!(Quantity::parse(&canonical).unwrap().to_string(), canonical);
        }
        let _ = (
            quantity::whole(text),
            quantity::thousandths(text),
            quantity::meant(text),
        );
        let _ = (amount_of("cpu", text), amount_of("memory", text));
    });
}

#[test]
fn durations() {
    let seeds: Vec<&str> = include_str!("corpus/durations.txt").lines().collect();
    read_texts("durations", &seeds, |text| {
        if let Some(duration) = Duration::parse(text) {
            humanized(duration);
            // Go can read every duration that it writes.
            assert_eq!(Duration::parse(&duration.to_string()), Some(duration));
        }
    });
}

#[test]
fn times() {
    let seeds: Vec<&str> = include_str!("corpus/times.txt").lines().collect();
    let now = Time::of_seconds(1_700_000_000).unwrap();
    read_texts("times", &seeds, |text| {
        // A seed is `LAYOUT<tab>TIME`, or only a layout.
        let (layout, time) = text.split_once('\t').unwrap_or((text, "2024-02-29"));
        let _ = Time::parse(layout, time, &Zone::Utc);
        let written = now.format(layout);
        let _ = Time::parse(layout, &written, &Zone::Utc);
        if let Some(zone) = Zone::load(time) {
            let _ = now.with_zone(zone).map(|time| time.format(layout));
        }
    });
}

#[test]
fn schedules() {
    let seeds = first_columns(include_str!("../tables/cron.txt"), "\t");
    let from = Time::of_seconds(1_700_000_000).unwrap();
    read_texts("schedules", &seeds, |text| {
        if let Ok(schedule) = Schedule::parse(text) {
            let next = schedule.next(&from);
            assert!(next.is_none_or(|next| next.since(&from).nanoseconds() > 0));
        }
    });
}

#[test]
fn zones() {
    let seeds = [
        "UTC",
        "Local",
        "Europe/Berlin",
        "America/Argentina/Buenos_Aires",
        "Etc/GMT+1",
        "",
    ];
    read_texts("zones", &seeds, |text| {
        is_zone(text);
        nearest_zone(text);
    });
}

#[test]
fn names_of_objects() {
    let seeds = [
        "train",
        "train-x7k2p",
        "a.b.c",
        "team/part-of",
        "example.com/a_b",
        "9",
        "A-",
    ];
    read_texts("names", &seeds, |text| {
        assert!(!names::is_dns_label(text) || names::is_object_name(text));
        assert!(!names::is_object_name(text) || names::is_object_name_prefix(text));
        let _ = (names::is_label_value(text), names::is_label_key(text));
    });
}

#[test]
fn loops() {
    let table = include_str!("../tables/loops.txt");
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    let seeds: Vec<&str> = lines.filter_map(|line| line.split('\t').nth(1)).collect();
    read_texts("loops", &seeds, |text| {
        let _ = of_list("a", text);
        let _ = formatted(text, 65);
        let fields: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        let field = |key: &str| fields[key].as_str().map(str::to_owned);
        let sequence = Sequence {
            start: field("start"),
            end: field("end"),
            count: field("count"),
            format: field("format"),
        };
        let _ = of_sequence("a", &sequence, 1_000);
    });
}
