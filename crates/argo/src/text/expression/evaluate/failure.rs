//! Reasons why an expression has no value.

/// Reason why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// expr-lang does not take it, or it fails when it runs.
    Failed(String),
    /// Use of something that Argo has and this evaluator has not.
    Unsupported(String),
}

impl Failure {
    /// A fault that expr-lang would report with this message.
    pub(in crate::text) fn new(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed(message) => formatter.write_str(message),
            Self::Unsupported(what) => write!(formatter, "{what} is not worked out here"),
        }
    }
}

impl std::error::Error for Failure {}
