//! Runs on a cluster: the way there, making them, following them, what the cluster says of them.

pub(crate) mod cluster_run;
pub(crate) mod connection;
pub(crate) mod created;
pub(crate) mod findings;
pub(crate) mod follow;
pub(crate) mod for_cluster;
pub(crate) mod from_template;
pub(crate) mod refused;
pub(crate) mod submission;
