//! Runs and their tasks as tables.

use comfy_table::Row;
use jiff::Timestamp;
use owo_colors::OwoColorize;
use runs::{Cause, Phase, RunRecord, RunState, TaskState};

use super::plan::{new_table, trimmed};
use super::words;

/// A phase in its colour; the word alone carries the meaning.
pub(crate) fn phase(phase: Phase) -> String {
    let word = phase.as_str();
    match phase {
        Phase::Succeeded => word.green().to_string(),
        Phase::Failed | Phase::Error => word.red().to_string(),
        Phase::Running => word.cyan().to_string(),
        Phase::Pending | Phase::Omitted | Phase::Skipped => word.dimmed().to_string(),
    }
}

/// The tasks of a run.
pub(crate) fn tasks(state: &RunState, now: Timestamp, width: Option<u16>) -> String {
    let mut table = new_table(width);
    table.set_header(["TASK", "PHASE", "TIME", "PEAK", "TRIES", "WHY"]);
    for (name, task) in &state.tasks {
        table.add_row(row(name, task, now));
    }
    trimmed(&table)
}

/// All runs; `is_wide` with their unique ids, which are `WORKFLOW_ID` in their tasks.
pub(crate) fn list(
    records: &[(RunRecord, RunState)],
    now: Timestamp,
    width: Option<u16>,
    is_wide: bool,
) -> String {
    let mut table = new_table(width);
    let some_elsewhere = records.iter().any(|(record, _)| record.cluster.is_some());
    let header = [
        "RUN",
        "PIPELINE",
        "ENV",
        "WHERE",
        "PHASE",
        "TASKS",
        "AGE",
        "TIME",
        "WORKFLOW_ID",
    ];
    table.set_header(
        header
            .iter()
            .filter(|title| some_elsewhere || **title != "WHERE")
            .filter(|title| is_wide || **title != "WORKFLOW_ID"),
    );
    for (record, state) in records {
        let done = state.count(Phase::Succeeded);
        let mut cells = vec![
            record.name.clone(),
            record.pipeline.clone(),
            record.environment.clone(),
        ];
        if some_elsewhere {
            let place = record.cluster.as_ref();
            cells.push(place.map_or_else(|| "here".to_owned(), |place| place.namespace.clone()));
        }
        cells.extend([
            state.phase.as_str().to_owned(),
            format!("{done}/{}", state.tasks.len()),
            words::duration(words::between(record.created, now)),
            time(state.started, state.finished, state.phase, now),
        ]);
        if is_wide {
            cells.push(record.uid.clone());
        }
        table.add_row(Row::from(cells));
    }
    trimmed(&table)
}

/// The message of an exception in a cell: a short one as a whole, since Kedro's say first what
/// they were at and then what went wrong; of a long one its first line.
fn in_short(message: &str) -> String {
    const SHORT: usize = 3;
    let lines: Vec<&str> = message.lines().map(str::trim).collect();
    let shown = if lines.len() > SHORT { 1 } else { lines.len() };
    lines[..shown].join(" ")
}

/// What is known of a failure, in a cell: the exception, or else what is said of it.
fn reason(cause: Option<&Cause>, message: Option<&str>, task: &TaskState) -> String {
    let told = cause.and_then(|cause| {
        let message = in_short(&cause.message);
        // Which of several nodes it was.
        let node = cause.node.as_ref().filter(|_| task.nodes.len() > 1);
        let node = node.map(|node| format!("{node}: ")).unwrap_or_default();
        match &cause.exception {
            Some(exception) => Some(format!("{node}{exception}: {message}")),
            None => (!message.is_empty()).then_some(message),
        }
    });
    told.or_else(|| message.map(str::to_owned))
        .unwrap_or_default()
}

fn row(name: &str, task: &TaskState, now: Timestamp) -> Row {
    let mut why = reason(task.cause.as_ref(), task.message.as_deref(), task);
    if why.is_empty()
        && let Some(before) = &task.before
    {
        let reason = reason(before.cause.as_ref(), before.message.as_deref(), task);
        if !reason.is_empty() {
            why = format!("before: {reason}");
        }
    }
    Row::from(vec![
        name.to_owned(),
        task.phase.as_str().to_owned(),
        time(task.started, task.finished, task.phase, now),
        task.peak_memory.map(words::bytes).unwrap_or_default(),
        match task.attempts {
            0 | 1 => String::new(),
            tries => tries.to_string(),
        },
        why,
    ])
}

fn time(
    started: Option<Timestamp>,
    finished: Option<Timestamp>,
    phase: Phase,
    now: Timestamp,
) -> String {
    match (started, finished) {
        (Some(started), Some(finished)) => words::duration(words::between(started, finished)),
        (Some(started), None) if phase == Phase::Running => {
            words::duration(words::between(started, now))
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use runs::RunEvent;

    use super::*;

    #[test]
    fn a_task_that_was_tried_again_says_what_was_wrong_before() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let task = "train".to_owned();
        let started = RunEvent::TaskStarted { task: task.clone() };
        let mut events = vec![
            (at(0), started.clone()),
            (
                at(1),
                RunEvent::AttemptFailed {
                    task: task.clone(),
                    message: Some("out of memory (exit code 137)".to_owned()),
                    exit_code: Some(137),
                    cause: None,
                },
            ),
        ];
        let shown = |events: &[(Timestamp, RunEvent)]| {
            let state = RunState::replay(events.to_vec());
            tasks(&state, at(9), None)
                .lines()
                .last()
                .unwrap()
                .to_owned()
        };
        let why = "out of memory (exit code 137)";
        assert!(shown(&events).ends_with(why) && !shown(&events).contains("before"));
        events.push((at(2), started));
        assert!(
            shown(&events).ends_with(&format!("before: {why}")),
            "{}",
            shown(&events)
        );
        events.push((
            at(3),
            RunEvent::TaskFinished {
                task,
                phase: Phase::Succeeded,
                message: None,
                exit_code: Some(0),
                peak_memory: None,
                cause: None,
            },
        ));
        assert!(
            shown(&events).ends_with(&format!("before: {why}")),
            "{}",
            shown(&events)
        );
    }
}
