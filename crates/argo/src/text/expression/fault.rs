//! Faults of expressions.

use super::syntax::Place;

/// Consequence of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The text is no expression.
    Syntax,
    /// Nesting or size beyond what is read.
    Size,
    /// expr-lang refuses it: a name that is not known where it stands.
    Name,
    /// expr-lang refuses it: types that do not fit.
    Type,
    /// Failure whenever this part is evaluated.
    Fails,
    /// Look-up of a key that is never there, which gives `nil`.
    Absent,
    /// Comparison of a text with a number, which are never equal.
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
    /// Consequence of the fault.
    pub trouble: Trouble,
    /// Place of the fault.
    pub place: Place,
    /// The fault, as the end of a sentence.
    pub message: String,
    /// Help: an action.
    pub help: Option<String>,
}

impl Fault {
    pub(super) fn new(trouble: Trouble, place: Place, message: impl Into<String>) -> Self {
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
