//! Input of lowering, and the pipelines that a workflow is made of.

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

/// Pipeline from which a part of the workflow comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Part {
    /// The pipeline itself.
    Pipeline,
    /// The one that runs when the workflow has ended.
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
