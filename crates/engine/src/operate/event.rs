//! What happens to the pods of tasks, and what that leads to.

use argo::status::{Inputs, NodeStatus, Outputs, Parameter, Phase};
use jiff::Timestamp;

/// What happens to the pod of a task.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Event {
    /// It is made, with these inputs: name and value.
    Made(Vec<(String, String)>),
    /// It cannot start yet, and why.
    Waits(String),
    /// It runs.
    Runs,
    /// It is over.
    Ends(End),
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
    /// What it gave.
    pub(crate) outputs: Vec<Parameter>,
}

impl Event {
    /// Outputs that the whole Workflow knows from here on.
    pub(super) fn outputs(&self) -> Vec<Parameter> {
        let outputs = match self {
            Self::Ends(end) => &end.outputs[..],
            _ => &[],
        };
        let is_global = |output: &&Parameter| !output.global_name.is_empty();
        outputs.iter().filter(is_global).cloned().collect()
    }

    /// Changes the node.
    pub(super) fn apply(self, node: &mut NodeStatus, now: Timestamp) {
        match self {
            Self::Made(inputs) => {
                let parameters = inputs.into_iter().map(|(name, value)| Parameter {
                    name,
                    value: Some(value),
                    ..Parameter::default()
                });
                let parameters: Vec<_> = parameters.collect();
                node.inputs = (!parameters.is_empty()).then(|| Inputs {
                    parameters,
                    ..Inputs::default()
                });
            }
            Self::Waits(message) => node.message = Some(message),
            Self::Runs => {
                // What it waited for belongs to the machine, and not to the time that the task takes.
                node.started_at = Some(now);
                node.phase = Phase::Running;
                node.message = None;
            }
            Self::Ends(end) => {
                node.phase = end.phase;
                node.message = end.message;
                node.finished_at = Some(now);
                let exit_code = end.exit_code.map(|code| code.to_string());
                let has_outputs = exit_code.is_some() || !end.outputs.is_empty();
                node.outputs = has_outputs.then(|| Outputs {
                    parameters: end.outputs,
                    exit_code,
                    ..Outputs::default()
                });
            }
        }
    }
}

/// What an event has led to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    /// Tasks whose nodes have changed: that of the event, then others in their order.
    pub(crate) changed: Vec<usize>,
    /// Tasks whose turn has come: their pods are to run.
    pub(crate) ready: Vec<usize>,
}
