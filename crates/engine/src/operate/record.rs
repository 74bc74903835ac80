//! The status of a run that has ended, out of its record, and what a retry makes of it.
//!
//! The record has events, and what they add up to. That says of each task how it ended, and not what it was given; so
//! the status that comes of it has the nodes and their phases, and no inputs.

use std::collections::{BTreeSet, HashSet};

use argo::status::retry::{RetryError, RetryOptions, formulate};
use argo::status::{NodeKind, NodeStatus, Nodes, Outputs, Phase};
use jiff::Timestamp;
use runs::{RunState, TaskState};

use super::operation::Operation;
use super::workflow::Workflow;

impl Operation {
    /// A Workflow that goes on where its record ends, as a retry by Argo goes on with it.
    ///
    /// # Arguments
    ///
    /// * `again`: Whether a task runs again although it ended well, with all tasks after it.
    /// * `lost`: Whether what a task handed on is gone: it runs again, and no task after it does for that.
    /// * `now`: The moment at which it goes on.
    ///
    /// # Errors
    ///
    /// The record is that of a Workflow that ended well, and no task is to run again.
    pub(crate) fn continued(
        workflow: Workflow,
        state: &RunState,
        again: impl Fn(&str) -> bool,
        lost: impl Fn(&str) -> bool,
        now: Timestamp,
    ) -> Result<Self, RetryError> {
        let mut operation = Self::new(workflow);
        if state.phase == Phase::Pending {
            return Ok(operation);
        }
        operation.take_over(state, now);
        let (tasks, ids) = (&operation.workflow.tasks, &operation.ids);
        let chosen = |is_chosen: &dyn Fn(&str) -> bool| -> Vec<&String> {
            let all = tasks.iter().zip(ids);
            let found = all.filter(|(task, _)| is_chosen(&task.name));
            found.map(|(_, id)| id).collect()
        };
        let again: BTreeSet<String> = chosen(&again).into_iter().cloned().collect();
        let options = RetryOptions {
            again,
            ..RetryOptions::default()
        };
        let name = &operation.workflow.name;
        let mut status = formulate(name, &operation.status, &options, now)?.status;
        let lost = chosen(&lost).into_iter().map(String::as_str);
        remove(&mut status.nodes, &lost.collect::<HashSet<_>>());
        operation.status = status;
        Ok(operation)
    }

    /// Makes the status that a record stands for.
    fn take_over(&mut self, state: &RunState, now: Timestamp) {
        self.open_groups(state.started.unwrap_or(now));
        for position in 0..self.graph.order().len() {
            let task = self.graph.order()[position];
            let known = state.tasks.get(&self.workflow.tasks[task].name);
            let Some(known) = known.filter(|known| known.phase.is_final()) else {
                continue;
            };
            self.add(task, self.ended_before(task, known));
        }
        for group in &self.groups {
            if let Some(node) = self.status.nodes.get_mut(&group.id) {
                node.phase = state.phase;
                node.finished_at = state.finished;
            }
        }
        self.status.phase = Some(state.phase);
        self.status.finished_at = state.finished;
    }

    fn ended_before(&self, task: usize, known: &TaskState) -> NodeStatus {
        if matches!(known.phase, Phase::Omitted | Phase::Skipped) {
            let at = known.finished.unwrap_or_default();
            let message = known.message.clone().unwrap_or_default();
            return self.not_run(task, known.phase, message, at);
        }
        NodeStatus {
            kind: NodeKind::Pod,
            phase: known.phase,
            message: known.message.clone(),
            started_at: known.started,
            finished_at: known.finished,
            outputs: known.exit_code.map(|code| Outputs {
                exit_code: Some(code.to_string()),
                ..Outputs::default()
            }),
            ..self.new_node(task)
        }
    }
}

/// Takes nodes away, and from among the children of others.
fn remove(nodes: &mut Nodes, ids: &HashSet<&str>) {
    if ids.is_empty() {
        return;
    }
    nodes.retain(|id, _| !ids.contains(id.as_str()));
    for node in nodes.values_mut() {
        for list in [&mut node.children, &mut node.outbound_nodes] {
            list.retain(|id| !ids.contains(id.as_str()));
        }
    }
}
