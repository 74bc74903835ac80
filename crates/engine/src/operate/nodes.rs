//! Nodes of the status: creation, links, and changes of phase.

use argo::spec::{Artifact, Template, to_json};
use argo::status::{
    Inputs, NodeFlag, NodeKind, NodeStatus, Parameter, Phase, TemplateRef, node_id,
};
use serde_json::{Map, Value};

use super::call::{CallId, CallRequest};
use super::documents::{Scope, TemplateReference};
use super::operation::Operation;

/// Number of children up to which each new child writes its parent to the record.
const FEW: usize = 64;

impl Operation {
    /// Id of the node with a name. Two names may have the same digest, about once in a hundred runs of 10,000 nodes.
    /// Argo then confuses the nodes; here the second id gets a number at its end.
    pub(super) fn id_of(&self, name: &str) -> String {
        let digest = node_id(&self.documents.name, name);
        let mut id = digest.clone();
        let mut number = 2;
        while self
            .status
            .nodes
            .get(&id)
            .is_some_and(|node| node.name != name)
        {
            id = format!("{digest}-{number}");
            number += 1;
        }
        id
    }

    /// Finds the node with a name.
    pub(super) fn node_named(&self, name: &str) -> Option<&NodeStatus> {
        self.status.nodes.get(&self.id_of(name))
    }

    pub(super) fn node(&self, id: &str) -> Option<&NodeStatus> {
        self.status.nodes.get(id)
    }

    pub(super) fn phase(&self, id: &str) -> Option<Phase> {
        Some(self.node(id)?.phase)
    }

    /// Says whether the dependents of the node can continue.
    pub(super) fn is_fulfilled(&self, id: &str) -> bool {
        self.node(id).is_some_and(NodeStatus::is_fulfilled)
    }

    /// Makes the node of a call (`initializeNode`).
    pub(super) fn make_node(
        &mut self,
        request: &CallRequest,
        kind: NodeKind,
        phase: Phase,
        message: Option<String>,
    ) -> String {
        let id = self.id_of(&request.name);
        let boundary = request.boundary.map(|call| &self.calls[call]);
        let display_name = match boundary {
            Some(boundary) => display_name(&request.name, boundary.name()),
            None => request.name.clone(),
        };
        let holder = &request.holder;
        let node = NodeStatus {
            id: id.clone(),
            name: request.name.clone(),
            display_name,
            kind,
            template_name: holder.template.clone(),
            template_ref: holder.template_ref.as_ref().map(|reference| TemplateRef {
                name: reference.name.clone(),
                template: reference.template.clone(),
                cluster_scope: reference.cluster_scope,
            }),
            template_scope: request.scope.text(&self.documents),
            boundary: boundary.map_or_else(String::new, |boundary| boundary.id.clone()),
            phase,
            message,
            started_at: Some(self.now),
            finished_at: phase.is_final().then_some(self.now),
            node_flag: request.flag,
            ..NodeStatus::default()
        };
        self.status.nodes.insert(id.clone(), node);
        self.changes.changed.insert(id.clone());
        id
    }

    /// Makes the node of a part of a call: a group of steps or of items, or a task that does not run.
    pub(super) fn make_part(
        &mut self,
        name: &str,
        kind: NodeKind,
        of: CallId,
        holder: &argo::spec::Task,
        phase: Phase,
        message: Option<String>,
    ) -> String {
        let request = CallRequest {
            name: name.to_owned(),
            boundary: Some(of),
            holder: std::rc::Rc::new(TemplateReference::without_inline(holder)),
            scope: self.calls[of].scope.clone(),
            flag: Some(NodeFlag::default()),
            ..self.calls[of].request.clone()
        };
        self.make_node(&request, kind, phase, message)
    }

    /// Gives a node its inputs.
    pub(super) fn set_inputs(&mut self, id: &str, template: &Template) {
        let inputs = inputs(template);
        if let Some(node) = self.node_mut(id) {
            node.inputs = inputs;
        }
    }

    /// Mutable node, marked as changed so that it goes on record.
    pub(super) fn node_mut(&mut self, id: &str) -> Option<&mut NodeStatus> {
        let node = self.status.nodes.get_mut(id)?;
        if !self.changes.changed.contains(id) {
            self.changes.changed.insert(id.to_owned());
        }
        Some(node)
    }

    /// Links a node below another one.
    pub(super) fn link(&mut self, parent: &str, child: &str) {
        let Some(node) = self.status.nodes.get_mut(parent) else {
            return;
        };
        // A repeated link follows soon after the first, so the last children suffice for the check.
        let mut last = node.children.iter().rev().take(FEW);
        if last.any(|known| known == child) {
            return;
        }
        node.children.push(child.to_owned());
        // Writing a large parent for each new child would take quadratic time.
        if node.children.len() < FEW || node.children.len().is_multiple_of(FEW) {
            self.changes.changed.insert(parent.to_owned());
            self.linked.swap_remove(parent);
        } else if !self.linked.contains(parent) {
            self.linked.insert(parent.to_owned());
        }
    }

