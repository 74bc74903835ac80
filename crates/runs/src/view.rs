//! View of a Workflow's status as a run with tasks and attempts, and the new events in it.

use std::collections::BTreeSet;

use argo::status::{NodeKind, NodeStatus, WorkflowStatus, split_attempt};
use indexmap::IndexMap;
use jiff::Timestamp;
use marks::{NODES, TaskOutline, name_list, task_of_node};

use crate::cause::plain_message;
use crate::{
    Cause, Notes, Phase, RunEvent, RunState, SUSPENDED, TaskInfo, TaskState, Used, Written,
    termination_message,
};

/// Message of a suspended task, if it is unknown whether the task also continues by itself.
const WAITS_FOR_SOMEBODY: &str = "suspended until somebody resumes it, or until its time is up";
/// Start of the controller's message about a delayed retry (`workflow/controller/operator.go`).
const BACKOFF: &str = "Backoff for ";

/// A run at one time, as shown by a Workflow's status.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunView {
    /// Phase of the run; `Pending` until a controller has seen it.
    pub phase: Phase,
    /// Set if the run is suspended, which only the spec says, not the status.
    pub suspended: bool,
    /// Message of the controller, if there is one.
    pub message: Option<String>,
    /// Time at which the run began.
    pub started: Option<Timestamp>,
    /// Time at which the run ended.
    pub finished: Option<Timestamp>,
    /// Tasks, in the order of the workflow; other work of the run comes last.
    pub tasks: Vec<TaskView>,
}

/// A task at one time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TaskView {
    /// Name in the workflow.
    pub name: String,
    /// Kedro nodes of the task.
    pub nodes: Vec<String>,
    /// Tasks that this one waits for.
    pub upstream: Vec<String>,
    /// Phase of the task.
    pub phase: Phase,
    /// Message of the controller, if there is one.
    pub message: Option<String>,
    /// Ids of its node and of its attempts' nodes.
    pub ids: Vec<String>,
    /// Attempts, from first to last.
    pub attempts: Vec<Attempt>,
}

/// One attempt of a task.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attempt {
    /// Phase of the attempt.
    pub phase: Phase,
    /// Reason for the phase, in the controller's words.
    pub message: Option<String>,
    /// Time at which the attempt began.
    pub started: Option<Timestamp>,
    /// Time at which the attempt ended.
    pub finished: Option<Timestamp>,
    /// Exit code of the main container.
    pub exit_code: Option<i32>,
    /// Time and memory used, as reported by `argo-kedro exec`.
    pub used: Used,
    /// Cause of the failure, from the user's code.
    pub cause: Option<Cause>,
    /// Paths to which the attempt has written its datasets.
    pub written: Vec<Written>,
    /// Number of its notes on datasets that cannot be read.
    pub unread_notes: usize,
}

