//! Status of a Workflow and of its nodes: reads and writes Argo's `status`.
//!
//! The fields are those of `WorkflowStatus` and `NodeStatus` in `pkg/apis/workflow/v1alpha1/workflow_types.go` of Argo
//! Workflows 4.1.2. They are written as Go writes them: a field without a value is left out, but a time without a value
//! is `null`. Unknown fields are kept, so that reading and writing a status loses nothing.
//!
//! An unknown phase is an error. An unknown kind of node is kept as its text.

mod kind;
mod name;
mod node;
mod omitted;
pub mod packed;
mod phase;
pub mod retry;
mod synchronization;
mod tree;
mod values;
pub mod waits;
mod workflow;

pub use kind::NodeKind;
pub use name::{
    NodeName, Part, attempt_name, exit_handler_name, hook_name, is_inside, item_name, node_id,
    node_of_pod, pod_name, split_attempt, step_group_name, task_name,
};
pub use node::{MemoizationStatus, NodeFlag, NodeStatus, Nodes, TemplateRef};
pub use phase::{Phase, UnknownPhase};
pub use synchronization::{
    MutexHolding, MutexStatus, NodeSynchronizationStatus, SemaphoreHolding, SemaphoreStatus,
    SynchronizationStatus,
};
pub use tree::{BrokenTree, Tree};
pub use values::{Artifact, Inputs, Outputs, Parameter};
pub use workflow::{Condition, PackedNodesError, WorkflowStatus};
