//! Reasons why the tags of a text cannot be filled in.

/// Reason why the tags of a text cannot be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Message for people.
    pub message: String,
    /// Has a variable no value yet? It may have one later (`IsMissingVariableErr`).
    pub is_missing: bool,
    /// The message of the controller; what expr-lang adds to it is not known.
    controller: String,
}

impl Failure {
    /// Failure that no later value mends.
    pub(super) fn new(message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            controller: message.clone(),
            message,
            is_missing: false,
        }
    }

    /// Gives the failure the message that the controller has for it.
    #[must_use]
    pub(super) fn with_controller_message(mut self, controller: impl Into<String>) -> Self {
        self.controller = controller.into();
        self
    }

    /// The message as the controller has it, but for what expr-lang adds to it.
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