impl RunView {
    /// Builds the view of a status from any source: the controller on a cluster, or an engine.
    ///
    /// # Arguments
    ///
    /// * `name`: Name of the Workflow.
    /// * `outline`: The tasks in the Workflow's spec.
    pub fn new(name: &str, outline: &[TaskOutline], status: &WorkflowStatus) -> Self {
        let alone = outline.iter().filter(|task| !task.is_group);
        let mut tasks: IndexMap<String, TaskView> = alone
            .map(|task| {
                let view = TaskView {
                    name: task.name.clone(),
                    nodes: task.nodes.clone(),
                    upstream: task.upstream.clone(),
                    ..TaskView::default()
                };
                (task.name.clone(), view)
            })
            .collect();
        let mut nodes: Vec<&NodeStatus> = status.nodes.values().collect();
        // The nodes of a status have no order.
        nodes.sort_by_cached_key(|node| (node.started_at, split_attempt(&node.name)));
        let retried: BTreeSet<&str> = nodes
            .iter()
            .filter(|node| node.kind == NodeKind::Retry)
            .map(|node| node.name.as_str())
            .collect();
        for node in &nodes {
            if !is_leaf(node) {
                continue;
            }
            let (tried, _) = split_attempt(&node.name);
            let owner = if retried.contains(tried) {
                tried
            } else {
                &node.name
            };
            let label = label(owner, name, &node.template_name);
            let task = tasks.entry(label.clone()).or_default();
            task.name = label;
            if let Some(nodes) = node.input(NODES) {
                task.nodes = name_list::read(nodes);
            }
            add_node(task, node, owner == node.name);
        }
        let run_phase = status.phase.unwrap_or_default();
        for task in outline {
            let without_a_node = tasks
                .get_mut(&task.name)
                .filter(|view| view.ids.is_empty() && run_phase.is_final());
            let Some(view) = without_a_node else {
                continue;
            };
            if status.offload_node_status_version.is_empty() {
                // The run was stopped before the task's turn.
                view.phase = Phase::Omitted;
            } else if run_phase == Phase::Succeeded && !task.is_optional {
                // The task's pod is gone, but the run could not have succeeded without the task.
                view.phase = Phase::Succeeded;
            }
        }
        Self {
            tasks: tasks.into_values().collect(),
            ..Self::without_tasks(status)
        }
    }

    /// Builds the view of a status without its tasks.
    pub fn without_tasks(status: &WorkflowStatus) -> Self {
        let message = status.message.as_deref();
        Self {
            phase: status.phase.unwrap_or_default(),
            suspended: false,
            message: message
                .filter(|text| says_something(text))
                .map(plain_message),
            started: status.started_at,
            finished: status.finished_at,
            tasks: Vec::new(),
        }
    }

    /// Lists the paths to which the tasks have written their datasets. A task that ran again reports new ones. What is
    /// `known` stays for a task without a report (it runs again now, or its pod's outputs are gone), and for tasks that
    /// the run took over from another one.
    pub fn written(&self, known: &[Written]) -> Vec<Written> {
        let of_task = |task: &TaskView| {
            let attempts = task.attempts.iter().rev();
            let mut told = attempts.filter(|attempt| attempt.phase == Phase::Succeeded);
            let written = told.next().map(|attempt| attempt.written.iter());
            let written = written.into_iter().flatten();
            written.filter(|it| it.mlflow.is_none()).cloned().collect()
        };
        let told: IndexMap<&str, Vec<Written>> = self
            .tasks
            .iter()
            .map(|task| (task.name.as_str(), of_task(task)))
            .collect();
        let is_kept = |written: &&Written| {
            written.mlflow.is_none() && told.get(&*written.task).is_none_or(Vec::is_empty)
        };
        let mut all: Vec<Written> = known.iter().filter(is_kept).cloned().collect();
        for (task, written) in &told {
            all.extend(written.iter().map(|written| Written {
                task: (*task).to_owned(),
                ..written.clone()
            }));
        }
        // Results of an earlier run come first.
        all.sort_by_key(|written| told.get_index_of(&*written.task));
        // All tasks, including failed ones, belong to one `MLflow` run.
        let attempts = self.tasks.iter().flat_map(|task| &task.attempts);
        let told = attempts.flat_map(|attempt| &attempt.written);
        let mut runs = known.iter().chain(told).filter(|it| it.mlflow.is_some());
        all.extend(runs.next_back().cloned());
        all
    }
}

impl RunView {
    /// Names of the tasks with unreadable notes on their results, so that [`Self::written`] may be incomplete.
    pub fn tasks_with_unread_notes(&self) -> Vec<String> {
        let tasks = self.tasks.iter();
        tasks
            .filter(|task| task.attempts.iter().any(|it| it.unread_notes > 0))
            .map(|task| task.name.clone())
            .collect()
    }
}

