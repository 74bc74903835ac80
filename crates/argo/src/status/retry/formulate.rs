//! Builds the status for the retry of a Workflow.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Map, json};

use super::decision::Decision;
use super::error::RetryError;
use super::options::{RetriedStatus, RetryOptions};
use crate::status::{
    NodeKind, NodeStatus, Nodes, Outputs, Parameter, Phase, Tree, WorkflowStatus, exit_handler_name,
};

/// Builds the status with which a Workflow is retried.
///
/// # Arguments
///
/// * `workflow`: Name of the Workflow.
/// * `options`: Nodes to run again besides the failed ones. The status holds no parameter values, but new values make
///   Argo expand groups of items and of steps again.
/// * `now`: Time of the retry.
///
/// # Errors
///
/// The Workflow has not ended or it succeeded, or its status is not readable.
pub fn formulate(
    workflow: &str,
    status: &WorkflowStatus,
    options: &RetryOptions,
    now: Timestamp,
) -> Result<RetriedStatus, RetryError> {
    match status.phase {
        Some(Phase::Failed | Phase::Error) => {}
        Some(Phase::Succeeded) if !options.again.is_empty() => {}
        None => return Err(RetryError::Phase("not started".to_owned())),
        Some(other) => return Err(RetryError::Phase(other.as_str().to_lowercase())),
    }
    if !status.offload_node_status_version.is_empty() {
        return Err(RetryError::Offloaded);
    }
    let was_packed = !status.compressed_nodes.is_empty();
    let mut new = status.clone();
    new.unpack()?;
    let old = std::mem::take(&mut new.nodes);
    let tree = Tree::new(&old, workflow)?;
    let decision = Decision::new(&tree, options);
    let moment = in_seconds(now);
    let exit_handler = exit_handler_name(workflow);
    new.nodes = kept(&old, &decision, &exit_handler, moment);
    let deleted: BTreeSet<String> = old
        .keys()
        .filter(|id| !new.nodes.contains_key(*id))
        .cloned()
        .collect();
    let is_repeated = |id: &&String| {
        let node = old.get(*id);
        !options.again.contains(*id)
            && node.is_some_and(|node| {
                node.phase == Phase::Succeeded
                    && node.kind == NodeKind::Pod
                    && !node.name.starts_with(&exit_handler)
            })
    };
    let repeated = deleted.iter().filter(is_repeated).count();
    reopen(&mut new, moment);
    if was_packed {
        new.pack()?;
    }
    Ok(RetriedStatus {
        status: new,
        deleted,
        repeated,
    })
}

/// The remaining nodes; those that run again are reset.
fn kept(old: &Nodes, decision: &Decision<'_>, exit_handler: &str, moment: Timestamp) -> Nodes {
    let mut nodes = Nodes::new();
    for (id, node) in old {
        let is_reset = decision.reset.contains(id.as_str());
        let is_exit = node.name.starts_with(exit_handler);
        if decision.delete.contains(id.as_str()) || (is_exit && !is_reset) {
            continue;
        }
        let mut node = node.clone();
        if is_reset {
            reset(&mut node, moment);
        }
        for ids in [&mut node.children, &mut node.outbound_nodes] {
            ids.retain(|id| !decision.delete.contains(id.as_str()));
        }
        nodes.insert(id.clone(), node);
    }
    nodes
}

/// Resets a node, so that it runs again.
fn reset(node: &mut NodeStatus, moment: Timestamp) {
    if node.kind == NodeKind::Suspend
        && let Some(Outputs { parameters, .. }) = &mut node.outputs
    {
        for parameter in parameters {
            *parameter = Parameter {
                name: std::mem::take(&mut parameter.name),
                value_from: Some(json!({"supplied": Map::new()})),
                ..Parameter::default()
            };
        }
    }
    if node.phase != Phase::Skipped {
        node.phase = Phase::Running;
    }
    node.message = None;
    node.started_at = Some(moment);
    node.finished_at = None;
}

/// Removes all fields that mark a Workflow as ended.
fn reopen(status: &mut WorkflowStatus, moment: Timestamp) {
    status.phase = None;
    status.message = None;
    status.persistent_volume_claims.clear();
    status.started_at = Some(moment);
    status.finished_at = None;
    if let Some(spec) = status.stored_workflow_spec.as_mut()
        && let Some(fields) = spec.as_object_mut()
    {
        fields.shift_remove("shutdown");
    }
    for condition in &mut status.conditions {
        if condition.kind == "Completed" {
            "False".clone_into(&mut condition.status);
        }
    }
}

/// The time in whole seconds, as the controller writes it.
fn in_seconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}
