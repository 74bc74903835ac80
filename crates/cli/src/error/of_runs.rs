//! Errors of the engine and of the history.

use super::command_error::{CommandError, START_HERE};
use super::of_state::hint_for;
use crate::render::path::shown;

impl From<runs::HistoryError> for CommandError {
    fn from(error: runs::HistoryError) -> Self {
        let hint = match &error {
            runs::HistoryError::Folder(cause) => hint_for(cause.kind()),
            runs::HistoryError::Newer { .. } => Some("upgrade argo-kedro".to_owned()),
            runs::HistoryError::Database { .. } => Some(
                "check that you may write to the folder and that the disk is not full, or use another folder: \
                 --state FOLDER"
                    .to_owned(),
            ),
            runs::HistoryError::Damaged { path, .. } => {
                let file = shown(path);
                return Self::from_error(&error)
                    .hint(format!(
                        "move the history to another folder: mkdir damaged && mv {file}* damaged/"
                    ))
                    .hint(
                        "the next command then creates a new history; the output of earlier runs stays in their \
                         folders, and you can still name runs on a cluster",
                    )
                    .hint("or use another folder: --state FOLDER");
            }
            runs::HistoryError::Record { run, .. } => {
                return Self::from_error(&error)
                    .hint(format!(
                        "other runs are not affected; to delete this record: {{program}} delete {run}"
                    ));
            }
        };
        let error = match &error {
            runs::HistoryError::Folder(cause) => Self::from_error(cause),
            other => Self::from_error(other),
        };
        error.maybe_hint(hint)
    }
}

impl From<runs::SelectError> for CommandError {
    fn from(error: runs::SelectError) -> Self {
        use runs::SelectError as E;
        let (code, hint) = match error {
            E::Empty => ("no_runs", START_HERE),
            E::Unknown(_) => ("unknown_run", "to see all runs: {program} list"),
            E::Ambiguous { .. } => ("ambiguous_run", "to see all runs: {program} list"),
        };
        Self::from_error(&error).of_kind(code).hint(hint)
    }
}

impl From<engine::EngineError> for CommandError {
    fn from(error: engine::EngineError) -> Self {
        let error = Self::from_error(&error);
        let is_full = error.causes().iter().any(|cause| cause.contains("full"));
        let room = is_full
            .then(|| hint_for(std::io::ErrorKind::StorageFull))
            .flatten();
        error
            .maybe_hint(room)
            .hint("to continue with the remaining tasks: {program} retry")
    }
}
