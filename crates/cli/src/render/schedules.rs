//! Schedules as a table.

use cluster::Scheduled;
use comfy_table::Row;
use jiff::Timestamp;

use super::table::{new_table, trimmed};
use super::words;

/// Schedules with their last runs.
pub(crate) fn table(schedules: &[Scheduled], now: Timestamp, width: Option<u16>) -> String {
    let mut table = new_table(width);
    table.set_header([
        "NAME",
        "SCHEDULES",
        "ZONE",
        "SUSPENDED",
        "LAST RUN",
        "PHASE",
        "AGE",
    ]);
    for schedule in schedules {
        let (name, phase, age) = match &schedule.last {
            Some((at, name, phase)) => (
                name.clone(),
                phase.as_str().to_owned(),
                words::duration(words::between(*at, now)),
            ),
            None => Default::default(),
        };
        table.add_row(Row::from(vec![
            schedule.name.clone(),
            schedule.schedules.join(", "),
            schedule.timezone.clone().unwrap_or_default(),
            if schedule.suspended { "yes" } else { "" }.to_owned(),
            name,
            phase,
            age,
        ]));
    }
    trimmed(&table)
}
