//! Variables and names of a whole workflow.

use super::globals::Globals;
use crate::library::Workflow;

/// A workflow, and its global variables.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The workflow.
    pub workflow: Workflow<'a>,
    /// Variables `{{workflow.*}}`.
    pub globals: &'a Globals<'a>,
}

/// The first words of Argo's variables.
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
