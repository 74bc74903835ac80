//! What tasks were made of when they ended well: their code, parameters, catalog entries and inputs. `run --only-stale` skips
//! those that would be made of the same again.
//!
//! It is on record in the folder of each run, in `made-of.jsonl` ([`record`]). Where something cannot be seen or is not on
//! record, the task runs.

mod content;
mod now;
mod record;
mod stale;
mod task;

pub(crate) use now::tasks_now;
pub(crate) use record::{Recorder, copy};
pub(crate) use stale::Stale;
