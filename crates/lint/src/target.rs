//! Target of a check: a cluster, or this machine.

/// Where a project is to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// On a cluster, where tasks share no disk.
    Cluster,
    /// On this machine.
    Local,
}
