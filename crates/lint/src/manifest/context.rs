//! The document and its surroundings, for rules that need more than the node they look at.

use argo::library::Workflow;
use argo::scope::{Globals, Scope};

use super::survey::Survey;

/// A workflow under check, and what was read of it beforehand.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) workflow: Workflow<'a>,
    pub(super) globals: &'a Globals<'a>,
    pub(super) survey: &'a Survey<'a>,
}

impl<'a> Context<'a> {
    /// The variables of the workflow.
    pub(super) fn scope(&self) -> Scope<'a> {
        Scope {
            workflow: self.workflow,
            globals: self.globals,
        }
    }
}
