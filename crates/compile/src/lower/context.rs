//! Input of lowering, and the pipelines in a workflow.

use project::Snapshot;
use project::config::ArgoConfig;

use super::options::Options;

/// Input that every part of lowering reads.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) config: &'a ArgoConfig,
    pub(super) options: &'a Options,
}

/// Pipeline of a part of the workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Part {
    /// The main pipeline.
    Pipeline,
    /// The pipeline that runs after the workflow.
    OnExit,
}

impl Context<'_> {
    /// The context of a part.
    pub(super) fn of(&self, part: Part) -> Self {
        match &self.snapshot.on_exit {
            Some(exit) if part == Part::OnExit => Self {
                snapshot: exit,
                ..*self
            },
            _ => *self,
        }
    }
}
