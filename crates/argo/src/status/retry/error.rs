//! Reasons why a Workflow cannot be retried.

use crate::status::{BrokenTree, PackedNodesError};

/// Reason why a Workflow cannot be retried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RetryError {
    /// The Workflow has not ended, or it succeeded.
    #[error("it is {0}, so there is nothing to retry")]
    Phase(String),
    /// The nodes of the Workflow are in the controller's database.
    #[error(
        "its tasks are stored in the database of the controller, and only Argo Server can read it"
    )]
    Offloaded,
    /// The status of the Workflow cannot be read, or its nodes form no tree.
    #[error("cannot read its status: {0}")]
    Status(String),
}

impl From<BrokenTree> for RetryError {
    fn from(error: BrokenTree) -> Self {
        Self::Status(error.to_string())
    }
}

impl From<PackedNodesError> for RetryError {
    fn from(error: PackedNodesError) -> Self {
        Self::Status(error.to_string())
    }
}
