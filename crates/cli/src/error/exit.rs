use std::io::ErrorKind;
use std::process::ExitCode;

use crate::error::CommandError;
use crate::terminal::printer::Printer;

/// What a shell makes of a program that SIGPIPE ended: `git` and `kubectl` end so where their reader goes.
const READER_GONE: u8 = 128 + 13;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is well.
    Success,
    /// The user's thing failed: a pipeline, a lint, a check.
    Failure,
    /// We could not do it.
    Error,
    /// Ctrl-C.
    Interrupted,
    /// As the process ended that did the work.
    As(u8),
}

impl Exit {
    /// How the program ends, given whether what it printed has arrived; that it has not is said, unless the reader has
    /// gone and so wants no more. `program` is what the user types.
    pub(crate) fn if_printed(self, printer: Printer, program: &str) -> Self {
        match printer.lost() {
            Some(_) if self == Self::Interrupted => self,
            Some(error) if error.kind() == ErrorKind::BrokenPipe => match self {
                Self::Success => Self::As(READER_GONE),
                other => other,
            },
            Some(error) => {
                let error = CommandError::new(format!("cannot write to standard output: {error}"));
                printer.important(&error.render(program));
                Self::Error
            }
            None => self,
        }
    }
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
