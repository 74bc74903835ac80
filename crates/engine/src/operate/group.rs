//! The nodes around the tasks: the DAG, and the step of a wide pipeline whose inline template it is.

use argo::status::{NodeKind, node_id, step_group_name, task_name};

use super::workflow::Workflow;

/// A node that holds others.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) display_name: String,
    pub(super) kind: NodeKind,
    /// Template that it runs; none for one that stands inline, or for a group of steps.
    pub(super) template: String,
    /// Id of the node whose template has it.
    pub(super) boundary: String,
}

/// The nodes around the tasks of a Workflow, the outermost first.
pub(super) fn around(workflow: &Workflow) -> Vec<Group> {
    let whole = &workflow.name;
    let group = |name: String, display_name: &str, kind: NodeKind| Group {
        id: node_id(whole, &name),
        display_name: display_name.to_owned(),
        kind,
        template: String::new(),
        boundary: whole.clone(),
        name,
    };
    let first = |kind| Group {
        template: workflow.entrypoint.clone(),
        boundary: String::new(),
        ..group(whole.clone(), whole, kind)
    };
    let Some(step) = &workflow.step else {
        return vec![first(NodeKind::Dag)];
    };
    let steps = step_group_name(whole, 0);
    let dag = task_name(&steps, step);
    vec![
        first(NodeKind::Steps),
        group(steps, "[0]", NodeKind::StepGroup),
        group(dag, step, NodeKind::Dag),
    ]
}
