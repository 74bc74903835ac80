use std::collections::HashSet;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::event::Scope;
use crate::{Cause, Phase, RunEvent, TaskInfo};

/// Message of a suspended run.
pub const SUSPENDED: &str = "suspended: no task starts until it is resumed";

/// State of a run, reduced from its events.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RunState {
    /// Phase of the run.
    pub phase: Phase,
    /// Reason for its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Time of its latest start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// Time at which it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished: Option<Timestamp>,
    /// Tasks, in the order of the workflow.
    pub tasks: IndexMap<String, TaskState>,
}

/// State of a task.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TaskState {
    /// Kedro nodes of the task.
    pub nodes: Vec<String>,
    /// Tasks that this one waits for.
    pub upstream: Vec<String>,
    /// Phase of the task.
    pub phase: Phase,
    /// Number of attempts.
    pub attempts: u32,
    /// Number of attempts since the run began or was last retried.
    #[serde(skip)]
    pub attempts_now: u32,
    /// Time since which the next attempt waits to start, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Timestamp>,
    /// Time at which the last attempt began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// Time at which it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished: Option<Timestamp>,
    /// Reason for its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Exit code of the main process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Maximum of its memory, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_memory: Option<u64>,
    /// Cause in the user's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Failure of the attempt before the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Failure>,
}

/// Failure of an attempt.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Exit code of the main process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Cause in the user's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

impl TaskState {
    /// Says whether an event is new to the state.
    fn is_news(&self, event: &RunEvent) -> bool {
        let is_open = self.attempts_now > 0 && !self.phase.is_final();
        match event {
            RunEvent::TaskStarted { attempt, .. } => attempt.is_none_or(|it| it > self.attempts),
            RunEvent::AttemptFailed { attempt, .. } => attempt.is_none_or(|it| {
                it > self.attempts || (it == self.attempts && self.phase == Phase::Running)
            }),
            RunEvent::TaskFinished { attempt, .. } => match attempt {
                Some(it) => *it > self.attempts || (*it == self.attempts && is_open),
                None => !self.phase.is_final(),
            },
            RunEvent::TaskWaiting { message, .. } => {
                self.phase == Phase::Pending && self.message.as_ref() != Some(message)
            }
            RunEvent::TaskOmitted { .. } | RunEvent::TaskSkipped { .. } => !self.phase.is_final(),
            _ => false,
        }
    }

    /// Applies a new event.
    fn apply(&mut self, at: Timestamp, event: &RunEvent) {
        match event {
            RunEvent::TaskStarted { attempt, .. } => {
                self.reach(attempt.unwrap_or(self.attempts + 1));
                self.phase = Phase::Running;
                self.waiting = None;
                self.started = Some(at);
                self.finished = None;
                self.message = None;
                self.exit_code = None;
                self.cause = None;
            }
            RunEvent::TaskWaiting { message, .. } => {
                self.waiting = self.waiting.or(Some(at));
                self.message = Some(message.clone());
            }
            RunEvent::AttemptFailed {
                attempt,
                message,
                exit_code,
                cause,
                ..
            } => {
                self.reach(attempt.unwrap_or(self.attempts));
                self.phase = Phase::Pending;
                self.waiting = Some(at);
                self.finished = Some(at);
                self.message.clone_from(message);
                self.exit_code = *exit_code;
                self.cause.clone_from(cause);
                self.before = Some(Failure {
                    message: message.clone(),
                    exit_code: *exit_code,
                    cause: cause.clone(),
                });
            }
            RunEvent::TaskFinished {
                attempt,
                phase,
                message,
                exit_code,
                used,
                cause,
                ..
            } => {
                self.reach(attempt.unwrap_or(self.attempts));
                self.phase = *phase;
                self.waiting = None;
                self.finished = Some(at);
                self.message.clone_from(message);
                self.exit_code = *exit_code;
                self.peak_memory = used.peak_memory;
                self.cause.clone_from(cause);
            }
            RunEvent::TaskOmitted { .. } => {
                self.phase = Phase::Omitted;
                self.waiting = None;
            }
            RunEvent::TaskSkipped { message, .. } => {
                self.phase = Phase::Skipped;
                self.waiting = None;
                self.message.clone_from(message);
            }
            _ => {}
        }
    }