impl TaskView {
    /// Builds the view of a task on this machine.
    ///
    /// # Arguments
    ///
    /// * `node`: The task's own node.
    /// * `attempts`: Its attempts, from first to last; the node itself if the task is not retried.
    /// * `used`, `cause`: Measurements of the last attempt, and the cause from the user's code. A status has no fields
    ///   for them.
    pub fn of_nodes(
        name: &str,
        node: &NodeStatus,
        attempts: &[&NodeStatus],
        used: Used,
        cause: Option<Cause>,
    ) -> Self {
        let mut task = Self {
            name: name.to_owned(),
            ..Self::default()
        };
        for attempt in attempts {
            add_node(&mut task, attempt, attempt.id == node.id);
        }
        if node.kind == NodeKind::Retry {
            add_node(&mut task, node, true);
        }
        if let Some(attempt) = task.attempts.last_mut() {
            attempt.used = used;
            attempt.cause = cause;
        }
        task
    }
}

/// Says whether the message of a Workflow is useful. That of steps only has the id of a failed node
/// (`workflow/controller/steps.go:374` of Argo Workflows 4.1.2), and the tasks say what failed.
fn says_something(message: &str) -> bool {
    let is_of_steps = message.starts_with("child '") && message.ends_with("' failed");
    !message.is_empty() && !is_of_steps
}

/// Adds a node to its task, as the task itself or as an attempt.
fn add_node(task: &mut TaskView, node: &NodeStatus, is_task: bool) {
    task.ids.push(node.id.clone());
    let message = node.message.as_deref().filter(|text| !text.is_empty());
    let message = message.map(plain_message);
    if is_task {
        task.phase = node.phase;
        task.message.clone_from(&message);
    }
    if matches!(node.kind, NodeKind::Retry | NodeKind::Skipped) {
        return;
    }
    let notes = node.output(marks::outputs::WRITTEN).map(Notes::read);
    let notes = notes.unwrap_or_default();
    // A suspend node runs nothing: it is a ready task that cannot continue.
    let waits = node.kind == NodeKind::Suspend && node.phase == Phase::Running;
    let (phase, message) = if waits {
        (Phase::Pending, Some(WAITS_FOR_SOMEBODY.to_owned()))
    } else {
        (node.phase, message)
    };
    task.attempts.push(Attempt {
        phase,
        cause: message.as_deref().and_then(termination_message::read),
        message,
        started: node.started_at,
        finished: node.finished_at,
        exit_code: node.exit_code().and_then(|code| code.parse().ok()),
        used: used(node),
        written: notes.written,
        unread_notes: notes.unread,
    });
}

/// Reads the time and memory that a task reports.
fn used(node: &NodeStatus) -> Used {
    let said = |name| node.output(name).map(str::trim);
    let milliseconds = |name| {
        let seconds: f64 = said(name)?.parse().ok()?;
        let time = std::time::Duration::try_from_secs_f64(seconds).ok()?;
        u64::try_from(time.as_millis()).ok()
    };
    Used {
        peak_memory: said(marks::outputs::PEAK_MEMORY).and_then(|text| text.parse().ok()),
        cpu_milliseconds: milliseconds(marks::outputs::CPU),
        milliseconds: milliseconds(marks::outputs::DURATION),
    }
}

/// Says whether a node itself runs something, not only the nodes below it.
pub fn is_leaf(node: &NodeStatus) -> bool {
    matches!(
        node.kind,
        NodeKind::Pod
            | NodeKind::Retry
            | NodeKind::Skipped
            | NodeKind::Suspend
            | NodeKind::Http
            | NodeKind::Plugin
    )
}

/// Name of a node as a task: without the Workflow's name and the step of a wide pipeline.
pub fn label(name: &str, workflow: &str, template: &str) -> String {
    match task_of_node(name, workflow) {
        // The Workflow is a single container.
        "" => template.to_owned(),
        task => task.to_owned(),
    }
}

/// Name of the task that a node belongs to, from the node's path: `flights-x7.fit(0)` is an attempt of `fit`.
pub fn task_name(path: &str, workflow: &str) -> String {
    let (bare, _) = split_attempt(path);
    label(bare, workflow, bare)
}

