//! Faults of expressions.

use super::syntax::ByteRange;

/// Kind of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The text is not an expression.
    Syntax,
    /// The expression is nested too deeply, or too large.
    Size,
    /// expr-lang refuses a name that is unknown in this place.
    Name,
    /// expr-lang refuses types that do not match.
    Type,
    /// The expression fails whenever it evaluates this part.
    Fails,
    /// A key never exists, so the look-up gives `nil`.
    Absent,
    /// A text is compared with a number; these are never equal.
    NeverEqual,
}

impl Trouble {
    /// Says whether the expression cannot be evaluated.
    pub fn is_error(self) -> bool {
        !matches!(self, Self::Absent | Self::NeverEqual)
    }
}

/// A fault of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Kind of the fault.
    pub trouble: Trouble,
    /// Place of the fault.
    pub place: ByteRange,
    /// The fault, as the end of a sentence.
    pub message: String,
    /// Help: what to do.
    pub help: Option<String>,
}

impl Fault {
    pub(super) fn new(trouble: Trouble, place: ByteRange, message: impl Into<String>) -> Self {
        Self {
            trouble,
            place,
            message: message.into(),
            help: None,
        }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }
}
