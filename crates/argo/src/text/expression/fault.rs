//! What is wrong with an expression.

use super::syntax::Place;

/// What becomes of an expression with a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It cannot be read.
    Syntax,
    /// It nests deeper or is larger than is read.
    Size,
    /// expr-lang refuses it: a name that is not known where it stands.
    Name,
    /// expr-lang refuses it: types that do not fit.
    Type,
    /// It fails whenever this part of it is evaluated.
    Fails,
    /// It reads a key that is never there, which gives `nil`.
    Absent,
    /// It compares a text with a number, which is never equal.
    NeverEqual,
}

impl Trouble {
    /// Whether the expression cannot be evaluated.
    pub fn is_error(self) -> bool {
        !matches!(self, Self::Absent | Self::NeverEqual)
    }
}

/// A fault of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What becomes of it.
    pub trouble: Trouble,
    /// Where it stands.
    pub place: Place,
    /// What is wrong, as the end of a sentence.
    pub message: String,
    /// What to do.
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
