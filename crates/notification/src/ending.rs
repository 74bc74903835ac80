//! Endings of runs, in words for people.

use argo::status::Phase;
use serde::Serialize;

/// Maximum number of failed tasks in a message.
const MOST_TASKS: usize = 5;

/// Event that a notification reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The run failed.
    Failed,
    /// The run takes longer than expected.
    LongerThan,
    /// The run succeeded after retries of tasks.
    Retried,
    /// The run succeeded.
    Succeeded,
}

/// Ending of a run. A webhook gets its fields as JSON, with `title` and `text`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ending {
    /// Event.
    pub event: Event,
    /// Name of the Kedro project.
    pub project: String,
    /// Name of the run.
    pub run: String,
    /// Kubernetes namespace; none for a run on one machine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Schedule of `argo.yml` that started the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// Final phase, in Argo's word; `Running` for a run that takes longer than expected.
    pub phase: Phase,
    /// Duration of the run, as text: `12m 5s`.
    #[serde(skip)]
    pub took: String,
    /// Duration of the run, in seconds.
    pub seconds: f64,
    /// Failed tasks; for a successful run, the retried ones.
    pub tasks: Vec<FailedTask>,
    /// Command to continue with the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Link to the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
}

/// A task that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FailedTask {
    /// Name in the workflow.
    pub task: String,
    /// Kedro node that failed, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// Reason.
    pub why: String,
    /// Number of tries.
    pub tries: usize,
}

impl Ending {
    /// Message in one line.
    pub fn title(&self) -> String {
        let Self {
            project, run, took, ..
        } = self;
        let what = match self.event {
            Event::Failed => format!("failed after {took}"),
            Event::LongerThan if self.phase == Phase::Running => {
                format!("has run for {took}, longer than it should, and goes on")
            }
            Event::LongerThan if self.phase == Phase::Succeeded => {
                format!("took {took}, longer than it should")
            }
            Event::LongerThan => format!("failed after {took}, longer than it should take"),
            Event::Retried => format!("succeeded after {took}, with tasks that were tried again"),
            Event::Succeeded => format!("succeeded after {took}"),
        };
        let schedule = self.schedule.as_ref();
        let schedule = schedule.map_or_else(String::new, |name| format!(" of schedule {name}"));
        format!("{project}: run {run}{schedule} {what}")
    }

    /// Lines below the title: the failed nodes with their reasons, and the next command.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.tasks.iter().take(MOST_TASKS).map(line).collect();
        let more = self.tasks.len().saturating_sub(MOST_TASKS);
        if more > 0 {
            lines.push(format!("and {more} more tasks"));
        }
        lines.extend(self.next.iter().map(|next| format!("To continue: {next}")));
        lines.extend(self.link.clone());
        lines
    }

    /// Title and lines.
    pub fn text(&self) -> String {
        let mut text = self.title();
        for line in self.lines() {
            text.push('\n');
            text.push_str(&line);
        }
        text
    }
}

fn line(task: &FailedTask) -> String {
    let who = match &task.node {
        Some(node) => format!("node {node}"),
        None => format!("task {}", task.task),
    };
    let tries = match task.tries {
        0 | 1 => String::new(),
        tries => format!(" ({tries} tries)"),
    };
    format!("{who}{tries}: {}", task.why)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn failed() -> Ending {
        Ending {
            event: Event::Failed,
            project: "shop".to_owned(),
            run: "shop-x7k".to_owned(),
            namespace: Some("ml".to_owned()),
            schedule: Some("nightly".to_owned()),
            phase: Phase::Failed,
            took: "12m 5s".to_owned(),
            seconds: 725.0,
            tasks: vec![
                FailedTask {
                    task: "train".to_owned(),
                    node: Some("train".to_owned()),
                    why: "ValueError: a < b & c [src/shop/nodes.py:12 train]".to_owned(),
                    tries: 2,
                },
                FailedTask {
                    task: "score".to_owned(),
                    node: None,
                    why: "OOMKilled (exit code 137)".to_owned(),
                    tries: 1,
                },
            ],
            next: Some("kedro argo retry shop-x7k".to_owned()),
            link: Some("https://argo.example.com/workflows/ml/shop-x7k".to_owned()),
        }
    }

    #[test]
    fn a_failure_says_which_node_why_and_how_to_go_on() {
        insta::assert_snapshot!(failed().text(), @r"
        shop: run shop-x7k of schedule nightly failed after 12m 5s
        node train (2 tries): ValueError: a < b & c [src/shop/nodes.py:12 train]
        task score: OOMKilled (exit code 137)
        To continue: kedro argo retry shop-x7k
        https://argo.example.com/workflows/ml/shop-x7k
        ");
    }

    #[test]
    fn a_message_stays_short() {
        let mut ending = failed();
        let one = ending.tasks[0].clone();
        ending.tasks = vec![one; 40];
        assert_eq!(ending.lines().len(), MOST_TASKS + 3);
        assert_eq!(ending.lines()[MOST_TASKS], "and 35 more tasks");
    }
}
