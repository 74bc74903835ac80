//! What happens to pods, and what that leads to.

use argo::status::{Artifact, NodeStatus, Outputs, Parameter, Phase};
use jiff::Timestamp;

use super::call::CallId;

/// What happens to a pod.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event {
    /// It cannot start yet, and why.
    Waits(String),
    /// It runs.
    Runs,
    /// It runs and is ready for others: a daemon.
    Ready,
    /// It is over.
    Ends(Box<End>),
}

/// How a pod ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct End {
    /// How.
    pub(crate) phase: Phase,
    /// Why, where there is something to say.
    pub(crate) message: Option<String>,
    /// Exit code of the main container.
    pub(crate) exit_code: Option<i32>,
    /// What the main container printed, where somebody refers to it.
    pub(crate) result: Option<String>,
    /// Parameters that it gave.
    pub(crate) parameters: Vec<Parameter>,
    /// Artifacts that it gave.
    pub(crate) artifacts: Vec<Artifact>,
    /// How the containers of a set ended: name, phase and message.
    pub(crate) containers: Vec<(String, Phase, Option<String>)>,
}

impl End {
    /// What the node has given.
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

/// What an event has led to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Ids of the nodes that have changed, once each, in their order.
    pub(crate) changed: indexmap::IndexSet<String>,
    /// Calls whose pods are to run.
    pub(crate) start: Vec<CallId>,
    /// Calls whose pods are to end.
    pub(crate) end: Vec<CallId>,
    /// Caches with new entries.
    pub(crate) remembered: std::collections::BTreeSet<String>,
}

/// Changes the node of a pod that has begun.
pub(super) fn begins(node: &mut NodeStatus, now: Timestamp) {
    // What it waited for belongs to the machine, and not to the time that the task takes.
    node.started_at = Some(now);
    node.phase = Phase::Running;
    node.message = None;
    "localhost".clone_into(&mut node.host_node_name);
}
