//! Output of pods: requests for it, and its lines.

use std::sync::Arc;

/// Request for output of pods.
#[derive(Debug, Clone, Default)]
pub struct LogOptions {
    /// Name of the container; `main` if none.
    pub container: Option<String>,
    /// Number of last lines of each pod; all if none.
    pub tail: Option<i64>,
    /// Maximum age of lines, in seconds.
    pub since: Option<i64>,
    /// Set to put Kubernetes' timestamps before the lines.
    pub timestamps: bool,
}

/// A pod of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodOfRun {
    /// Name of the pod.
    pub pod: String,
    /// Id of its node in the Workflow's status.
    pub node: String,
    /// Path of its node: names from the Workflow's on.
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
    /// A remark about a pod's output: the pod is gone, or could not start.
    Note {
        /// The pod.
        pod: Arc<PodOfRun>,
        /// The note.
        text: String,
    },
}
