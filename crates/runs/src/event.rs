use argo::status::Phase;
use serde::{Deserialize, Serialize};

use crate::Used;

/// A task, with its name in the views.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskInfo {
    /// Name in the workflow.
    pub name: String,
    /// Kedro nodes of the task.
    pub nodes: Vec<String>,
    /// Tasks that this one waits for.
    pub upstream: Vec<String>,
}

/// An event of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEvent {
    /// The run begins, or continues after `retry`; the event lists all its tasks.
    RunStarted {
        /// Every task of the workflow.
        tasks: Vec<TaskInfo>,
        /// Tasks that will run now.
        outstanding: Vec<String>,
    },
    /// An attempt of a task begins.
    TaskStarted {
        /// The task.
        task: String,
        /// Number of the attempt, from 1 and over all retries of the run; if none, the number after the last attempt.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attempt: Option<u32>,
    },
    /// A task printed a line. The task's log keeps the line, but the history does not.
    LogLine {
        /// The task.
        task: String,
        /// Set if the line came from standard error.
        is_error: bool,
        /// The line, without its end.
        line: String,
    },
    /// The run is paused: it waits for a lock, or somebody suspended it. Without a reason it continues.
    RunWaiting {
        /// Reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// A task cannot start yet; on a cluster, the message of the scheduler.
    TaskWaiting {
        /// The task.
        task: String,
        /// Reason.
        message: String,
    },
    /// An attempt of a task failed, and the task will be retried.
    AttemptFailed {
        /// The task.
        task: String,
        /// Number of the attempt; the last one if none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attempt: Option<u32>,
        /// Reason, in the controller's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// Exit code of the main process.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exit_code: Option<i32>,
        /// Cause in the user's code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<Cause>,
        /// Resources that the attempt used.
        #[serde(flatten)]
        used: Used,
    },
    /// The last attempt of a task ended, and so did the task.
    TaskFinished {
        /// The task.
        task: String,
        /// Number of the last attempt; if none, the last one on record, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attempt: Option<u32>,
        /// Final phase.
        phase: Phase,
        /// Reason in the controller's words, if there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
        /// Exit code of the main process.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exit_code: Option<i32>,
        /// Resources that the attempt used.
        #[serde(flatten)]
        used: Used,
        /// Cause in the user's code.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<Cause>,
    },
    /// A task will not run, because a task that it waits for failed.
    TaskOmitted {
        /// The task.
        task: String,
    },
    /// A task will not run, but the tasks after it continue.
    TaskSkipped {
        /// The task.
        task: String,
        /// Reason, in the controller's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
    /// The run ended.
    RunFinished {
        /// Final phase.
        phase: Phase,
        /// Reason, if there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<String>,
    },
}

/// Part of a run that an event changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope<'a> {
    /// No part: the event is not on record.
    Nothing,
    /// The run itself.
    Run,
    /// One task.
    Task(&'a str),
    /// The run and all of its tasks.
    All,
}

impl RunEvent {
    /// Part of a run that the event changes.
    pub(crate) fn scope(&self) -> Scope<'_> {
        match self {
            Self::LogLine { .. } => Scope::Nothing,
            Self::RunWaiting { .. } | Self::RunFinished { .. } => Scope::Run,
            Self::RunStarted { .. } => Scope::All,
            Self::TaskStarted { task, .. }
            | Self::TaskWaiting { task, .. }
            | Self::AttemptFailed { task, .. }
            | Self::TaskFinished { task, .. }
            | Self::TaskOmitted { task }
            | Self::TaskSkipped { task, .. } => Scope::Task(task),
        }
    }
}

/// Cause of a failed task, from the worker's report (`python/argo_kedro/worker/task.py`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// `exception`, `exit`, or the kind of a failure of the worker itself.
    pub kind: String,
    /// Class of the exception.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
    /// Text of the error.
    #[serde(default)]
    pub message: String,
    /// Kedro node that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Line in the user's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frame: Option<Frame>,
    /// Traceback of the user's code, as Python prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceback: Option<String>,
}

/// A place in the user's code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The function.
    pub function: String,
}

/// Maximum length in bytes of the message and the traceback of a cause.
const LONGEST_MESSAGE: usize = 16 * 1024;
const LONGEST_TRACEBACK: usize = 64 * 1024;

impl Cause {
    /// Message in one line. Kedro's datasets put their action with all arguments before the error (`kedro/io/core.py`);
    /// this puts the error first.
    pub fn in_short(&self) -> String {
        const AT: [&str; 2] = [
            "Failed while loading data from dataset ",
            "Failed while saving data to dataset ",
        ];
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = self.message.trim();
        match text.split_once('\n') {
            Some((at, cause)) if AT.iter().any(|start| at.starts_with(start)) => {
                let at = at.trim_start_matches("Failed ").trim_end_matches('.');
                format!("{} ({})", one_line(cause), one_line(at))
            }
            _ => one_line(text),
        }
    }

    /// Shortens texts that are too long to read, and marks the cut.
    pub fn shorten(&mut self) {
        cut(&mut self.message, LONGEST_MESSAGE);
        if let Some(traceback) = &mut self.traceback {
            cut(traceback, LONGEST_TRACEBACK);
        }
    }
}

/// Cuts the middle out of a long text: an end of it has the error.
fn cut(text: &mut String, most: usize) {
    if text.len() <= most {
        return;
    }
    let (mut start, mut end) = (most / 2, text.len() - most / 2);
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    text.replace_range(
        start..end,
        "\n… cut here; the task's log has the whole text …\n",
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_wrong_with_a_dataset_comes_before_what_it_is() {
        let said = |message: &str| {
            let cause = Cause {
                message: message.to_owned(),
                ..Cause::default()
            };
            cause.in_short()
        };
        let loading = "Failed while loading data from dataset kedro.X(filepath=/a.csv).\n[Errno 2] No such file\n  a";
        assert_eq!(
            said(loading),
            "[Errno 2] No such file a (while loading data from dataset kedro.X(filepath=/a.csv))"
        );
        assert_eq!(
            said("Failed while loading\n  it all"),
            "Failed while loading it all"
        );
        assert_eq!(said(" too deep\n"), "too deep");
    }

    #[test]
    fn a_long_text_loses_its_middle_and_says_so() {
        let mut cause = Cause {
            message: format!("first {} last", "é".repeat(10_000_000)),
            traceback: Some("short".to_owned()),
            ..Cause::default()
        };
        cause.shorten();
        assert!(cause.message.len() < LONGEST_MESSAGE + 100);
        assert!(cause.message.starts_with("first é") && cause.message.ends_with("é last"));
        assert!(cause.message.contains("cut here"));
        assert_eq!(cause.traceback.as_deref(), Some("short"));
        cause.traceback = Some("x".repeat(LONGEST_TRACEBACK));
        cause.message = "x".repeat(LONGEST_MESSAGE);
        cause.shorten();
        assert_eq!(cause.message.len(), LONGEST_MESSAGE);
        assert_eq!(cause.traceback.unwrap().len(), LONGEST_TRACEBACK);
    }
}
