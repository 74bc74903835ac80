//! Containers to run, and their ends.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Subcommand of this program that runs the containers of a pod.
pub const SUBCOMMAND: &str = "run-containers";
/// Name of the container whose output and exit code are the pod's (`common.MainContainerName` of Argo).
pub const MAIN: &str = "main";

/// Role of a container in its pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// Container that runs to its end before all others, one at a time.
    Init,
    /// Container that does the work of the pod.
    Main,
    /// Container that runs beside the main ones, and is stopped after them.
    Sidecar,
}

/// A container to run.
#[derive(Clone, Serialize, Deserialize)]
pub struct PlannedContainer {
    /// The name.
    pub name: String,
    /// Role of the container in the pod.
    pub role: Role,
    /// Names of the containers that have to succeed before this one starts.
    pub after: Vec<String>,
    /// Program and arguments.
    pub words: Vec<OsString>,
    /// Working folder.
    pub folder: PathBuf,
    /// Variables, in addition to those of this process.
    pub variables: Vec<(OsString, OsString)>,
}

impl std::fmt::Debug for PlannedContainer {
    /// Omits everything that may be secret.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("PlannedContainer");
        shown.field("name", &self.name).field("role", &self.role);
        shown.finish_non_exhaustive()
    }
}

/// The containers of a pod.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    /// The containers; init containers in their order.
    pub containers: Vec<PlannedContainer>,
    /// Number of tries of a main container (`containerSet.retryStrategy`), at least one.
    pub tries: u32,
    /// Pause between two tries.
    pub wait: Duration,
    /// Time that a sidecar has to end after it was asked to.
    pub grace: Duration,
    /// File for the ends of the containers.
    pub ends: PathBuf,
}

/// End of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerEnd {
    /// The name.
    pub name: String,
    /// Role of the container in the pod.
    pub role: Role,
    /// Exit code, or 128 plus the number of the signal that ended it.
    pub code: i32,
    /// Message of Argo's executor, if there is one.
    pub message: Option<String>,
}

impl ContainerEnd {
    /// Message of the node, as the controller derives it (`inferFailedReason` of `operator.go`).
    pub fn node_message(&self) -> String {
        let (name, code) = (&self.name, self.code);
        match &self.message {
            Some(message) => format!("{name}: Error (exit code {code}): {message}"),
            None => format!("{name}: Error (exit code {code})"),
        }
    }
}

/// Reads the ends of a pod's containers; nothing if their process was killed before it wrote them.
///
/// # Errors
///
/// The file cannot be read, or has another format.
pub fn read_ends(file: &Path) -> io::Result<Option<Vec<ContainerEnd>>> {
    let text = match std::fs::read(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read?,
    };
    Ok(serde_json::from_slice(&text)?)
}
