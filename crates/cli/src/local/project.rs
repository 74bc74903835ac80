//! Runs a project's tasks here, from the record of the run to its results.

use std::collections::BTreeSet;

use engine::Resolved;
use marks::TaskOutline;
use runs::Phase;

use super::go::{Start, go};
use super::how::{How, RunOutput};
use super::isolation::isolation_of;
use super::like_a_pod::{Draft, Way};
use super::made_of::{Recorder, tasks_now};
use super::written;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::flags::selection::Selection;
use crate::record::results;
use crate::settings::Settings;
use crate::spine::Opened;

/// Runs the tasks of a project to the end.
///
/// # Arguments
///
/// * `tasks`: Names and nodes of all tasks, also of those that do not run because their data exists.
/// * `like_a_pod`: The image, and how tasks are like pods; `None` for other tasks.
pub(crate) async fn run_project(
    mut start: Start<'_>,
    tasks: &[(String, Vec<String>)],
    mut opened: Opened,
    selection: &Selection,
    like_a_pod: Option<(Draft, &Way)>,
    how: &How,
    settings: &Settings,
) -> Result<Exit, CommandError> {
    let (store, name) = (start.store, start.record.name.clone());
    let apart = isolation_of(
        like_a_pod,
        &start.resolved,
        (store, &name),
        (&mut opened, selection),
        how,
        settings,
    )
    .await?;
    if !apart.is_like_pods() {
        start.made_of = recorder(&start, tasks, &opened)?;
    }
    let ended = go(
        start,
        apart.with(opened.worker),
        &opened.root,
        Some(&opened.interpreter),
        how,
        settings,
    )
    .await?;
    if how.output == RunOutput::Text {
        let written = written::here(store, &name, settings.printer)?;
        let written = results::in_order(written, &opened.snapshot);
        if ended.state.phase == Phase::Succeeded {
            results::show(&written, settings.printer);
        }
        results::show_mlflow(&written, settings.printer);
    }
    Ok(ended.exit)
}

/// Names and nodes of tasks that run nodes.
pub(crate) fn with_nodes(outline: &[TaskOutline]) -> Vec<(String, Vec<String>)> {
    let tasks = outline.iter().filter(|task| !task.nodes.is_empty());
    tasks
        .map(|task| (task.name.clone(), task.nodes.clone()))
        .collect()
}

/// Records what the tasks of a run are made of; `None` if the code of the nodes is unknown.
fn recorder(
    start: &Start<'_>,
    tasks: &[(String, Vec<String>)],
    opened: &Opened,
) -> Result<Option<Recorder>, CommandError> {
    if opened.snapshot.code.is_none() {
        return Ok(None);
    }
    let now = tasks_now(&opened.snapshot, &opened.root, tasks);
    let (folder, uid) = (start.store.run(&start.record.name), &start.record.uid);
    let recorder = Recorder::begin(&folder, uid, now);
    recorder
        .map(Some)
        .map_err(|error| CommandError::of_state(&error))
}

/// Refuses to run nodes that the project no longer has.
pub(crate) fn refuse_nodes_that_are_gone(
    run: &str,
    resolved: &Resolved,
    opened: &Opened,
) -> Result<(), CommandError> {
    let nodes = opened.snapshot.nodes.iter();
    let known: BTreeSet<&str> = nodes.map(|node| node.name.as_str()).collect();
    let mut wanted = resolved.units.iter().flat_map(|unit| &unit.nodes);
    match wanted.find(|node| !known.contains(node.as_str())) {
        None => Ok(()),
        Some(gone) => Err(CommandError::new(format!(
            "run `{run}` needs the node `{gone}`, but the project no longer has it"
        ))
        .hint("to start a new run: {program} run")),
    }
}
