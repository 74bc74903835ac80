//! Initial status of a run that starts or continues.

use std::collections::{BTreeSet, HashSet};

use argo::status::retry::{RetryOptions, formulate};
use argo::status::{NodeKind, NodeStatus, Outputs, Phase, WorkflowStatus, node_id, task_name};
use jiff::Timestamp;
use marks::{WIDE_STEP, main_dag};
use runs::TaskState;

use super::{EngineError, Job, Record};
use crate::operate::STOPPED;

/// Initial status of a run: an empty one for a new run; for others, the result of Argo's retry of the recorded status.
///
/// # Errors
///
/// The recorded Workflow succeeded, and no task runs again.
pub(super) fn status(
    job: &Job,
    record: &impl Record,
    now: Timestamp,
) -> Result<WorkflowStatus, EngineError> {
    let state = record.state();
    if state.phase == Phase::Pending {
        return Ok(WorkflowStatus::default());
    }
    let name = &job.resolved.name;
    let known = match record.status() {
        Some(status) if !status.nodes.is_empty() => ended(status.clone()),
        _ => return Ok(of_record(job, record)),
    };
    let again: BTreeSet<String> = known
        .nodes
        .values()
        .filter(|node| {
            let label = runs::label(&node.name, name, &node.template_name);
            job.again.contains(&label) && runs::is_leaf(node)
        })
        .map(|node| node.id.clone())
        .collect();
    if known.phase == Some(Phase::Succeeded) && again.is_empty() && state.phase != Phase::Succeeded
    {
        // The engine was killed after the last task, before it reported the end: end the Workflow once more.
        return Ok(WorkflowStatus {
            phase: Some(Phase::Running),
            finished_at: None,
            ..known
        });
    }
    let options = RetryOptions {
        again,
        is_alone: job.is_alone,
        ..RetryOptions::default()
    };
    let is_stopped = known.message.as_deref() == Some(STOPPED);
    let mut status = formulate(name, &known, &options, now)?.status;
    if is_stopped {
        go_on_with_groups(&mut status);
    }
    Ok(status)
}

/// Reopens the groups that a stop has failed: their tasks may all have succeeded.
fn go_on_with_groups(status: &mut WorkflowStatus) {
    for node in status.nodes.values_mut() {
        if node.kind.is_group() && node.phase.is_failed() {
            node.phase = Phase::Running;
            node.finished_at = None;
        }
    }
}

/// Turns the status of a killed engine into that of an interrupted one: running nodes have failed, their processes are
/// gone. A final status stays as it is.
fn ended(mut status: WorkflowStatus) -> WorkflowStatus {
    if status.is_final() {
        return status;
    }
    status.phase = Some(Phase::Failed);
    for node in status.nodes.values_mut() {
        if !node.phase.is_final() {
            node.phase = Phase::Failed;
            // A pending leaf may have run: the write of its start is delayed.
            if runs::is_leaf(node) {
                node.message = Some(runs::PROCESS_GONE.to_owned());
            }
        }
    }
    status
}

/// Builds a status from recorded events alone: tasks that succeeded, and that do not run again.
fn of_record(job: &Job, record: &impl Record) -> WorkflowStatus {
    let mut status = WorkflowStatus::default();
    let spec = job.resolved.source.manifest.workflow();
    let Some(main) = main_dag(spec) else {
        return status;
    };
    let name = &job.resolved.name;
    let owner = match main.step {
        None => name.clone(),
        Some(step) => task_name(&format!("{name}[0]"), step),
    };
    debug_assert!(main.step.is_none_or(|step| step == WIDE_STEP));
    let mut gone: HashSet<&str> = HashSet::new();
    for task in &main.dag.tasks {
        let known = record.state().tasks.get(&task.name);
        // The record lacks the global outputs of an init template.
        let hands_on = spec.template(&task.template).is_some_and(|template| {
            let mut outputs = template.outputs.parameters.iter();
            outputs.any(|output| output.global_name.is_some())
        });
        let stays =
            known.is_some_and(|known| matches!(known.phase, Phase::Succeeded | Phase::Skipped));
        let is_after = task
            .dependencies
            .iter()
            .any(|above| gone.contains(above.as_str()));
        match known.filter(|_| stays && !hands_on && !job.again.contains(&task.name) && !is_after) {
            Some(known) => {
                let node = ended_before(&task_name(&owner, &task.name), &task.name, name, known);
                status.nodes.insert(node.id.clone(), node);
            }
            None if !hands_on && !job.is_alone => {
                gone.insert(&task.name);
            }
            None => {}
        }
    }
    status
}

fn ended_before(path: &str, task: &str, workflow: &str, known: &TaskState) -> NodeStatus {
    NodeStatus {
        id: node_id(workflow, path),
        name: path.to_owned(),
        display_name: task.to_owned(),
        kind: if known.phase == Phase::Skipped {
            NodeKind::Skipped
        } else {
            NodeKind::Pod
        },
        phase: known.phase,
        message: known.message.clone(),
        started_at: known.started,
        finished_at: known.finished,
        outputs: known.exit_code.map(|code| Outputs {
            exit_code: Some(code.to_string()),
            ..Outputs::default()
        }),
        ..NodeStatus::default()
    }
}
