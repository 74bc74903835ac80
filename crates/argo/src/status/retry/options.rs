//! Options of a retry, and its result.

use std::collections::BTreeSet;

use crate::status::WorkflowStatus;

/// Nodes to run again, besides the failed ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetryOptions {
    /// Ids of nodes to run again although they succeeded.
    pub again: BTreeSet<String>,
    /// Says whether only the nodes in `again` run. Argo itself also runs the other failed nodes, and all nodes after
    /// those in `again`.
    pub is_alone: bool,
    /// Workflow parameters to change: name and value.
    pub parameters: Vec<(String, String)>,
}

/// The status of a Workflow that is ready to continue.
#[derive(Debug, Clone, PartialEq)]
pub struct RetriedStatus {
    /// The new status. Its nodes are packed if they were packed before.
    pub status: WorkflowStatus,
    /// Ids of the removed nodes. Delete their pods before the Workflow continues.
    pub deleted: BTreeSet<String>,
    /// Number of successful pods that run again although nobody asked for it: new parameters make Argo expand whole
    /// groups again. Pods of the exit handler do not count: it always runs again.
    pub repeated: usize,
}
