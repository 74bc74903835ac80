//! Output of pods: the request for it, and its lines.

use std::sync::Arc;

/// Request for output of pods.
#[derive(Debug, Clone, Default)]
pub struct LogOptions {
    /// Container; `main` if none.
    pub container: Option<String>,
    /// Only the last lines of each pod.
    pub tail: Option<i64>,
    /// Only lines that are younger, in seconds.
    pub since: Option<i64>,
    /// Kubernetes' timestamps before the lines.
    pub timestamps: bool,
}

/// A pod of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodOfRun {
    /// Name of the pod.
    pub pod: String,
    /// Id of its node in the Workflow's status.
    pub node: String,
    /// Path of its node: names from that of the Workflow on.
    pub path: String,
}

/// A line of a pod, or a note on its output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogUpdate {
    /// A line of a pod.
    Line {
        /// The pod.
        pod: Arc<PodOfRun>,
        /// The line, without its end.
        line: String,
    },
    /// Something to know of a pod's output: it is gone, it could not start.
    Note {
        /// The pod.
        pod: Arc<PodOfRun>,
        /// The note.
        text: String,
    },
}
