use indexmap::IndexMap;
use jiff::Timestamp;
use serde::Serialize;

use crate::{Cause, Phase, RunEvent, TaskInfo};

/// What the events of a run add up to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct RunState {
    /// Where the run stands.
    pub phase: Phase,
    /// Why it ended so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// When it began, the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished: Option<Timestamp>,
    /// Its tasks, in the order of the workflow.
    pub tasks: IndexMap<String, TaskState>,
}

/// Where a task stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TaskState {
    /// Its Kedro nodes.
    pub nodes: Vec<String>,
    /// Tasks it waits for.
    pub upstream: Vec<String>,
    /// Where it stands.
    pub phase: Phase,
    /// How often it was started.
    pub attempts: u32,
    /// How often since the run began or was last retried.
    #[serde(skip)]
    pub attempts_now: u32,
    /// When the last attempt began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started: Option<Timestamp>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished: Option<Timestamp>,
    /// Why it ended so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Exit code of its main process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Most memory it held, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_memory: Option<u64>,
    /// What the user's code said about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// Why the last attempt before this one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Failure>,
}

/// Why an attempt failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// What is said of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Exit code of its main process.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// What the user's code said about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
}

impl TaskState {
    /// Why its last attempt failed, for one that is to run again.
    fn failure(&self) -> Option<Failure> {
        let message = match self.phase {
            Phase::Succeeded | Phase::Skipped => return None,
            // It never ran, or waits to run again.
            Phase::Pending | Phase::Omitted => return self.before.clone(),
            Phase::Running => Some(INTERRUPTED.to_owned()),
            Phase::Failed | Phase::Error => self.message.clone(),
        };
        Some(Failure {
            message,
            exit_code: self.exit_code,
            cause: self.cause.clone(),
        })
    }
}

/// What becomes of a task whose run's process is gone.
const INTERRUPTED: &str = "interrupted";

impl RunState {
    /// Takes in the tasks that a run has: those that nothing is known of are pending.
    pub fn expect(&mut self, tasks: impl IntoIterator<Item = TaskInfo>) {
        for task in tasks {
            let state = self.tasks.entry(task.name).or_default();
            state.nodes = task.nodes;
            state.upstream = task.upstream;
        }
    }

    /// Adds up a history.
    pub fn replay(events: impl IntoIterator<Item = (Timestamp, RunEvent)>) -> Self {
        let mut state = Self::default();
        for (at, event) in events {
            state.apply(at, &event);
        }
        state
    }

    /// Takes in one event.
    pub fn apply(&mut self, at: Timestamp, event: &RunEvent) {
        match event {
            RunEvent::RunStarted { tasks, outstanding } => {
                self.phase = Phase::Running;
                self.message = None;
                self.started = Some(at);
                self.finished = None;
                for info in tasks {
                    let task = self.tasks.entry(info.name.clone()).or_default();
                    task.nodes.clone_from(&info.nodes);
                    task.upstream.clone_from(&info.upstream);
                    if outstanding.contains(&info.name) {
                        *task = TaskState {
                            nodes: info.nodes.clone(),
                            upstream: info.upstream.clone(),
                            attempts: task.attempts,
                            before: task.failure(),
                            ..TaskState::default()
                        };
                    }
                }
            }
            RunEvent::TaskStarted { task } => {
                let task = self.tasks.entry(task.clone()).or_default();
                task.phase = Phase::Running;
                task.attempts += 1;
                task.attempts_now += 1;
                task.started = Some(at);
                task.finished = None;
                task.message = None;
                task.exit_code = None;
                task.cause = None;
            }
            RunEvent::RunWaiting { message } => self.message.clone_from(message),
            RunEvent::TaskWaiting { task, message } => {
                self.tasks.entry(task.clone()).or_default().message = Some(message.clone());
            }
            RunEvent::AttemptFailed {
                task,
                message,
                exit_code,
                cause,
            } => {
                let task = self.tasks.entry(task.clone()).or_default();
                task.phase = Phase::Pending;
                task.finished = Some(at);
                task.message.clone_from(message);
                task.exit_code = *exit_code;
                task.cause.clone_from(cause);
                task.before = Some(Failure {
                    message: message.clone(),
                    exit_code: *exit_code,
                    cause: cause.clone(),
                });
            }
            RunEvent::LogLine { .. } => {}
            RunEvent::TaskFinished {
                task,
                phase,
                message,
                exit_code,
                peak_memory,
                cause,
            } => {
                let task = self.tasks.entry(task.clone()).or_default();
                task.phase = *phase;
                task.finished = Some(at);
                task.message.clone_from(message);
                task.exit_code = *exit_code;
                task.peak_memory = *peak_memory;
                task.cause.clone_from(cause);
            }
            RunEvent::TaskOmitted { task } => {
                self.tasks.entry(task.clone()).or_default().phase = Phase::Omitted;
            }
            RunEvent::TaskSkipped { task, message } => {
                let task = self.tasks.entry(task.clone()).or_default();
                task.phase = Phase::Skipped;
                task.message.clone_from(message);
            }
            RunEvent::RunFinished { phase, message } => {
                self.phase = *phase;
                self.message.clone_from(message);
                self.finished = Some(at);
            }
        }
    }

    /// Says that the run's process is gone though its end is not on record: whatever
    /// still ran then has failed.
    pub fn interrupt(&mut self) {
        if self.phase != Phase::Running {
            return;
        }
        self.phase = Phase::Failed;
        self.message = Some("interrupted: the process that ran it is gone".to_owned());
        for task in self.tasks.values_mut() {
            if task.phase == Phase::Running {
                task.phase = Phase::Failed;
                task.message = Some(INTERRUPTED.to_owned());
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

    /// How many tasks are in a phase.
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
    use crate::TaskInfo;

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
            phase,
            message: None,
            exit_code: Some(i32::from(phase != Phase::Succeeded)),
            peak_memory: None,
            cause: None,
        }
    }

    fn started(task: &str) -> RunEvent {
        RunEvent::TaskStarted {
            task: task.to_owned(),
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
            state.apply(at(20), &RunEvent::RunStarted { tasks, outstanding });
            state
        };
        let mut state = restarted(failed_run());
        assert!(state.tasks["b"].before.is_some());
        // It waits once more: that is no attempt.
        state = restarted(state);
        assert!(state.tasks["b"].before.is_some());
        state.apply(at(21), &started("b"));
        // Its process was killed.
        let cut_off = restarted(state.clone());
        let before = cut_off.tasks["b"].before.clone().unwrap();
        assert_eq!(before.message.as_deref(), Some("interrupted"));
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
    }
}
