//! The node of a task that is a pod.

use argo::status::{NodeKind, NodeStatus, task_name};
use jiff::Timestamp;

use super::operation::Operation;

impl Operation {
    /// The node of a pod that is on its way.
    pub(super) fn new_pod(&self, task: usize, now: Timestamp) -> NodeStatus {
        NodeStatus {
            kind: NodeKind::Pod,
            started_at: Some(now),
            ..self.new_node(task)
        }
    }

    /// A node of a task, with its names.
    pub(super) fn new_node(&self, task: usize) -> NodeStatus {
        let Some(dag) = self.groups.last() else {
            return NodeStatus::default();
        };
        let known = &self.workflow.tasks[task];
        NodeStatus {
            id: self.ids[task].clone(),
            name: task_name(&dag.name, &known.name),
            display_name: known.name.clone(),
            template_name: known.template.clone(),
            template_scope: self.scope(),
            boundary: dag.id.clone(),
            ..NodeStatus::default()
        }
    }
}
