//! Runs on this machine: what the machine has, tasks that run like pods, runs of other processes.

pub(crate) mod follow;
pub(crate) mod like_a_pod;
pub(crate) mod machine;
