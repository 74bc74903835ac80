//! Errors of the folder that keeps runs and their history.

use super::command_error::CommandError;

impl CommandError {
    /// Error of the folder for runs, or of its files.
    pub(crate) fn of_state(error: &std::io::Error) -> Self {
        Self::from_error(error).maybe_hint(hint_for(error.kind()))
    }
}

/// Advice for a kind of error.
pub(super) fn hint_for(kind: std::io::ErrorKind) -> Option<String> {
    use std::io::ErrorKind as K;
    match kind {
        K::ReadOnlyFilesystem | K::PermissionDenied => {
            Some("to use another folder for the history and the runs: --state FOLDER".to_owned())
        }
        K::StorageFull | K::QuotaExceeded => Some(
            "the disk is full: delete something, or use another folder: --state FOLDER".to_owned(),
        ),
        _ => None,
    }
}
