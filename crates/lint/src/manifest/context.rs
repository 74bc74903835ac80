//! The document and its context, for rules that need more than a node.

use argo::library::Workflow;
use argo::scope::{Globals, Scope};

use super::survey::Survey;

/// A workflow under check, and the facts collected beforehand.
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
