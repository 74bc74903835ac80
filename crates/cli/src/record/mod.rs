//! The record of runs: where it is, who writes it, what it says.

pub(crate) mod chosen_tasks;
pub(crate) mod manifest;
pub(crate) mod recorder;
pub(crate) mod results;
pub(crate) mod selection;
pub(crate) mod store;
