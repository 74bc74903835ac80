//! Schedules of `CronWorkflow`s: when they start a run
//! (`ParseStandard` and `Next` of robfig/cron v3, which Argo's controller calls).

mod next;
mod parse;
mod zone;

use crate::time::Duration;

pub use zone::{is_zone, nearest_zone};

/// A schedule: the minutes at which a run starts, or the time from one start to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    when: When,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum When {
    /// `@every`: whole seconds, and at least one.
    Every(Duration),
    /// Minutes, hours, and so on, as a clock of the schedule's zone shows them.
    Fields(Fields),
}

/// The allowed numbers of each field, a bit each.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fields {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
}

/// Bit that says that a field is a `*` or a `?`: then the days of the month and of the week both count, else either.
const STAR: u64 = 1 << 63;

impl Schedule {
    /// Reads a schedule: five fields, or a word such as `@daily` or `@every 1h`.
    ///
    /// Both the pattern of Argo's CRD (`cron_workflow_types.go`) and the controller (`ParseStandard`) have to take it.
    ///
    /// # Errors
    ///
    /// Returns what is wrong, for people.
    pub fn parse(text: &str) -> Result<Self, String> {
        parse::parse(text).map(|when| Self { when })
    }
}
