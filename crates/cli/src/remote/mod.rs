//! Runs on a cluster: connecting, creating, following, and reading what the cluster says about them.

pub(crate) mod cluster_run;
pub(crate) mod connection;
pub(crate) mod created;
mod ending;
pub(crate) mod find;
pub(crate) mod findings;
pub(crate) mod follow;
pub(crate) mod for_cluster;
pub(crate) mod from_template;
pub(crate) mod inputs;
pub(crate) mod recorded;
pub(crate) mod refresh;
pub(crate) mod refused;
pub(crate) mod submission;
