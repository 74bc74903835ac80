//! Files and volumes that a template declares.

use std::io;
use std::path::{Path, PathBuf};

/// A path in the container that belongs to the pod alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declared {
    /// A file or folder that the pod makes, or that is placed there before it starts: a parameter, an artifact, the
    /// script. The pod does not see the machine's file at this path.
    Own(PathBuf),
    /// A volume: a file or folder of this machine that the pod sees at a path.
    Mount {
        /// Path in the container.
        path: PathBuf,
        /// The existing file or folder on this machine.
        from: PathBuf,
        /// Set if the mount is read-only.
        read_only: bool,
    },
}

impl Declared {
    /// Path in the container.
    pub fn path(&self) -> &Path {
        match self {
            Self::Own(path) | Self::Mount { path, .. } => path,
        }
    }
}

/// Surroundings of a room.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// Path of this program, which starts the pod in its room.
    pub program: &'a Path,
    /// Folders and files that every pod shares with this machine, also below `/tmp`: the project, the run's folder,
    /// sockets and reports. See [`needed`](super::needed) for those that a command needs.
    pub kept: &'a [PathBuf],
    /// Set if a pod can enter its room: [`possible`](super::possible) succeeded, and the pod is a process of its own.
    pub can_mount: bool,
}

/// Reason why a pod cannot have a room.
#[derive(Debug, thiserror::Error)]
pub enum RoomError {
    /// No pod can have this path for itself.
    #[error("{} cannot be a pod's own: {why}", path.display())]
    NotOwn {
        /// The path.
        path: PathBuf,
        /// Reason, as the end of a sentence.
        why: &'static str,
    },
    /// The folder of the room cannot be made.
    #[error("cannot make the folder for the pod's own files: {0}")]
    Folder(#[from] io::Error),
}
