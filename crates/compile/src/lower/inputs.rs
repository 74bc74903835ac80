//! Inputs of the templates of tasks.

use plan::Task;

/// Input with the handed-off datasets.
pub(super) const HANDOFF: &str = "handoff";
/// Input with the catalog entries that stay in memory.
pub(super) const MEMORY: &str = "memory";

/// Says whether [`marks::NODES_FROM_NAME`] gives the nodes of a task.
pub(super) fn nodes_follow_from_name(task: &Task) -> bool {
    matches!(task.nodes.as_slice(), [node] if task.name.replace('-', "_") == *node)
}
