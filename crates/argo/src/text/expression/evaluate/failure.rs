//! Reasons why an expression has no value.

/// Reason why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// expr-lang refuses the expression, or the expression fails at run time.
    Failed(String),
    /// The expression uses a feature of Argo that this evaluator lacks.
    Unsupported(String),
}

impl Failure {
    /// A failure with expr-lang's own message.
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
