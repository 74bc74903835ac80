//! Evaluates `depends` over the results of tasks.

use std::fmt;

use super::condition::{Condition, RESERVED, Term};
use super::result::TaskResult;
use crate::status::Phase;

/// The results of a task that has ended, or of a started daemon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskResults {
    /// Phase of the task.
    pub phase: Phase,
    /// Says whether the task is a running daemon.
    pub is_daemoned: bool,
    /// Says whether one item of the task succeeded. False for a task without items.
    pub any_succeeded: bool,
    /// Says whether all items of the task failed. False for a task without items.
    pub all_failed: bool,
}

impl TaskResults {
    /// The results of a task without items.
    pub fn new(phase: Phase) -> Self {
        Self {
            phase,
            ..Self::default()
        }
    }

    /// The results of a task with items, from its phase and the phases of its items. An item with an unknown phase is
    /// `None`.
    ///
    /// An item that could not run has not failed: then `AllFailed` is false.
    pub fn of_items(phase: Phase, items: &[Option<Phase>]) -> Self {
        let is = |wanted: Phase| move |item: &Option<Phase>| *item == Some(wanted);
        Self {
            phase,
            is_daemoned: false,
            any_succeeded: items.iter().any(is(Phase::Succeeded)),
            all_failed: !items.is_empty() && items.iter().all(is(Phase::Failed)),
        }
    }

    /// Says whether the task has a result.
    pub fn has(self, result: TaskResult) -> bool {
        match result {
            TaskResult::Succeeded => self.phase == Phase::Succeeded,
            TaskResult::Failed => self.phase == Phase::Failed,
            TaskResult::Errored => self.phase == Phase::Error,
            TaskResult::Skipped => self.phase == Phase::Skipped,
            TaskResult::Omitted => self.phase == Phase::Omitted,
            TaskResult::Daemoned => self.is_daemoned && self.phase != Phase::Pending,
            TaskResult::AnySucceeded => self.any_succeeded,
            TaskResult::AllFailed => self.all_failed,
        }
    }
}

/// A task that other tasks may depend on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dependency {
    /// The results; none until the task and its hooks have ended.
    pub results: Option<TaskResults>,
    /// `continueOn.error` of the task.
    pub continues_on_error: bool,
    /// `continueOn.failed` of the task.
    pub continues_on_failed: bool,
}

impl Dependency {
    /// Says whether tasks with a plain dependency on this task may start (`expandDependency`).
    fn goes_on(self, results: TaskResults) -> bool {
        let mut good = vec![
            TaskResult::Succeeded,
            TaskResult::Skipped,
            TaskResult::Daemoned,
        ];
        good.extend(self.continues_on_error.then_some(TaskResult::Errored));
        good.extend(self.continues_on_failed.then_some(TaskResult::Failed));
        good.into_iter().any(|result| results.has(result))
    }
}

/// Reason why a condition cannot be evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DependsError {
    /// A task has no such result.
    Result {
        /// Name of the task.
        task: String,
        /// The unknown result.
        word: String,
    },
    /// Argo cannot read the task's name in an expression: it starts with a digit, or is a word of the expression
    /// language.
    Name(String),
}

impl fmt::Display for DependsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Result { task, word } => {
                write!(formatter, "the task `{task}` has no result `{word}`")
            }
            Self::Name(task) => write!(formatter, "`{task}` cannot stand in `depends`"),
        }
    }
}

impl std::error::Error for DependsError {}

/// Evaluates a condition: true runs the task, false omits it. `None` until all tasks that the condition names have
/// ended, even if the answer is already certain.
///
/// # Errors
///
/// Returns why the condition cannot be evaluated; the task then ends with this error.
pub fn evaluate(
    condition: &Condition<'_>,
    tasks: &impl Fn(&str) -> Option<Dependency>,
) -> Result<Option<bool>, DependsError> {
    let terms = condition.terms();
    for term in &terms {
        let is_ended = tasks(term.task).is_some_and(|task| task.results.is_some());
        if !is_ended {
            return Ok(None);
        }
    }
    // Argo checks the whole expression before it evaluates any part.
    for term in terms {
        check(term)?;
    }
    Ok(Some(holds(condition, tasks)))
}

fn check(term: &Term<'_>) -> Result<(), DependsError> {
    let task = term.task;
    if RESERVED.contains(&task) || task.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(DependsError::Name(task.to_owned()));
    }
    match term.result {
        Some(word) if TaskResult::of(word).is_none() => Err(DependsError::Result {
            task: task.to_owned(),
            word: word.to_owned(),
        }),
        _ => Ok(()),
    }
}

fn holds(condition: &Condition<'_>, tasks: &impl Fn(&str) -> Option<Dependency>) -> bool {
    match condition {
        Condition::Task(term) => {
            let task = tasks(term.task).unwrap_or_default();
            let results = task.results.unwrap_or_default();
            match term.result.and_then(TaskResult::of) {
                Some(result) => results.has(result),
                None => task.goes_on(results),
            }
        }
        Condition::All(parts) => parts.iter().all(|part| holds(part, tasks)),
        Condition::Any(parts) => parts.iter().any(|part| holds(part, tasks)),
        Condition::Not(part) => !holds(part, tasks),
        Condition::Equal(left, right) => holds(left, tasks) == holds(right, tasks),
        Condition::If(parts) => {
            let [first, then, other] = parts.as_ref();
            holds(if holds(first, tasks) { then } else { other }, tasks)
        }
    }
}
