//! Answers to the questions of `init`: flags, a terminal, or a pipe.

use clap::Args;

use super::image_and_namespace::ImageAndNamespace;
use crate::error::CommandError;
use crate::settings::Settings;
use crate::terminal::ask::is_somebody_there;

/// Main file of `init`, and the only one that `init` adds without a question if no user is at a terminal.
pub(super) const ARGO: &str = "argo.yml";

/// Answers that are given before the questions.
#[derive(Debug, Args)]
pub(super) struct Answers {
    /// Do not ask; add missing files and keep existing files
    #[arg(long, short)]
    yes: bool,

    /// Do not ask; add missing files and replace existing files
    #[arg(long, short, conflicts_with = "yes")]
    force: bool,
}

/// Source of the answer to which files are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnswerSource {
    /// The flags.
    Flags {
        /// Says whether to replace existing files.
        replace: bool,
    },
    /// Somebody at the terminal.
    Terminal,
    /// Whatever is at the other end of the pipe.
    Pipe,
}

impl AnswerSource {
    /// Chooses the source by the flags and by standard input.
    pub(super) fn of(answers: &Answers) -> Self {
        match answers {
            Answers { yes: true, .. } => Self::Flags { replace: false },
            Answers { force: true, .. } => Self::Flags { replace: true },
            _ if is_somebody_there() => Self::Terminal,
            _ => Self::Pipe,
        }
    }

    /// Question about a file, and the answer of an empty line; `None` if there is nothing to ask.
    pub(super) fn question(
        self,
        file: &str,
        shown: &str,
        is_there: bool,
        image_and_namespace: &ImageAndNamespace,
    ) -> Option<(String, bool)> {
        match (self, is_there) {
            (Self::Terminal, true) if file == ARGO && image_and_namespace.flags().is_some() => {
                let given = image_and_namespace.flags().unwrap_or_default();
                Some((format!("{shown} exists. Write into it: {given}?"), true))
            }
            (Self::Terminal, true) => Some((format!("{shown} exists. Replace it?"), false)),
            (Self::Terminal, false) => Some((format!("Add {shown}?"), true)),
            (Self::Pipe, false) if file != ARGO => Some((format!("Add {shown}?"), false)),
            (Self::Flags { .. } | Self::Pipe, _) => None,
        }
    }
}

/// Message if nobody can answer.
pub(super) const CANNOT_ASK: &str =
    "`init` cannot ask: its standard input is not a terminal and has no answers";

/// Error: nobody can answer.
pub(super) fn nobody(settings: &Settings) -> CommandError {
    CommandError::new(CANNOT_ASK).hint(format!(
        "to add the missing files without questions: {} init --yes",
        settings.program
    ))
}
