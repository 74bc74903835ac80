use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Phase of a node, a task or a Workflow: `NodePhase` and `WorkflowPhase` of `workflow_types.go`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum Phase {
    /// Phase of a node that has not started.
    #[default]
    Pending,
    /// Started, not ended.
    Running,
    /// Ended with success.
    Succeeded,
    /// Ended with a failure of the user's program.
    Failed,
    /// Could not run.
    Error,
    /// Did not run, because a task that it depends on failed.
    Omitted,
    /// Did not run, because its `when` was false; tasks that depend on it do run.
    Skipped,
}

/// A text that is not a phase of Argo.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no phase of Argo Workflows")]
pub struct UnknownPhase(pub String);

impl Phase {
    /// All phases.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Running,
        Self::Succeeded,
        Self::Failed,
        Self::Error,
        Self::Omitted,
        Self::Skipped,
    ];

    /// Says whether the phase can no longer change: Argo's `Fulfilled`.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }

    /// Says whether the node ran and ended: Argo's `Completed`. A Workflow ends in no other phase.
    pub fn is_completed(self) -> bool {
        self.is_failed() || self == Self::Succeeded
    }

    /// Says whether the node or the Workflow ended without success: Argo's `FailedOrError`.
    pub fn is_failed(self) -> bool {
        matches!(self, Self::Failed | Self::Error)
    }

    /// The phase as Argo writes it.
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
}

impl FromStr for Phase {
    type Err = UnknownPhase;

    fn from_str(text: &str) -> Result<Self, UnknownPhase> {
        let found = Self::ALL.into_iter().find(|phase| phase.as_str() == text);
        found.ok_or_else(|| UnknownPhase(text.to_owned()))
    }
}

impl TryFrom<String> for Phase {
    type Error = UnknownPhase;

    fn try_from(text: String) -> Result<Self, UnknownPhase> {
        text.parse()
    }
}

impl From<Phase> for &'static str {
    fn from(phase: Phase) -> Self {
        phase.as_str()
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// Reads the phase of a Workflow: empty or absent until a controller has set it.
///
/// # Errors
///
/// The text is not a phase.
pub(super) fn of_workflow<'de, D>(deserializer: D) -> Result<Option<Phase>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    let text = Option::<String>::deserialize(deserializer)?;
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| text.parse().map_err(serde::de::Error::custom))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_is_read_as_it_is_written() {
        for phase in Phase::ALL {
            assert_eq!(phase.as_str().parse(), Ok(phase));
            let json = serde_json::to_string(&phase).unwrap();
            assert_eq!(json, format!("\"{phase}\""));
            assert_eq!(serde_json::from_str::<Phase>(&json).unwrap(), phase);
        }
    }

    #[test]
    fn other_words_are_no_phase() {
        for text in ["", "succeeded", "Unknown", "Daemoned"] {
            assert_eq!(text.parse::<Phase>(), Err(UnknownPhase(text.to_owned())));
            let error = serde_json::from_value::<Phase>(text.into()).unwrap_err();
            assert!(error.to_string().contains("is no phase"), "{error}");
        }
    }

    #[test]
    fn final_completed_and_failed_are_argos() {
        use Phase::{Error, Failed, Omitted, Pending, Running, Skipped, Succeeded};
        for (phase, expected) in [
            (Pending, (false, false, false)),
            (Running, (false, false, false)),
            (Succeeded, (true, true, false)),
            (Failed, (true, true, true)),
            (Error, (true, true, true)),
            (Omitted, (true, false, false)),
            (Skipped, (true, false, false)),
        ] {
            let is = (phase.is_final(), phase.is_completed(), phase.is_failed());
            assert_eq!(is, expected, "{phase}");
        }
    }
}