    /// Raises the number of attempts to this one.
    fn reach(&mut self, attempt: u32) {
        self.attempts_now += attempt.saturating_sub(self.attempts);
        self.attempts = self.attempts.max(attempt);
    }

    /// Failure of the last attempt, for a task that will run again.
    fn failure(&self) -> Option<Failure> {
        let message = match self.phase {
            Phase::Succeeded | Phase::Skipped => return None,
            // The task never ran, or waits for another run.
            Phase::Pending | Phase::Omitted => return self.before.clone(),
            Phase::Running => Some(PROCESS_GONE.to_owned()),
            Phase::Failed | Phase::Error => self.message.clone(),
        };
        Some(Failure {
            message,
            exit_code: self.exit_code,
            cause: self.cause.clone(),
        })
    }
}

/// Message of a run whose process is gone, and of its running tasks; more text may follow.
pub const PROCESS_GONE: &str = "stopped: the process of the run no longer exists";
/// Message of a run that ended before it began.
const NEVER_BEGAN: &str = "its process ended before the run began";

impl RunState {
    /// Adds the tasks of a run; unknown ones are pending.
    pub fn expect(&mut self, tasks: impl IntoIterator<Item = TaskInfo>) {
        for task in tasks {
            let state = self.tasks.entry(task.name).or_default();
            state.nodes = task.nodes;
            state.upstream = task.upstream;
        }
    }

    /// Reduces all events of a history.
    pub fn replay(events: impl IntoIterator<Item = (Timestamp, RunEvent)>) -> Self {
        let mut state = Self::default();
        for (at, event) in events {
            state.apply(at, &event);
        }
        state
    }

    /// Applies an event. An event that was applied before changes nothing, from any source and in any order of two
    /// sources: an attempt never goes back, and an event of an attempt before a retry is too late.
    ///
    /// Says whether the event was new.
    pub fn apply(&mut self, at: Timestamp, event: &RunEvent) -> bool {
        if let RunEvent::RunStarted { tasks, outstanding } = event {
            return self.begin(at, tasks, outstanding);
        }
        if let Scope::Task(name) = event.scope() {
            let known = self.tasks.get(name);
            if known.is_some_and(|task| !task.is_news(event)) {
                return false;
            }
            self.tasks
                .entry(name.to_owned())
                .or_default()
                .apply(at, event);
            return true;
        }
        match event {
            RunEvent::RunWaiting { message } if !self.phase.is_final() => {
                if self.message == *message {
                    return false;
                }
                self.message.clone_from(message);
                true
            }
            RunEvent::RunFinished { phase, message } if !self.phase.is_final() => {
                self.phase = *phase;
                self.message.clone_from(message);
                self.finished = Some(at);
                true
            }
            _ => false,
        }
    }

    /// Begins the run, restarts it, or adds tasks that were unknown at its start.
    fn begin(&mut self, at: Timestamp, tasks: &[TaskInfo], outstanding: &[String]) -> bool {
        let is_same = self.started == Some(at);
        let outstanding: HashSet<&String> = outstanding.iter().collect();
        let mut is_news = !is_same;
        if !is_same {
            self.phase = Phase::Running;
            self.message = None;
            self.started = Some(at);
            self.finished = None;
        }
        for info in tasks {
            let is_known = self.tasks.contains_key(&info.name);
            is_news |= !is_known;
            let task = self.tasks.entry(info.name.clone()).or_default();
            task.nodes.clone_from(&info.nodes);
            task.upstream.clone_from(&info.upstream);
            if !is_same && outstanding.contains(&info.name) {
                *task = TaskState {
                    nodes: info.nodes.clone(),
                    upstream: info.upstream.clone(),
                    attempts: task.attempts,
                    before: task.failure(),
                    ..TaskState::default()
                };
            }
        }
        is_news
    }

