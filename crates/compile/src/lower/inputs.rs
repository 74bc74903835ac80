//! Inputs of the templates that tasks run in.

use plan::Task;

/// Input with the task's Kedro nodes; the name is the earlier plugin's, so that custom
/// templates that read it go on working.
pub(crate) const NODES: &str = "kedro_nodes";
/// The Kedro node of a task whose name says it: `fit_model` of `fit-model`. Most nodes are
/// named like functions, so most tasks need no argument.
pub(crate) const NODES_FROM_NAME: &str = "{{=replace(tasks.name, '-', '_')}}";
/// Input with the datasets that are handed off.
pub(super) const HANDOFF: &str = "handoff";
/// Input with the catalog entries that stay in memory.
pub(super) const MEMORY: &str = "memory";

/// Says whether [`NODES_FROM_NAME`] gives the nodes of a task.
pub(super) fn nodes_follow_from_name(task: &Task) -> bool {
    matches!(task.nodes.as_slice(), [node] if task.name.replace('-', "_") == *node)
}