/// Compares a view with the record of the run, and returns the events that the record lacks. `now` replaces times that
/// the controller does not report.
pub fn events(state: &RunState, view: &RunView, now: Timestamp) -> Vec<(Timestamp, RunEvent)> {
    let mut found = Vec::new();
    // A retry has another start time. It may end before anybody looks, and it has no phase until a controller has seen
    // it.
    let begins_anew = view.started.is_none() || view.started != state.started;
    let restarted = state.phase.is_final()
        && begins_anew
        && (!view.phase.is_final() || view.started > state.started);
    if view.phase == Phase::Pending && !restarted {
        // Before the run begins, the controller reports the lock that it waits for.
        if state.phase == Phase::Pending {
            found.extend(run_waiting(state, view, now));
        }
        return found;
    }
    let unknown = view
        .tasks
        .iter()
        .any(|task| !state.tasks.contains_key(&task.name));
    let fresh = state.phase == Phase::Pending || restarted;
    if fresh || unknown {
        found.push((view.started.unwrap_or(now), run_started(state, view, fresh)));
    }
    for task in &view.tasks {
        let is_known = !fresh || is_kept(state, task);
        task_events(task, state, is_known, now, &mut found);
    }
    if view.phase.is_final() && (fresh || !state.phase.is_final()) {
        let never = unseen(state, view).filter(|(_, task)| fresh || !task.phase.is_final());
        found.extend(never.map(|(name, _)| (now, RunEvent::TaskOmitted { task: name.clone() })));
    }
    // Several events share a second, the controller's smallest unit: a stable sort keeps the order within each task.
    found.sort_by_key(|(at, event)| (!matches!(event, RunEvent::RunStarted { .. }), *at));
    if !view.phase.is_final() && (fresh || !state.phase.is_final()) {
        let begun = RunState::default();
        found.extend(run_waiting(if fresh { &begun } else { state }, view, now));
    }
    if fresh || !state.phase.is_final() {
        found.extend(run_finished(view, now));
    }
    found
}

/// Like [`events`] for one task of an active run.
pub fn events_of_task(
    state: &RunState,
    task: &TaskView,
    now: Timestamp,
) -> Vec<(Timestamp, RunEvent)> {
    let mut found = Vec::new();
    task_events(task, state, true, now, &mut found);
    found
}

/// Final event of a run, if the record lacks it, as in [`events`].
///
/// # Arguments
///
/// * `view`: The run; its tasks are ignored.
pub fn event_of_end(
    state: &RunState,
    view: &RunView,
    now: Timestamp,
) -> Option<(Timestamp, RunEvent)> {
    run_finished(view, now).filter(|_| !state.phase.is_final())
}

fn run_finished(view: &RunView, now: Timestamp) -> Option<(Timestamp, RunEvent)> {
    let event = RunEvent::RunFinished {
        phase: view.phase,
        message: view.message.clone(),
    };
    let is_over = view.phase.is_final();
    is_over.then(|| (view.finished.unwrap_or(now), event))
}

/// Event that the run is paused or continues, if the record lacks it.
fn run_waiting(state: &RunState, view: &RunView, now: Timestamp) -> Option<(Timestamp, RunEvent)> {
    let message = match view.phase {
        _ if view.suspended => Some(SUSPENDED.to_owned()),
        Phase::Pending => view.message.clone(),
        _ => None,
    };
    (state.message != message).then_some((now, RunEvent::RunWaiting { message }))
}

/// Says whether the record of a task survives a retry.
fn is_kept(state: &RunState, task: &TaskView) -> bool {
    let ended = task.attempts.last().and_then(|attempt| attempt.finished);
    let known = state.tasks.get(&task.name);
    // A failed task stays if another task alone runs again; a killed one has no end time.
    let has_run = ended.is_some() || (task.phase.is_failed() && !task.attempts.is_empty());
    task.phase.is_final()
        && has_run
        && known.is_some_and(|known| known.phase == task.phase && known.finished == ended)
}

