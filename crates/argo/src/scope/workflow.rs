//! Variables and names that a whole workflow has.

use super::globals::Globals;
use crate::library::Workflow;

/// A workflow, and what it knows as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The workflow.
    pub workflow: Workflow<'a>,
    /// Variables `{{workflow.*}}`.
    pub globals: &'a Globals<'a>,
}

/// The words with which variables of Argo begin.
pub const ROOTS: &[&str] = &[
    "inputs",
    "outputs",
    "tasks",
    "steps",
    "workflow",
    "item",
    "pod",
    "node",
    "retries",
    "lastRetry",
];