    /// Finds the tasks that a `RunStarted` event changes. None for another kind of event, or if it has a new or changed
    /// task.
    pub(crate) fn changed_by_beginning<'e>(
        &self,
        at: Timestamp,
        event: &'e RunEvent,
    ) -> Option<Vec<&'e str>> {
        let RunEvent::RunStarted { tasks, outstanding } = event else {
            return None;
        };
        let outstanding: HashSet<&String> = if self.started == Some(at) {
            HashSet::new()
        } else {
            outstanding.iter().collect()
        };
        let mut changed = Vec::new();
        for info in tasks {
            let known = self.tasks.get(&info.name)?;
            if known.nodes != info.nodes || known.upstream != info.upstream {
                return None;
            }
            // A task that ran when the process died is on record as running until now.
            let is_cut_off = known.message.as_deref() == Some(PROCESS_GONE);
            if is_cut_off || outstanding.contains(&info.name) {
                changed.push(info.name.as_str());
            }
        }
        Some(changed)
    }

    /// Time since which a ready task waits to start; none for other tasks.
    pub fn waits_since(&self, task: &TaskState) -> Option<Timestamp> {
        if task.phase != Phase::Pending || self.phase != Phase::Running {
            return None;
        }
        if task.waiting.is_some() {
            return task.waiting;
        }
        let mut since = self.started;
        for name in &task.upstream {
            let upstream = self.tasks.get(name)?;
            if !upstream.phase.is_final() {
                return None;
            }
            since = since.max(upstream.finished);
        }
        since
    }

    /// Adds the number of the attempt to an event that lacks it.
    #[must_use]
    pub fn numbered(&self, mut event: RunEvent) -> RunEvent {
        let attempts = |task: &str| self.tasks.get(task).map_or(0, |task| task.attempts);
        match &mut event {
            RunEvent::TaskStarted { task, attempt } if attempt.is_none() => {
                *attempt = Some(attempts(task) + 1);
            }
            RunEvent::AttemptFailed { task, attempt, .. } if attempt.is_none() => {
                *attempt = Some(attempts(task));
            }
            RunEvent::TaskFinished { task, attempt, .. } if attempt.is_none() => {
                let known = self.tasks.get(task.as_str());
                *attempt = known
                    .filter(|task| task.attempts_now > 0)
                    .map(|task| task.attempts);
            }
            _ => {}
        }
        event
    }

    /// Marks a run as interrupted: its process is gone, but its end is not on record. Tasks that still ran have failed.
    pub fn interrupt(&mut self) {
        if self.phase == Phase::Pending {
            self.phase = Phase::Failed;
            self.message = Some(NEVER_BEGAN.to_owned());
            return;
        }
        if self.phase != Phase::Running {
            return;
        }
        self.phase = Phase::Failed;
        let was_suspended = self.message.as_deref() == Some(SUSPENDED);
        let gone = if was_suspended {
            format!("{PROCESS_GONE}, and the run was suspended")
        } else {
            PROCESS_GONE.to_owned()
        };
        self.message = Some(gone);
        for task in self.tasks.values_mut() {
            if task.phase == Phase::Running {
                task.phase = Phase::Failed;
                task.message = Some(PROCESS_GONE.to_owned());
            }
        }
    }

    /// Tasks that a retry has to run: all that did not succeed.
    pub fn outstanding(&self) -> Vec<String> {
        self.tasks
            .iter()
            .filter(|(_, task)| !matches!(task.phase, Phase::Succeeded | Phase::Skipped))
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Number of tasks in a phase.
    pub fn count(&self, phase: Phase) -> usize {
        self.tasks
            .values()
            .filter(|task| task.phase == phase)
            .count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{TaskInfo, Used};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn info(name: &str, upstream: &[&str]) -> TaskInfo {
        TaskInfo {
            name: name.to_owned(),
            nodes: vec![name.to_owned()],
            upstream: upstream.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn finished(task: &str, phase: Phase) -> RunEvent {
        RunEvent::TaskFinished {
            task: task.to_owned(),
            attempt: None,
            phase,
            message: None,
            exit_code: Some(i32::from(phase != Phase::Succeeded)),
            used: Used::default(),
            cause: None,
        }
    }

    fn started(task: &str) -> RunEvent {
        RunEvent::TaskStarted {
            task: task.to_owned(),
            attempt: None,
        }
    }

    fn failed_run() -> RunState {
        let tasks = vec![info("a", &[]), info("b", &["a"]), info("c", &["b"])];
        let names = |tasks: &[TaskInfo]| tasks.iter().map(|task| task.name.clone()).collect();
        RunState::replay([
            (
                at(0),
                RunEvent::RunStarted {
                    outstanding: names(&tasks),
                    tasks,
                },
            ),
            (at(1), started("a")),
            (at(2), finished("a", Phase::Succeeded)),
            (at(2), started("b")),
            (at(3), finished("b", Phase::Failed)),
            (
                at(3),
                RunEvent::TaskOmitted {
                    task: "c".to_owned(),
                },
            ),
            (
                at(3),
                RunEvent::RunFinished {
                    phase: Phase::Failed,
                    message: None,
                },
            ),
        ])
    }

    #[test]
    fn a_retry_runs_what_did_not_succeed_and_counts_attempts() {
        let mut state = failed_run();
        assert_eq!(state.outstanding(), ["b", "c"]);
        state.apply(
            at(10),
            &RunEvent::RunStarted {
                tasks: vec![info("a", &[]), info("b", &["a"]), info("c", &["b"])],
                outstanding: state.outstanding(),
            },
        );
        assert_eq!(state.phase, Phase::Running);
        assert_eq!(state.tasks["a"].phase, Phase::Succeeded);
        assert_eq!(state.tasks["b"].phase, Phase::Pending);
        state.apply(at(11), &started("b"));
        assert_eq!(
            (state.tasks["b"].attempts, state.tasks["a"].attempts),
            (2, 1)
        );
        let before = state.tasks["b"].before.clone().unwrap();
        assert_eq!(
            (before.exit_code, state.tasks["b"].exit_code),
            (Some(1), None)
        );
        assert_eq!(state.tasks["a"].before, None);
    }

    #[test]
    fn a_task_knows_why_its_last_attempt_failed_and_no_older_one() {
        let restarted = |mut state: RunState| {
            let outstanding: Vec<String> = state.tasks.keys().cloned().collect();
            let tasks = outstanding.iter().map(|name| info(name, &[])).collect();
            let later = state.started.unwrap().as_second() + 20;
            state.apply(at(later), &RunEvent::RunStarted { tasks, outstanding });
            state
        };
        let mut state = restarted(failed_run());
        assert!(state.tasks["b"].before.is_some());
        // Another wait is no attempt.
        state = restarted(state);
        assert!(state.tasks["b"].before.is_some());
        state.apply(at(21), &started("b"));
        // The process of the run was killed.
        let cut_off = restarted(state.clone());
        let before = cut_off.tasks["b"].before.clone().unwrap();
        assert_eq!(before.message.as_deref(), Some(PROCESS_GONE));
        state.apply(at(22), &finished("b", Phase::Succeeded));
        assert!(state.tasks["b"].before.is_some());
        assert_eq!(restarted(state).tasks["b"].before, None);
    }

    #[test]
    fn what_ran_when_the_process_died_has_failed() {
        let mut state = RunState::replay([
            (
                at(0),
                RunEvent::RunStarted {
                    tasks: vec![info("a", &[])],
                    outstanding: vec!["a".to_owned()],
                },
            ),
            (at(1), started("a")),
        ]);
        state.interrupt();
        assert_eq!(state.phase, Phase::Failed);
        assert_eq!(state.outstanding(), ["a"]);
        let before = failed_run();
        let mut after = before.clone();
        after.interrupt();
        assert_eq!(before, after);
        let mut pending = RunState::default();
        pending.interrupt();
        assert_eq!(pending.phase, Phase::Failed);
        assert_eq!(
            pending.message.as_deref(),
            Some("its process ended before the run began")
        );
    }

    /// Events of a retried run, attempt by attempt.
    fn told() -> Vec<(Timestamp, RunEvent)> {
        let begin = |second| {
            let event = RunEvent::RunStarted {
                tasks: vec![info("a", &[]), info("b", &["a"])],
                outstanding: vec!["a".to_owned(), "b".to_owned()],
            };
            (at(second), event)
        };
        let event = |second: i64, text: &str| {
            let event = serde_json::from_str(text).unwrap();
            (at(second), event)
        };
        vec![
            begin(0),
            event(1, r#"{"event": "task_started", "task": "a", "attempt": 1}"#),
            event(
                2,
                r#"{"event": "attempt_failed", "task": "a", "attempt": 1, "exit_code": 1}"#,
            ),
            event(3, r#"{"event": "task_started", "task": "a", "attempt": 2}"#),
            event(
                4,
                r#"{"event": "task_finished", "task": "a", "attempt": 2, "phase": "Failed", "exit_code": 2}"#,
            ),
            event(4, r#"{"event": "task_omitted", "task": "b"}"#),
            event(5, r#"{"event": "run_finished", "phase": "Failed"}"#),
            begin(10),
            event(
                11,
                r#"{"event": "task_started", "task": "a", "attempt": 3}"#,
            ),
            event(
                12,
                r#"{"event": "task_finished", "task": "a", "attempt": 3, "phase": "Succeeded"}"#,
            ),
            event(
                13,
                r#"{"event": "task_started", "task": "b", "attempt": 1}"#,
            ),
        ]
    }

    #[test]
    fn what_several_tell_is_taken_in_once() {
        let once = RunState::replay(told());
        let mut state = RunState::default();
        for (at, event) in told() {
            assert!(state.apply(at, &event), "{event:?}");
            for _ in 0..2 {
                assert!(!state.apply(at, &event), "{event:?}");
            }
        }
        assert_eq!(state, once);
        assert_eq!((once.tasks["a"].attempts, once.tasks["b"].attempts), (3, 1));
    }

    #[test]
    fn who_tells_late_changes_nothing() {
        // Another observer is a few events behind, since the begin or the retry.
        for round in [0..7, 7..11] {
            for late in 1..4 {
                let mut state = RunState::replay(told().into_iter().take(round.start));
                let events = &told()[round.clone()];
                for (index, (at, event)) in events.iter().enumerate() {
                    state.apply(*at, event);
                    if let Some((at, event)) = index.checked_sub(late).map(|index| &events[index]) {
                        assert!(!state.apply(*at, event), "{event:?}");
                    }
                }
                assert_eq!(state, RunState::replay(told().into_iter().take(round.end)));
            }
        }
    }

    #[test]
    fn a_task_whose_turn_has_come_waits() {
        let mut state = RunState::default();
        for (at, event) in told().into_iter().take(3) {
            state.apply(at, &event);
        }
        let since = |state: &RunState, task: &str| state.waits_since(&state.tasks[task]);
        // The next attempt has not started; the other task waits for the first task, not for a start.
        assert_eq!(since(&state, "a"), Some(at(2)));
        assert_eq!(since(&state, "b"), None);
        state.apply(at(3), &started("a"));
        assert_eq!(since(&state, "a"), None);
        state.apply(at(9), &finished("a", Phase::Succeeded));
        assert_eq!(since(&state, "b"), Some(at(9)));
    }
}
