//! Reasons why a history cannot be read or written.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Reason why the history could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The folder could not be created, or the file could not be copied for reading.
    #[error(transparent)]
    Folder(#[from] std::io::Error),
    /// The file could not be read or written.
    #[error("cannot use the history in {}", .path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// Reason.
        source: rusqlite::Error,
    },
    /// The file is damaged, or has another format.
    #[error("the history in {} is damaged", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Reason.
        source: rusqlite::Error,
    },
    /// A newer argo-kedro wrote it.
    #[error("a newer argo-kedro wrote the history in {}", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
    },
    /// The record of one run cannot be read.
    #[error("cannot read the record of run `{run}` in {}", .path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// The run.
        run: String,
        /// Reason.
        source: rusqlite::Error,
    },
}

/// Converts an error of `SQLite` about a file.
pub(crate) fn failure(path: &Path, source: rusqlite::Error) -> HistoryError {
    let path = path.to_owned();
    match source.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            HistoryError::Damaged { path, source }
        }
        _ => HistoryError::Database { path, source },
    }
}