/// Recorded tasks that the controller does not list: a retry removes the exit handler until the run has ended again.
fn unseen<'a>(
    state: &'a RunState,
    view: &'a RunView,
) -> impl Iterator<Item = (&'a String, &'a TaskState)> {
    let seen: BTreeSet<&str> = view.tasks.iter().map(|task| &*task.name).collect();
    let tasks = state.tasks.iter();
    tasks.filter(move |(name, _)| !seen.contains(name.as_str()))
}

/// Builds the start event. Outstanding are the tasks that run from now on: all that have not succeeded, or those that
/// the record lacks.
fn run_started(state: &RunState, view: &RunView, fresh: bool) -> RunEvent {
    let mut tasks: Vec<TaskInfo> = view
        .tasks
        .iter()
        .map(|task| TaskInfo {
            name: task.name.clone(),
            nodes: task.nodes.clone(),
            upstream: task.upstream.clone(),
        })
        .collect();
    let is_new = |task: &&TaskView| {
        if fresh {
            !is_kept(state, task)
        } else {
            !state.tasks.contains_key(&task.name)
        }
    };
    let new = view.tasks.iter().filter(is_new);
    let mut outstanding: Vec<String> = new.map(|task| task.name.clone()).collect();
    if fresh {
        for (name, task) in unseen(state, view) {
            outstanding.push(name.clone());
            tasks.push(TaskInfo {
                name: name.clone(),
                nodes: task.nodes.clone(),
                upstream: task.upstream.clone(),
            });
        }
    }
    RunEvent::RunStarted { tasks, outstanding }
}

/// New events of a task. `is_known` says whether its record counts, or the task begins anew.
fn task_events(
    task: &TaskView,
    state: &RunState,
    is_known: bool,
    now: Timestamp,
    found: &mut Vec<(Timestamp, RunEvent)>,
) {
    let on_record = state.tasks.get(&task.name);
    let known = on_record.filter(|_| is_known);
    // Attempts are counted over all retries of the run.
    let before = on_record.map_or(0, |task| {
        task.attempts
            .saturating_sub(known.map_or(0, |known| known.attempts_now))
    });
    let settled = known.is_some_and(|known| known.phase.is_final());
    if settled {
        return;
    }
    let seen = known.map_or(0, |known| known.attempts_now as usize);
    // The last recorded attempt may have ended since.
    let running = known.is_some_and(|known| known.phase == Phase::Running);
    for (index, attempt) in task.attempts.iter().enumerate() {
        let number = index + 1;
        let in_all = u32::try_from(number).ok().map(|number| before + number);
        if number > seen && attempt.phase != Phase::Pending {
            let at = attempt.started.unwrap_or(now);
            found.push((
                at,
                RunEvent::TaskStarted {
                    task: task.name.clone(),
                    attempt: in_all,
                },
            ));
        }
        let was_told = number < seen || (number == seen && !running);
        if attempt.phase.is_final() && !was_told {
            // Stopping a run also stops its retries. In a suspended run the controller updates the task later than its
            // last attempt.
            let is_over = task.phase.is_final()
                || was_shut_down(attempt)
                || attempt.phase == Phase::Succeeded;
            let is_last = number == task.attempts.len() && is_over;
            found.push((
                attempt.finished.unwrap_or(now),
                ended(task, attempt, in_all, is_last),
            ));
        }
    }
    if let Some((since, message)) = waits(task, seen)
        && !known
            .and_then(|known| known.message.as_deref())
            .is_some_and(|told| is_same_wait(told, message))
    {
        found.push((
            since.unwrap_or(now),
            RunEvent::TaskWaiting {
                task: task.name.clone(),
                message: message.to_owned(),
            },
        ));
    }
    if task.attempts.is_empty() {
        let at = now;
        let name = task.name.clone();
        match task.phase {
            Phase::Omitted => found.push((at, RunEvent::TaskOmitted { task: name })),
            Phase::Skipped => found.push((
                at,
                RunEvent::TaskSkipped {
                    task: name,
                    message: task.message.clone(),
                },
            )),
            // The task failed before it had a pod, or its pod is gone.
            Phase::Succeeded | Phase::Failed | Phase::Error => {
                found.push((at, ended(task, &Attempt::default(), None, true)));
            }
            _ => {}
        }
    } else if task.phase.is_final() && known.is_some_and(|known| known.phase == Phase::Pending) {
        // The last attempt failed, and then the controller gave the task up.
        if task.attempts.len() == seen
            && let Some(last) = task.attempts.last()
        {
            let number = known.map(|known| known.attempts);
            found.push((
                last.finished.unwrap_or(now),
                ended(task, last, number, true),
            ));
        }
    }
}

