//! Where a node or a Workflow stands.

use serde::{Deserialize, Serialize};

/// Where a run or a task stands; Argo's words (`workflow_types.go:2652`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Not started.
    #[default]
    Pending,
    /// Started and not ended.
    Running,
    /// Ended well.
    Succeeded,
    /// The user's thing failed.
    Failed,
    /// It could not be run.
    Error,
    /// Not run, since something it waits for failed.
    Omitted,
    /// Not run, and nothing waits in vain for it.
    Skipped,
}

impl Phase {
    /// Whether nothing more will happen.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }

    /// As Argo writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Error => "Error",
            Self::Omitted => "Omitted",
            Self::Skipped => "Skipped",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Pending,
            Self::Running,
            Self::Succeeded,
            Self::Failed,
            Self::Error,
            Self::Omitted,
            Self::Skipped,
        ]
        .into_iter()
        .find(|phase| phase.as_str() == text)
    }
}
