//! Target of a check: a cluster, or this machine.

/// Place in which a project is to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Run on a cluster: tasks share no disk.
    Cluster,
    /// Run on this machine.
    Local,
}
