//! Reasons why a condition is neither true nor false.

/// Beginning and end of the message about a condition that has another value.
pub(super) const IT_IS: &str = "it is ";
pub(super) const NEITHER: &str = ", which is neither true nor false";

/// Reason why a condition is neither true nor false.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Message for the user.
    pub message: String,
    /// Says whether the condition is broken for all values, so that Argo cannot even parse it.
    pub is_broken: bool,
}

impl Failure {
    /// The value of the condition, if it has one.
    pub fn value(&self) -> Option<&str> {
        let value = self.message.strip_prefix(IT_IS)?;
        value.strip_suffix(NEITHER)
    }

    /// Failure of a condition that Argo cannot parse.
    pub(super) fn broken(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_broken: true,
        }
    }

    /// Failure of a condition that depends on its values.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_broken: false,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