/// Says whether an attempt ended because the run was stopped or terminated (`workflow/controller/exec_control.go:50` of
/// Argo Workflows 4.1.2).
fn was_shut_down(attempt: &Attempt) -> bool {
    let message = attempt.message.as_deref().unwrap_or_default();
    message.starts_with("workflow shutdown with strategy")
}

/// Start and reason of a pod's wait, or the reason why the next attempt is delayed. Ordinary start-up is no reason.
/// `seen` is the number of attempts that have started.
fn waits(task: &TaskView, seen: usize) -> Option<(Option<Timestamp>, &str)> {
    const ON_ITS_WAY: [&str; 2] = ["ContainerCreating", "PodInitializing"];
    let last = task.attempts.last()?;
    let backoff = task.message.as_deref();
    let backoff = backoff.filter(|message| message.starts_with(BACKOFF));
    if let Some(message) = backoff.filter(|_| last.phase.is_failed() && !task.phase.is_final()) {
        return Some((last.finished, message));
    }
    let message = last.message.as_deref()?;
    let waits = last.phase == Phase::Pending && task.attempts.len() > seen;
    (waits && !ON_ITS_WAY.contains(&message)).then_some((last.started, message))
}

/// Says whether two messages mean the same: an image that cannot be pulled alternates between two wordings for ever.
fn is_same_wait(told: &str, message: &str) -> bool {
    const PULLING: [&str; 2] = ["ErrImagePull", "ImagePullBackOff"];
    let pulls = |text: &str| PULLING.iter().any(|start| text.starts_with(start));
    let cause = |text: &str| {
        let cause = text.rsplit_once("ErrImagePull: ");
        cause.map(|(_, cause)| cause.to_owned())
    };
    // The message counts down.
    let is_backoff = told.starts_with(BACKOFF) && message.starts_with(BACKOFF);
    if told == message || is_backoff {
        return true;
    }
    pulls(told)
        && pulls(message)
        && match (cause(told), cause(message)) {
            (Some(one), Some(other)) => one == other,
            // Older kubelets report no cause while they wait.
            _ => true,
        }
}

fn ended(task: &TaskView, attempt: &Attempt, number: Option<u32>, is_last: bool) -> RunEvent {
    let (message, cause) = match (&attempt.message, &task.message) {
        (None, Some(message)) => (Some(message.clone()), termination_message::read(message)),
        (message, _) => (message.clone(), attempt.cause.clone()),
    };
    if !is_last {
        return RunEvent::AttemptFailed {
            task: task.name.clone(),
            attempt: number,
            message,
            exit_code: attempt.exit_code,
            cause,
            used: attempt.used,
        };
    }
    let phase = if task.phase.is_final() {
        task.phase
    } else {
        attempt.phase
    };
    RunEvent::TaskFinished {
        task: task.name.clone(),
        attempt: number,
        phase,
        message: message.filter(|_| phase != Phase::Succeeded),
        exit_code: attempt.exit_code,
        used: attempt.used,
        cause,
    }
}
