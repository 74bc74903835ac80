//! Tasks of a run at its end.

use indexmap::IndexMap;
use jiff::Timestamp;
use runs::{Phase, RunState};

use super::printer::Printer;
use crate::render::runs::{TASKS, row, table, tasks};

/// Most tasks that the end of a run shows in full.
const MANY: usize = 100;

/// Tasks at the end of a run; ordinary ones are left out if there are many.
///
/// # Returns
///
/// The table, which may be empty, and a note about the omitted tasks.
fn tasks_at_the_end(
    state: &RunState,
    now: Timestamp,
    width: Option<u16>,
) -> (String, Option<String>) {
    if state.tasks.len() <= MANY {
        return (tasks(state, now, width), None);
    }
    let mut left_out: IndexMap<&str, usize> = IndexMap::new();
    let mut rows = Vec::new();
    for (name, task) in &state.tasks {
        let is_plain = matches!(
            task.phase,
            Phase::Succeeded | Phase::Skipped | Phase::Omitted
        );
        if is_plain && task.attempts <= 1 && task.before.is_none() {
            *left_out.entry(task.phase.as_str()).or_default() += 1;
        } else {
            rows.push(row(name, task, state, now));
        }
    }
    let shown = if rows.is_empty() {
        String::new()
    } else {
        table(&TASKS, &rows, width)
    };
    let left_out: Vec<String> = left_out
        .iter()
        .map(|(phase, count)| format!("{count} {phase}"))
        .collect();
    let other = if rows.is_empty() { "" } else { "other " };
    let note = (!left_out.is_empty()).then(|| format!("{other}tasks: {}", left_out.join(", ")));
    (shown, note)
}

/// Shows the tasks of a run that has ended.
pub(crate) fn show_tasks(run: &str, state: &RunState, program: &str, printer: Printer) {
    let (tasks, left_out) = tasks_at_the_end(state, Timestamp::now(), printer.width());
    if !tasks.is_empty() {
        printer.data(&tasks);
    }
    if let Some(left_out) = left_out {
        printer.say(&format!("{left_out}; to see all: {program} status {run}"));
    }
}

#[cfg(test)]
mod tests {
    use runs::TaskState;

    use super::*;

    #[test]
    fn of_many_tasks_the_end_shows_those_that_say_something() {
        let mut state = RunState::default();
        for number in 0..=MANY {
            let task = TaskState {
                phase: Phase::Succeeded,
                attempts: 1,
                ..TaskState::default()
            };
            state.tasks.insert(format!("t{number}"), task);
        }
        let now = Timestamp::from_second(0).unwrap();
        let all = tasks_at_the_end(&state, now, None);
        assert_eq!(
            all,
            (String::new(), Some("tasks: 101 Succeeded".to_owned()))
        );
        state.tasks[3].phase = Phase::Failed;
        state.tasks[4].attempts = 2;
        state.tasks[5].phase = Phase::Omitted;
        let (shown, left_out) = tasks_at_the_end(&state, now, None);
        let names: Vec<&str> = shown
            .lines()
            .skip(1)
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        assert_eq!(names, ["t3", "t4"]);
        assert_eq!(
            left_out.as_deref(),
            Some("other tasks: 98 Succeeded, 1 Omitted")
        );
        state.tasks.pop();
        let (shown, left_out) = tasks_at_the_end(&state, now, None);
        assert_eq!((shown.lines().count(), left_out), (MANY + 1, None));
    }
}
