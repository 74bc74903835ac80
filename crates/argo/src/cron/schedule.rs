//! A schedule, and the numbers that its fields allow.

use crate::time::Duration;

/// A schedule: the minutes at which a run starts, or the time from one start to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    pub(super) when: When,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// `@every`: whole seconds, and at least one.
    Every(Duration),
    /// Minutes, hours, and so on, as a clock of the schedule's zone shows them.
    Fields(Fields),
}

/// The allowed numbers of each field, one bit for each number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) minutes: u64,
    pub(super) hours: u64,
    pub(super) days: u64,
    pub(super) months: u64,
    pub(super) weekdays: u64,
}

/// Bit of a field that is `*` or `?`. If a day field has the bit, a day must match both day fields, else either one.
pub(super) const STAR: u64 = 1 << 63;
