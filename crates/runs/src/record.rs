//! Record of a run without its events, and its phase.

use jiff::Timestamp;
use serde::Serialize;

use crate::{Phase, RunState};

/// Record of a run without its events.
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
    /// Time at which the run was created.
    pub created: Timestamp,
    /// The manifest it runs, as YAML.
    #[serde(skip)]
    pub manifest: String,
    /// The cluster it runs on; none for a run on this machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<ClusterPlace>,
    /// Phase of the run.
    pub phase: Phase,
    /// Time at which the run ended.
    pub finished: Option<Timestamp>,
}

impl RunRecord {
    /// Says whether the run is one of files on this machine, not of a project: it has no pipeline.
    pub fn is_of_files(&self) -> bool {
        self.pipeline.is_empty() && self.cluster.is_none()
    }
}

/// Prefix of the address in the place of a run that was created through an Argo Server.
pub const ARGO_SERVER: &str = "argo-server+";

/// Cluster and namespace of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClusterPlace {
    /// Address of the API server. That of an Argo Server has the prefix [`ARGO_SERVER`].
    pub server: String,
    /// Context of the kubeconfig; none inside a cluster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
    /// Namespace.
    pub namespace: String,
}

impl ClusterPlace {
    /// Address of the Argo Server that created the run; none for another kind of server.
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
    /// Time of its latest start.
    pub started: Option<Timestamp>,
    /// Time at which the run ended.
    pub finished: Option<Timestamp>,
    /// Number of tasks.
    pub tasks: u32,
    /// Number of tasks that succeeded.
    pub succeeded: u32,
    /// Number of events that were unreadable when the history of an older version was converted.
    pub unread: u32,
}

impl RunSummary {
    /// Creates the summary of a run that is not on record.
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

    /// Marks a run as interrupted: its process is gone, but its end is not on record.
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
    /// The runs, latest recorded first.
    pub runs: Vec<RunSummary>,
    /// Names of runs whose record cannot be read.
    pub unreadable: Vec<String>,
}