    /// Takes the ids of the nodes whose newest children are not on record yet.
    pub(crate) fn take_linked(&mut self) -> indexmap::IndexSet<String> {
        std::mem::take(&mut self.linked)
    }

    /// Changes the phase of a node (`markNodePhase`); without a message, the old one stays.
    pub(super) fn mark(&mut self, id: &str, phase: Phase, message: Option<&str>) {
        let now = self.now;
        let Some(node) = self.node_mut(id) else {
            return;
        };
        node.phase = phase;
        if let Some(message) = message {
            node.message = Some(message.to_owned()).filter(|text| !text.is_empty());
        }
        if node.is_fulfilled() {
            node.finished_at.get_or_insert(now);
        } else {
            node.finished_at = None;
        }
    }

    pub(super) fn mark_error(&mut self, id: &str, message: &str) {
        self.mark(id, Phase::Error, Some(message));
    }

    /// Ids of the last nodes of a node, to which the next nodes are linked (`getOutboundNodes`).
    pub(super) fn outbound(&self, id: &str) -> Vec<String> {
        let mut found = Vec::new();
        self.collect_outbound(id, &mut found);
        found
    }

    fn collect_outbound(&self, id: &str, found: &mut Vec<String>) {
        let Some(node) = self.node(id) else {
            return;
        };
        let itself = |found: &mut Vec<String>| found.push(node.id.clone());
        match node.kind {
            NodeKind::Skipped | NodeKind::Suspend | NodeKind::Http | NodeKind::Plugin => {
                itself(found);
            }
            NodeKind::Pod if !self.is_container_set(id) => itself(found),
            NodeKind::Pod | NodeKind::Container | NodeKind::TaskGroup => {
                if node.children.is_empty() {
                    itself(found);
                }
                for child in &node.children {
                    let is_outside = self
                        .node(child)
                        .is_some_and(|child| child.boundary != node.boundary);
                    if node.kind == NodeKind::Container && is_outside {
                        itself(found);
                    } else {
                        self.collect_outbound(child, found);
                    }
                }
            }
            NodeKind::Retry if !node.children.is_empty() => {
                let children = node.children.iter().rev();
                // The nodes after a retried one may also be its children.
                let is_its_own = |id: &&String| {
                    let flag = self.node(id).and_then(|child| child.node_flag);
                    flag.is_some_and(|flag| flag.retried || flag.hooked)
                };
                let its_own = children.clone().find(is_its_own);
                // Statuses of other programs may lack the flags.
                found.extend(its_own.or(node.children.last()).cloned());
            }
            NodeKind::Steps | NodeKind::Dag
                if node.memoization_status.as_ref().is_some_and(|it| it.hit) =>
            {
                itself(found);
            }
            _ => {
                for inner in &node.outbound_nodes {
                    self.collect_outbound(inner, found);
                }
            }
        }
    }

    fn is_container_set(&self, id: &str) -> bool {
        let call = self.by_node.get(id).map(|call| &self.calls[*call]);
        call.is_some_and(|call| call.template.container_set.is_some())
    }

    /// Scope in which the templates named in a call are searched.
    pub(super) fn scope_of(&self, call: CallId) -> Scope {
        self.calls[call].scope.clone()
    }
}

/// Part of a name after that of the boundary.
fn display_name(name: &str, boundary: &str) -> String {
    let rest = name.strip_prefix(boundary).unwrap_or(name);
    // `stepsOrDagSeparator`: an optional group of steps, and a point.
    let behind_group = rest
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
        .filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|(_, rest)| rest.strip_prefix('.'));
    behind_group
        .or_else(|| rest.strip_prefix('.'))
        .unwrap_or(rest)
        .to_owned()
}

/// Converts the inputs of a template to those of a node.
fn inputs(template: &Template) -> Option<Inputs> {
    let inputs = &template.inputs;
    let parameters = inputs.parameters.iter().map(|parameter| Parameter {
        name: parameter.name.clone(),
        default: parameter.default.as_ref().map(ToString::to_string),
        value: parameter.value.as_ref().map(ToString::to_string),
        value_from: parameter.value_from.as_ref().map(to_json),
        other: rest(
            &to_json(parameter),
            &["name", "default", "value", "valueFrom", "globalName"],
        ),
        ..Parameter::default()
    });
    let artifacts = inputs.artifacts.iter().map(artifact);
    let made = Inputs {
        parameters: parameters.collect(),
        artifacts: artifacts.collect(),
        ..Inputs::default()
    };
    (made != Inputs::default()).then_some(made)
}

/// Converts an artifact of a template to that of a node.
pub(crate) fn artifact(artifact: &Artifact) -> argo::status::Artifact {
    argo::status::Artifact {
        name: artifact.name.clone(),
        path: artifact.path.clone(),
        global_name: artifact.global_name.clone(),
        optional: artifact.optional,
        other: rest(
            &to_json(artifact),
            &["name", "path", "globalName", "optional"],
        ),
    }
}

fn rest(value: &Value, known: &[&str]) -> Map<String, Value> {
    let mut rest = value.as_object().cloned().unwrap_or_default();
    rest.retain(|key, _| !known.contains(&key.as_str()));
    rest
}
