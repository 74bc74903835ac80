//! The record of runs: its place, its writers, its content.

pub(crate) mod chosen_tasks;
pub(crate) mod manifest;
pub(crate) mod recorder;
pub(crate) mod results;
pub(crate) mod selection;
pub(crate) mod store;
