//! Groups begin and end: the DAG, and the step of a wide pipeline whose inline template it is
//! (`workflow/controller/steps.go` of Argo Workflows 4.1.2).

use argo::status::{NodeFlag, NodeKind, NodeStatus, Phase};
use jiff::Timestamp;

use super::operation::Operation;

/// What the run as a whole says when the user has stopped it.
const STOPPED: &str = "stopped";

impl Operation {
    /// The object that the templates stand in.
    pub(super) fn scope(&self) -> String {
        format!("local/{}", self.workflow.name)
    }

    /// Lets the Workflow and its groups run, whether or not they did before.
    pub(super) fn open_groups(&mut self, now: Timestamp) {
        let status = &mut self.status;
        status.phase = Some(Phase::Running);
        status.message = None;
        status.started_at = Some(now);
        status.finished_at = None;
        let scope = self.scope();
        for (depth, group) in self.groups.iter().enumerate() {
            let inner = self.groups.get(depth + 1).map(|inner| inner.id.clone());
            let node = self.status.nodes.entry(group.id.clone());
            let node = node.or_insert_with(|| NodeStatus {
                id: group.id.clone(),
                name: group.name.clone(),
                display_name: group.display_name.clone(),
                kind: group.kind.clone(),
                template_name: group.template.clone(),
                template_scope: scope.clone(),
                boundary: group.boundary.clone(),
                node_flag: (group.kind == NodeKind::StepGroup).then(NodeFlag::default),
                children: inner.into_iter().collect(),
                ..NodeStatus::default()
            });
            node.phase = Phase::Running;
            node.message = None;
            node.started_at = Some(now);
            node.finished_at = None;
        }
    }

    /// Ends the groups, the innermost first, and the Workflow as the outermost.
    pub(super) fn close_groups(&mut self, now: Timestamp) {
        let mut phase = if self.is_stopped {
            Phase::Failed
        } else {
            self.assess()
        };
        let targets = self.targets().into_iter().map(|target| &self.ids[target]);
        let nodes = &self.status.nodes;
        let outbound: Vec<String> = targets
            .filter(|id| nodes.contains_key(*id))
            .cloned()
            .collect();
        let mut message = None;
        for group in self.groups.iter().rev() {
            if group.kind != NodeKind::Dag && phase.is_failed() {
                phase = Phase::Failed;
            }
            let Some(node) = self.status.nodes.get_mut(&group.id) else {
                continue;
            };
            node.phase = phase;
            node.finished_at = Some(now);
            node.message.clone_from(&message);
            if group.kind != NodeKind::StepGroup {
                node.outbound_nodes.clone_from(&outbound);
            }
            if group.kind == NodeKind::Dag && phase.is_failed() {
                // Steps and their group both name the step that failed.
                message = Some(format!("child '{}' failed", group.id));
            }
        }
        let first = self.groups.first();
        let first = first.and_then(|group| self.status.nodes.get(&group.id));
        let message = first.and_then(|node| node.message.clone());
        let status = &mut self.status;
        status.phase = Some(phase);
        status.message = if self.is_stopped {
            Some(STOPPED.to_owned())
        } else {
            message
        };
        status.finished_at = Some(now);
    }
}
