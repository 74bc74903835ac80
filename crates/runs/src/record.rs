//! Record of a run besides its events, and its phase.

use jiff::Timestamp;
use serde::Serialize;

use crate::{Phase, RunState};

/// Record of a run besides its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunRecord {
    /// Name of the run.
    pub name: String,
    /// Unique id, `WORKFLOW_ID` of its tasks.
    pub uid: String,
    /// Registered pipelines it runs, comma separated.
    pub pipeline: String,
    /// Configuration environment.
    pub environment: String,
    /// Time at which it was made.
    pub created: Timestamp,
    /// The manifest it runs, as YAML.
    #[serde(skip)]
    pub manifest: String,
    /// The cluster it runs on; none for a run on this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterPlace>,
    /// Phase of the run.
    pub phase: Phase,
    /// Time at which it ended.
    pub finished: Option<Timestamp>,
}

impl RunRecord {
    /// Says whether it is a run of files here, and not of a project: it has no pipeline.
    pub fn is_of_files(&self) -> bool {
        self.pipeline.is_empty() && self.cluster.is_none()
    }
}

/// Prefix of the address of an Argo Server, in the place of a run that was made through one.
pub const ARGO_SERVER: &str = "argo-server+";

/// Cluster and namespace of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClusterPlace {
    /// Address of the API server. Before that of an Argo Server stands [`ARGO_SERVER`].
    pub server: String,
    /// Context of the kubeconfig it was reached by; none inside a cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// Namespace.
    pub namespace: String,
}

impl ClusterPlace {
    /// Address of the Argo Server that the run was made through; none where it was made without one.
    pub fn argo_server(&self) -> Option<&str> {
        self.server.strip_prefix(ARGO_SERVER)
    }
}

/// A run in a list, without its tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunSummary {
    /// The run; without its manifest.
    pub record: RunRecord,
    /// Phase of the run.
    pub phase: Phase,
    /// Reason.
    pub message: Option<String>,
    /// Time at which it began, the last time.
    pub started: Option<Timestamp>,
    /// Time at which it ended.
    pub finished: Option<Timestamp>,
    /// Number of tasks.
    pub tasks: u32,
    /// Number of tasks that succeeded.
    pub succeeded: u32,
    /// Number of events that could not be read when its history was taken over from an older version.
    pub unread: u32,
}

impl RunSummary {
    /// A run that is on no record.
    pub fn new(record: RunRecord, state: &RunState) -> Self {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Self {
            record,
            phase: state.phase,
            message: state.message.clone(),
            started: state.started,
            finished: state.finished,
            tasks: count(state.tasks.len()),
            succeeded: count(state.count(Phase::Succeeded)),
            unread: 0,
        }
    }

    /// Says that the run's process is gone though its end is not on record.
    pub fn interrupt(&mut self) {
        let mut state = RunState {
            phase: self.phase,
            message: self.message.take(),
            ..RunState::default()
        };
        state.interrupt();
        (self.phase, self.message) = (state.phase, state.message);
    }
}

/// The runs on record.
#[derive(Debug, Default)]
pub struct RunList {
    /// The runs, the one that was put on record last first.
    pub runs: Vec<RunSummary>,
    /// Names of those of which the record cannot be read.
    pub unreadable: Vec<String>,
}
