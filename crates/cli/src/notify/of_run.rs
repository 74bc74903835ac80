//! End of a run on this machine.

use std::path::Path;

use compile::NotifyRequest;
use notification::{Ending, Event, FailedTask};
use runs::{Cause, Phase, RunRecord, RunState, TaskState};

use crate::render::words;

/// Ending of a finished run, of the project in `root`. `program` is what the user types.
pub(crate) fn ending(
    request: &NotifyRequest,
    record: &RunRecord,
    state: &RunState,
    root: &Path,
    program: &str,
) -> Ending {
    let seconds = match (state.started, state.finished) {
        (Some(started), Some(finished)) => words::between(started, finished),
        _ => 0.0,
    };
    let is_over = state.phase == Phase::Succeeded;
    Ending {
        event: Event::Failed,
        project: request.project.clone(),
        run: record.name.clone(),
        namespace: None,
        schedule: None,
        phase: state.phase,
        took: words::duration(seconds),
        seconds,
        tasks: state
            .tasks
            .iter()
            .filter_map(|(name, task)| failed(name, task, root, is_over))
            .collect(),
        next: (!is_over).then(|| format!("{program} retry {}", record.name)),
        link: None,
    }
}

/// Task that failed; of a run that succeeded, one that was retried.
fn failed(name: &str, task: &TaskState, root: &Path, is_over: bool) -> Option<FailedTask> {
    let is_failed = matches!(task.phase, Phase::Failed | Phase::Error);
    if !is_failed && (task.attempts < 2 || !is_over) {
        return None;
    }
    let before = task.before.as_ref();
    let cause = task.cause.as_ref();
    let cause = cause.or_else(|| before.and_then(|before| before.cause.as_ref()));
    let cause = cause.map(|cause| in_project(cause, root));
    let cause = cause.as_ref();
    let message = task.message.as_deref();
    let message = message.or_else(|| before.and_then(|before| before.message.as_deref()));
    Some(FailedTask {
        task: name.to_owned(),
        node: node(cause, &task.nodes),
        why: why(cause, message),
        tries: usize::try_from(task.attempts).unwrap_or(usize::MAX),
    })
}

/// Cause whose place in the user's code is relative to the project.
fn in_project(cause: &Cause, root: &Path) -> Cause {
    let mut cause = cause.clone();
    if let Some(frame) = &mut cause.frame
        && let Ok(file) = Path::new(&frame.file).strip_prefix(root)
    {
        frame.file = file.display().to_string();
    }
    cause
}

/// Failed node, from the cause, or the only node of the task.
fn node(cause: Option<&Cause>, nodes: &[String]) -> Option<String> {
    let said = cause.and_then(|cause| cause.node.clone());
    said.or_else(|| match nodes {
        [only] => Some(only.clone()),
        _ => None,
    })
}

/// Says why a task failed, in one line.
pub(super) fn why(cause: Option<&Cause>, message: Option<&str>) -> String {
    match (cause, message) {
        (Some(cause), _) => runs::termination_message::write(&Cause {
            node: None,
            ..cause.clone()
        }),
        (None, Some(message)) => message.to_owned(),
        (None, None) => "it is not known why".to_owned(),
    }
}
