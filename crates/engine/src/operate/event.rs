//! Events of pods, and the changes that follow from them.

use argo::status::{Artifact, NodeStatus, Outputs, Parameter, Phase};
use jiff::Timestamp;

use super::call::CallId;

/// Event of a pod.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event {
    /// Wait of a pod that cannot start yet, and its reason.
    Waits(String),
    /// Start of a pod.
    Runs,
    /// Readiness of a daemon for others.
    Ready,
    /// End of a pod.
    Ends(Box<End>),
}

impl Event {
    /// Says whether recording the event may be delayed. An end is recorded at once, so that an ended task never runs
    /// again.
    pub(crate) fn can_wait(&self) -> bool {
        !matches!(self, Self::Ends(_))
    }
}

/// End of a pod.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct End {
    /// Phase of the pod.
    pub(crate) phase: Phase,
    /// Reason of the end, if there is one.
    pub(crate) message: Option<String>,
    /// Exit code of the main container.
    pub(crate) exit_code: Option<i32>,
    /// Text that the main container printed, if something refers to it.
    pub(crate) result: Option<String>,
    /// Output parameters.
    pub(crate) parameters: Vec<Parameter>,
    /// Output artifacts.
    pub(crate) artifacts: Vec<Artifact>,
    /// Ends of the containers of a set: name, phase and message.
    pub(crate) containers: Vec<(String, Phase, Option<String>)>,
}

impl End {
    /// Builds the outputs of the node.
    pub(super) fn outputs(&self) -> Option<Outputs> {
        let outputs = Outputs {
            parameters: self.parameters.clone(),
            artifacts: self.artifacts.clone(),
            result: self.result.clone(),
            exit_code: self.exit_code.map(|code| code.to_string()),
            ..Outputs::default()
        };
        (outputs != Outputs::default()).then_some(outputs)
    }
}

/// Changes that follow from an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Ids of the changed nodes, without duplicates, in order.
    pub(crate) changed: indexmap::IndexSet<String>,
    /// Calls whose pods are to run.
    pub(crate) start: Vec<CallId>,
    /// Calls whose pods are to end.
    pub(crate) end: Vec<CallId>,
    /// New memoized results: cache and key.
    pub(crate) remembered: std::collections::BTreeSet<(String, String)>,
}

/// Changes the node of a pod that has begun.
pub(super) fn begins(node: &mut NodeStatus, now: Timestamp) {
    // The start time excludes the wait for the machine.
    node.started_at = Some(now);
    node.phase = Phase::Running;
    node.message = None;
    "localhost".clone_into(&mut node.host_node_name);
}
