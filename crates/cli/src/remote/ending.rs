//! End of a run that no controller ends.

use runs::{Phase, RunEvent, RunState};

/// Message of a run that this program deleted.
pub(super) const DELETED: &str = "deleted before it ended";

/// Events that end a run whose Workflow was deleted, because no controller ends it.
pub(super) fn ending(state: &RunState, why: &str) -> Vec<RunEvent> {
    let tasks = tasks_in(state, Phase::Running).into_iter();
    let ended = tasks.map(|task| RunEvent::TaskFinished {
        task,
        attempt: None,
        phase: Phase::Error,
        message: Some(why.to_owned()),
        exit_code: None,
        used: runs::Used::default(),
        cause: None,
    });
    let run = RunEvent::RunFinished {
        phase: Phase::Error,
        message: Some(why.to_owned()),
    };
    ended.chain([run]).collect()
}

pub(super) fn tasks_in(state: &RunState, phase: Phase) -> Vec<String> {
    let tasks = state.tasks.iter();
    let found = tasks.filter(|(_, task)| task.phase == phase);
    found.map(|(name, _)| name.clone()).collect()
}
