//! Exit codes.

use std::process::ExitCode;

/// End of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well.
    Success,
    /// The user's work failed: a pipeline, a lint, a check.
    Failure,
    /// This program failed.
    Error,
    /// Ctrl-C.
    Interrupted,
    /// Exit code of the process that did the work.
    As(u8),
}

impl Exit {
    /// The number that the program ends with.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::Error => 2,
            Self::Interrupted => 130,
            Self::As(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
