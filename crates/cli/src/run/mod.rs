//! A run, here or on a cluster: what is known of it, what it made, what it was made of.

pub(crate) mod data;
pub(crate) mod experience;
pub(crate) mod known;
pub(crate) mod lineage;
pub(crate) mod parameter_readers;
pub(crate) mod workflow_object;
