//! Reasons why a pod cannot have its files.

use pod::own_files::RoomError;

use crate::artifacts::ArtifactError;

/// Reason why a pod cannot have its files.
#[derive(Debug)]
pub(crate) enum NoFiles {
    /// Error in the words of Argo's executor.
    Artifact(ArtifactError),
    /// The machine does not let it; this may pass.
    Machine(std::io::Error),
    /// A path that no pod can have, or something of the manifest that cannot be understood.
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
