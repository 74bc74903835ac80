//! Files and volumes that a template declares.

use std::io;
use std::path::{Path, PathBuf};

/// A path in the container that is the pod's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declared {
    /// A file or folder that the pod makes, or that is put there before it starts: a parameter, an artifact, the script.
    /// Nothing is there at first, whatever the machine has at this path.
    Own(PathBuf),
    /// A volume: a file or folder of this machine that the pod sees at a path.
    Mount {
        /// Path in the container.
        path: PathBuf,
        /// The file or folder on this machine, which is there.
        from: PathBuf,
        /// Set if the pod may only read it.
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
    /// Path of this program, which gets the pod into its room.
    pub program: &'a Path,
    /// Folders and files that every pod sees as they are, also below `/tmp`: the project, the run's folder, sockets and
    /// reports. See [`needed`](super::needed) for those that a command needs.
    pub kept: &'a [PathBuf],
    /// Set if a pod can enter its room: [`possible`](super::possible) said so, and it starts as a process of its own.
    pub can_mount: bool,
}

/// Error because of which a pod has no room.
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
