//! Record of the code, parameters, catalog entries and inputs of tasks that succeeded.
//! `run --only-stale` skips tasks that would be made of the same again.
//!
//! The folder of each run has the record in `made-of.jsonl` ([`record`]). If something is unknown
//! or not recorded, the task runs.

mod content;
mod now;
mod record;
mod stale;
mod task;

pub(crate) use now::tasks_now;
pub(crate) use record::{Recorder, copy};
pub(crate) use stale::Stale;
