//! Output that did not arrive is an error of its own.

use std::io::ErrorKind;

use super::command_error::CommandError;
use super::exit::Exit;
use crate::terminal::printer::Printer;

/// Exit code that a shell gives a program that SIGPIPE ended: `git` and `kubectl` end so when their reader ends.
const READER_GONE: u8 = 128 + 13;

impl Exit {
    /// Decides how the program ends if its output is lost, and reports the loss, unless the reader
    /// has ended: that one wants no more. `program` is what the user types.
    pub(crate) fn if_printed(self, printer: Printer, program: &str) -> Self {
        match printer.lost() {
            Some(_) if self == Self::Interrupted => self,
            Some(error) if error.kind() == ErrorKind::BrokenPipe => match self {
                Self::Success => Self::As(READER_GONE),
                other => other,
            },
            Some(error) => {
                let error = CommandError::new(format!("cannot write to standard output: {error}"));
                printer.important(&error.render(program, printer.width_of_messages()));
                Self::Error
            }
            None => self,
        }
    }
}
