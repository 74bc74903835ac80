//! Reasons why a pod cannot have its files.

use pod::own_files::RoomError;

use crate::artifacts::ArtifactError;

/// Reason why a pod cannot have its files.
#[derive(Debug)]
pub(crate) enum NoFiles {
    /// Error with the words of Argo's executor.
    Artifact(ArtifactError),
    /// The machine refuses for now; a later try may succeed.
    Machine(std::io::Error),
    /// A path that no pod can have, or a part of the manifest that is not valid.
    Other(String),
}

impl From<std::io::Error> for NoFiles {
    fn from(error: std::io::Error) -> Self {
        Self::Machine(error)
    }
}

impl From<RoomError> for NoFiles {
    fn from(error: RoomError) -> Self {
        match error {
            RoomError::Folder(error) => Self::Machine(error),
            RoomError::NotOwn { .. } => Self::Other(error.to_string()),
        }
    }
}
