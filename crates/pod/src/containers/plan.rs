//! Containers that are run, and how they ended.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The command of our program that runs the containers of a pod.
pub const SUBCOMMAND: &str = "run-containers";
/// Name of the container whose output and exit code are the pod's (`common.MainContainerName` of Argo).
pub const MAIN: &str = "main";

/// Role of a container in its pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Container that runs to its end before all others, one after the other.
    Init,
    /// The pod is for it.
    Main,
    /// Container that runs beside the main ones, and is ended after them.
    Sidecar,
}

/// A container that is to run.
#[derive(Clone, Serialize, Deserialize)]
pub struct PlannedContainer {
    /// The name.
    pub name: String,
    /// Role of the container in the pod.
    pub role: Role,
    /// Names of the containers that end well before it starts.
    pub after: Vec<String>,
    /// Program and words.
    pub words: Vec<OsString>,
    /// Folder that it starts in.
    pub folder: PathBuf,
    /// Variables, on top of those of this process.
    pub variables: Vec<(OsString, OsString)>,
}

impl std::fmt::Debug for PlannedContainer {
    /// Writes all that cannot be secret.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("PlannedContainer");
        shown.field("name", &self.name).field("role", &self.role);
        shown.finish_non_exhaustive()
    }
}

/// The containers of a pod.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    /// The containers, init containers in their order.
    pub containers: Vec<PlannedContainer>,
    /// Number of tries of a main container (`containerSet.retryStrategy`), at least once.
    pub tries: u32,
    /// The wait between two tries.
    pub wait: Duration,
    /// Time that a sidecar has to end when it is told to.
    pub grace: Duration,
    /// The file that says how the containers ended.
    pub ends: PathBuf,
}

/// End of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerEnd {
    /// The name.
    pub name: String,
    /// Role of the container in the pod.
    pub role: Role,
    /// The exit code, 128 and the number of a signal that ended it.
    pub code: i32,
    /// Message of Argo's executor about it, if there is one.
    pub message: Option<String>,
}

impl ContainerEnd {
    /// The message of a node, as the controller makes it (`inferFailedReason` of `operator.go`).
    pub fn node_message(&self) -> String {
        let (name, code) = (&self.name, self.code);
        match &self.message {
            Some(message) => format!("{name}: Error (exit code {code}): {message}"),
            None => format!("{name}: Error (exit code {code})"),
        }
    }
}

/// Reads how the containers of a pod ended; nothing if their process was killed before it could say so.
///
/// # Errors
///
/// The file cannot be read, or is none of ours.
pub fn read_ends(file: &Path) -> io::Result<Option<Vec<ContainerEnd>>> {
    let text = match std::fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read?,
    };
    Ok(serde_json::from_slice(&text)?)
}
