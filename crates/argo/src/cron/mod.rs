//! Schedules of `CronWorkflow`s: when each starts a run (`ParseStandard` and `Next` of robfig/cron v3, which Argo's
//! controller calls).

mod next;
mod parse;
mod schedule;
mod zone;

pub use schedule::Schedule;
pub use zone::{is_zone, nearest_zone};
