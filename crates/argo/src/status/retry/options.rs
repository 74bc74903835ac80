//! Options of a retry, and its result.

use std::collections::BTreeSet;

use crate::status::WorkflowStatus;

/// Nodes to run again, besides those that failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetryOptions {
    /// Ids of nodes to run again although they ended well.
    pub again: BTreeSet<String>,
    /// Says whether the nodes in `again` run alone. Argo itself also runs the other nodes that failed, and all nodes after
    /// those in `again`.
    pub is_alone: bool,
    /// Workflow parameters to change: name and value.
    pub parameters: Vec<(String, String)>,
}

/// The status of a Workflow that goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct RetriedStatus {
    /// The status to go on with. Its nodes are packed where they were.
    pub status: WorkflowStatus,
    /// Ids of the nodes that are no more; their pods have to go before the Workflow goes on.
    pub deleted: BTreeSet<String>,
    /// Number of pods that had ended well and run once more although nobody asked for them: with other parameters,
    /// groups are expanded anew as a whole. Pods of the exit handler do not count: it always runs again.
    pub repeated: usize,
}
