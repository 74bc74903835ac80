//! A run, here or on a cluster: its state, its results, its lineage.

pub(crate) mod data;
pub(crate) mod experience;
pub(crate) mod known;
pub(crate) mod lineage;
pub(crate) mod parameter_readers;
pub(crate) mod workflow_object;
