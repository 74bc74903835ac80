//! Reasons why the tags of a text cannot be filled in.

/// Reason why the tags of a text cannot be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Message for people.
    pub message: String,
    /// Has a variable no value yet? It may have one later (`IsMissingVariableErr`).
    pub is_missing: bool,
}

impl Failure {
    /// Failure that no later value mends.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_missing: false,
        }
    }

    /// Failure of a variable without a value.
    pub(super) fn missing(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_missing: true,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
