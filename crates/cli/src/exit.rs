use std::process::ExitCode;

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

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Success => 0,
            Exit::Failure => 1,
            Exit::Error => 2,
            Exit::Interrupted => 130,
            Exit::As(code) => code,
        })
    }
}
