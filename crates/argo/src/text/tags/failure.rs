//! Reasons why tags of a text cannot be replaced.

/// Reason why tags of a text cannot be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Message for the user.
    pub message: String,
    /// Says whether a variable has no value yet; it may get one later (`IsMissingVariableErr`).
    pub is_missing: bool,
    /// The controller's message, without the text that expr-lang adds.
    controller: String,
}

impl Failure {
    /// Failure that no later value can repair.
    pub(super) fn new(message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            controller: message.clone(),
            message,
            is_missing: false,
        }
    }

    /// Adds the controller's message for this failure.
    #[must_use]
    pub(super) fn with_controller_message(mut self, controller: impl Into<String>) -> Self {
        self.controller = controller.into();
        self
    }

    /// The controller's message, without the text that expr-lang adds.
    pub fn of_controller(&self) -> &str {
        &self.controller
    }

    /// Failure of a variable without a value.
    pub(super) fn missing(message: impl Into<String>) -> Self {
        Self {
            is_missing: true,
            ..Self::new(message)
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
