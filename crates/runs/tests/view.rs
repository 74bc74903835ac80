//! Statuses of real Workflows (`retry/`), as events.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

#[path = "../../argo/tests/cases/mod.rs"]
mod cases;

use std::collections::BTreeSet;

use argo::status::{NodeKind, WorkflowStatus};
use cases::CASES;
use jiff::Timestamp;
use marks::TaskOutline;
use runs::{
    Phase, RunEvent, RunState, RunView, TaskView, Used, event_of_end, events, events_of_task,
    task_name,
};
use serde_json::{Value, json};

fn now() -> Timestamp {
    "2030-01-01T00:00:00Z".parse().unwrap()
}

fn case(name: &str) -> (String, WorkflowStatus) {
    let workflow = cases::case(name)["workflow"].clone();
    let run = workflow["metadata"]["name"].as_str().unwrap().to_owned();
    (
        run,
        serde_json::from_value(workflow["status"].clone()).unwrap(),
    )
}

fn look(state: &mut RunState, run: &str, status: &WorkflowStatus) -> Vec<RunEvent> {
    bring_up(state, &seen_as(run, &[], status))
}

fn seen_as(run: &str, outline: &[TaskOutline], status: &WorkflowStatus) -> RunView {
    RunView::new(run, outline, status)
}

fn bring_up(state: &mut RunState, view: &RunView) -> Vec<RunEvent> {
    let found = events(state, view, now());
    for (at, event) in &found {
        state.apply(*at, event);
    }
    found.into_iter().map(|(_, event)| event).collect()
}

/// The status at an earlier time.
fn at(status: &WorkflowStatus, moment: Timestamp) -> WorkflowStatus {
    let mut then = status.clone();
    if then.finished_at.is_none_or(|end| end > moment) {
        then.phase = Some(Phase::Running);
        then.finished_at = None;
        then.message = None;
    }
    then.nodes
        .retain(|_, node| node.started_at.is_none_or(|start| start <= moment));
    for node in then.nodes.values_mut() {
        if node.finished_at.is_none_or(|end| end > moment) {
            node.phase = Phase::Running;
            node.finished_at = None;
            node.message = None;
        }
    }
    then
}

fn outcome(state: &RunState) -> Value {
    let tasks: serde_json::Map<String, Value> = state
        .tasks
        .iter()
        .map(|(name, task)| {
            let said = json!([
                task.phase,
                task.attempts,
                task.message,
                task.exit_code,
                task.started,
                task.finished
            ]);
            (name.clone(), said)
        })
        .collect();
    let sorted: std::collections::BTreeMap<_, _> = tasks.into_iter().collect();
    json!([state.phase, state.started, state.finished, sorted])
}

#[test]
fn however_often_it_is_looked_at_the_record_is_the_same() {
    for (name, _) in CASES {
        let (run, status) = case(name);
        let mut once = RunState::default();
        let told = look(&mut once, &run, &status);
        assert!(told.len() > 2, "{name}");
        assert_eq!(look(&mut once, &run, &status), [], "{name}");

        let moments: BTreeSet<Timestamp> = status
            .nodes
            .values()
            .flat_map(|node| [node.started_at, node.finished_at])
            .chain([status.finished_at])
            .flatten()
            .collect();
        let mut often = RunState::default();
        let mut count = 0;
        for moment in moments {
            let then = at(&status, moment);
            count += look(&mut often, &run, &then).len();
            assert_eq!(look(&mut often, &run, &then), [], "{name} at {moment}");
        }
        look(&mut often, &run, &status);
        assert_eq!(outcome(&often), outcome(&once), "{name}");
        assert!(count >= told.len(), "{name}");
    }
}

/// An engine knows the changed tasks, and compares only those.
#[test]
fn task_by_task_the_events_are_those_of_the_whole() {
    let mut count = 0;
    for (name, _) in CASES {
        let (run, status) = case(name);
        let outline = seen_as(&run, &[], &status).tasks;
        let outline: Vec<TaskOutline> = outline
            .into_iter()
            .map(|task| TaskOutline {
                name: task.name,
                nodes: task.nodes,
                upstream: task.upstream,
                is_optional: false,
                is_group: false,
            })
            .collect();
        let nodes = status.nodes.values();
        let moments = nodes.flat_map(|node| [node.started_at, node.finished_at]);
        let moments: BTreeSet<Timestamp> = moments
            .chain([status.started_at, status.finished_at])
            .flatten()
            .collect();
        let mut state = RunState::default();
        for (number, moment) in moments.iter().enumerate() {
            let view = seen_as(&run, &outline, &at(&status, *moment));
            let whole = events(&state, &view, now());
            if number > 0 {
                let tasks = view.tasks.iter();
                let mut by_task: Vec<_> = tasks
                    .flat_map(|task| events_of_task(&state, task, now()))
                    .collect();
                by_task.sort_by_key(|(at, _)| *at);
                by_task.extend(event_of_end(&state, &view, now()));
                assert_eq!(by_task, whole, "{name} at {moment}");
                count += whole.len();
            }
            for (at, event) in &whole {
                state.apply(*at, event);
            }
        }
    }
    assert!(count > 50, "{count} events");
}

#[test]
fn a_task_here_keeps_its_message_and_has_what_was_measured() {
    let node: argo::status::NodeStatus = serde_json::from_value(json!({
        "id": "r-1", "name": "r.a", "type": "Pod", "phase": "Failed",
        "message": "main: Error (exit code 143): told to end", "outputs": {"exitCode": "143"},
        "startedAt": "2026-01-01T00:00:00Z", "finishedAt": "2026-01-01T00:00:01Z"}))
    .unwrap();
    let used = Used {
        peak_memory: Some(7),
        ..Used::default()
    };
    let task = TaskView::of_nodes("a", &node, &[&node], used, None);
    let found = events_of_task(&RunState::default(), &task, now());
    let [(_, RunEvent::TaskStarted { .. }), (at, ended)] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(Some(*at), node.finished_at);
    assert_eq!(
        *ended,
        RunEvent::TaskFinished {
            task: "a".to_owned(),
            attempt: Some(1),
            phase: Phase::Failed,
            message: node.message.clone(),
            exit_code: Some(143),
            used,
            cause: None,
        }
    );
}

#[test]
fn a_message_that_names_the_id_of_a_step_is_none() {
    let (run, status) = case("wide");
    let said = Some("child 'rc-wide-3170348864' failed".to_owned());
    let with = |message| WorkflowStatus {
        message,
        ..status.clone()
    };
    assert_eq!(seen_as(&run, &[], &with(said)).message, None);
    let other = Some("child 'x' failed, and more".to_owned());
    assert_eq!(seen_as(&run, &[], &with(other.clone())).message, other);
}

#[test]
fn several_who_follow_a_run_tell_the_same_events() {
    for (name, _) in CASES {
        let (run, status) = case(name);
        let mut once = RunState::default();
        look(&mut once, &run, &status);
        let moments: BTreeSet<Timestamp> = status
            .nodes
            .values()
            .flat_map(|node| [node.started_at, node.finished_at])
            .chain([status.finished_at])
            .flatten()
            .collect();
        let moments: Vec<Timestamp> = moments.into_iter().collect();
        // The record merges the events of two observers; the second is `behind` looks late.
        for behind in 0..4 {
            let mut record = RunState::default();
            let mut told = 0;
            let mut followers = [RunState::default(), RunState::default()];
            for step in 0..moments.len() + behind {
                for (follower, late) in followers.iter_mut().zip([0, behind]) {
                    let seen = step.checked_sub(late).and_then(|step| moments.get(step));
                    let Some(moment) = seen else {
                        continue;
                    };
                    let view = seen_as(&run, &[], &at(&status, *moment));
                    for (at, event) in events(follower, &view, now()) {
                        follower.apply(at, &event);
                        told += usize::from(record.apply(at, &event));
                    }
                }
            }
            assert_eq!(outcome(&record), outcome(&once), "{name}, {behind} behind");
            assert_eq!(outcome(&followers[1]), outcome(&once), "{name}");
            let mut alone = RunState::default();
            let all: usize = moments
                .iter()
                .map(|moment| look(&mut alone, &run, &at(&status, *moment)).len())
                .sum();
            assert_eq!(told, all, "{name}, {behind} behind");
        }
    }
}

#[test]
fn how_a_run_stood_before_its_end_is_no_retry() {
    let (run, status) = case("dag");
    let mut state = RunState::default();
    look(&mut state, &run, &status);
    let before = at(&status, status.started_at.unwrap());
    assert_eq!(look(&mut state, &run, &before), []);
    assert_eq!(state.phase, Phase::Failed);
}

#[test]
fn tasks_have_their_own_names_and_attempts_are_counted() {
    let names = |name: &str| {
        let (run, status) = case(name);
        let mut state = RunState::default();
        look(&mut state, &run, &status);
        let tasks = state.tasks.into_iter();
        let mut found: Vec<(String, Phase, u32)> = tasks
            .map(|(name, task)| (name, task.phase, task.attempts))
            .collect();
        found.sort_by(|one, other| one.0.cmp(&other.0));
        found
    };
    let is = |name: &str, phase, attempts| (name.to_owned(), phase, attempts);
    assert_eq!(
        names("wide"),
        [
            is("a", Phase::Succeeded, 1),
            is("b", Phase::Failed, 2),
            is("c", Phase::Failed, 1),
            is("d", Phase::Omitted, 0),
        ]
    );
    assert_eq!(
        names("nested"),
        [
            is("a.x", Phase::Failed, 1),
            is("a.y", Phase::Succeeded, 1),
            is("b", Phase::Omitted, 0),
            is("c", Phase::Succeeded, 1),
        ]
    );
    assert_eq!(names("alone"), [is("main", Phase::Failed, 1)]);
    assert_eq!(
        names("exit"),
        [is("a", Phase::Failed, 1), is("onExit", Phase::Succeeded, 1),]
    );
    for (path, name) in [
        ("run-1.fit", "fit"),
        ("run-1.fit(0)", "fit"),
        ("run-1[0].tasks.fit(12)", "fit"),
        ("run-1.a(0:x)", "a(0:x)"),
        ("run-1.onExit", "onExit"),
    ] {
        assert_eq!(task_name(path, "run-1"), name);
    }
}

#[test]
fn a_retry_is_told_as_a_new_beginning_even_if_it_is_over_already() {
    let (run, status) = case("dag");
    let mut state = RunState::default();
    look(&mut state, &run, &status);
    assert_eq!(state.outstanding(), ["b", "d"]);

    // Status as the controller leaves it: failed and pending tasks have run again.
    let mut again = status.clone();
    let later = |seconds: i64| {
        let end = status.finished_at.unwrap().as_second();
        Timestamp::from_second(end + seconds).ok()
    };
    again.phase = Some(Phase::Succeeded);
    again.started_at = later(10);
    again.finished_at = later(20);
    for node in again.nodes.values_mut() {
        if ["b", "d"].contains(&node.display_name.as_str()) {
            node.phase = Phase::Succeeded;
            node.kind = NodeKind::Pod;
            node.message = None;
            node.started_at = later(11);
            node.finished_at = later(12);
        }
    }
    let told = look(&mut state, &run, &again);
    assert!(
        matches!(&told[0], RunEvent::RunStarted { outstanding, .. } if *outstanding == ["b", "d"]),
        "{told:?}"
    );
    assert_eq!(state.phase, Phase::Succeeded);
    assert_eq!(state.tasks["b"].attempts, 2);
    assert_eq!(state.tasks["a"].attempts, 1);
    assert_eq!(look(&mut state, &run, &again), []);
}

/// A failed run whose exit handler also failed.
fn with_an_exit_handler() -> WorkflowStatus {
    serde_json::from_value(json!({
        "phase": "Failed",
        "startedAt": "2026-01-01T00:00:00Z",
        "finishedAt": "2026-01-01T00:00:20Z",
        "nodes": {
            "r": {"id": "r", "name": "r", "type": "DAG", "phase": "Failed"},
            "r-1": {"id": "r-1", "name": "r.fit", "displayName": "fit", "type": "Pod",
                    "phase": "Failed", "startedAt": "2026-01-01T00:00:01Z",
                    "finishedAt": "2026-01-01T00:00:09Z"},
            "r-2": {"id": "r-2", "name": "r.onExit", "displayName": "r.onExit", "type": "Pod",
                    "phase": "Failed", "startedAt": "2026-01-01T00:00:10Z",
                    "finishedAt": "2026-01-01T00:00:19Z"},
        }
    }))
    .unwrap()
}

#[test]
fn an_exit_handler_that_a_retry_took_away_is_told_anew() {
    let mut state = RunState::default();
    let status = with_an_exit_handler();
    look(&mut state, "r", &status);
    let handler = "onExit";
    assert_eq!(state.tasks[handler].phase, Phase::Failed);

    // The retry is requested, but no controller has seen it yet.
    let mut retried = status.clone();
    retried.phase = None;
    retried.started_at = "2026-01-01T00:00:50Z".parse().ok();
    retried.finished_at = None;
    retried.nodes.retain(|id, _| id == "r");
    look(&mut state, "r", &retried);
    assert_eq!(state.phase, Phase::Running);
    assert_eq!(state.tasks[handler].phase, Phase::Pending);
    assert_eq!(look(&mut state, "r", &retried), []);

    let mut running = status.clone();
    running.phase = Some(Phase::Running);
    running.started_at = retried.started_at;
    running.finished_at = None;
    running.nodes.shift_remove("r-2");
    let fit = running.nodes.get_mut("r-1").unwrap();
    fit.phase = Phase::Running;
    fit.started_at = "2026-01-01T00:01:00Z".parse().ok();
    fit.finished_at = None;
    look(&mut state, "r", &running);

    // The record has the second end of the task, and the handler's.
    let mut over = status.clone();
    over.phase = Some(Phase::Succeeded);
    over.started_at = retried.started_at;
    over.finished_at = "2026-01-01T00:02:00Z".parse().ok();
    for node in over.nodes.values_mut() {
        node.phase = Phase::Succeeded;
        node.started_at = "2026-01-01T00:01:00Z".parse().ok();
        node.finished_at = "2026-01-01T00:01:30Z".parse().ok();
    }
    look(&mut state, "r", &over);
    assert_eq!(state.phase, Phase::Succeeded);
    assert_eq!(state.tasks[handler].phase, Phase::Succeeded);
    assert_eq!(state.tasks[handler].attempts, 2);

    // A missing handler is not waited for.
    let mut state = RunState::default();
    look(&mut state, "r", &status);
    look(&mut state, "r", &running);
    over.nodes.shift_remove("r-2");
    look(&mut state, "r", &over);
    assert_eq!(state.tasks[handler].phase, Phase::Omitted);
    assert_eq!(look(&mut state, "r", &over), []);
}

#[test]
fn a_task_of_a_run_that_is_stopped_is_not_tried_again() {
    let mut state = RunState::default();
    let status: WorkflowStatus = serde_json::from_value(json!({
        "phase": "Running",
        "startedAt": "2026-01-01T00:00:00Z",
        "nodes": {
            "r": {"id": "r", "name": "r", "type": "DAG", "phase": "Running", "children": ["r-1"]},
            "r-1": {"id": "r-1", "name": "r.fit", "displayName": "fit", "type": "Retry",
                    "phase": "Running", "startedAt": "2026-01-01T00:00:01Z", "children": ["r-2"]},
            "r-2": {"id": "r-2", "name": "r.fit(0)", "displayName": "fit(0)", "type": "Pod",
                    "phase": "Failed", "startedAt": "2026-01-01T00:00:01Z",
                    "message": "workflow shutdown with strategy:  Stop",
                    "finishedAt": "2026-01-01T00:00:09Z"},
        }
    }))
    .unwrap();
    let told = look(&mut state, "r", &status);
    assert!(
        matches!(told.last().unwrap(), RunEvent::TaskFinished { task, .. } if task == "fit"),
        "{told:?}"
    );
}

#[test]
fn a_task_that_succeeds_in_a_suspended_run_has_succeeded() {
    let mut state = RunState::default();
    let status: WorkflowStatus = serde_json::from_value(json!({
        "phase": "Running",
        "startedAt": "2026-01-01T00:00:00Z",
        "suspended": true,
        "nodes": {
            "r": {"id": "r", "name": "r", "type": "DAG", "phase": "Running", "children": ["r-1"]},
            "r-1": {"id": "r-1", "name": "r.fit", "displayName": "fit", "type": "Retry",
                    "phase": "Running", "startedAt": "2026-01-01T00:00:01Z", "children": ["r-2"]},
            "r-2": {"id": "r-2", "name": "r.fit(0)", "displayName": "fit(0)", "type": "Pod",
                    "phase": "Succeeded", "startedAt": "2026-01-01T00:00:01Z",
                    "finishedAt": "2026-01-01T00:00:09Z"},
        }
    }))
    .unwrap();
    let told = look(&mut state, "r", &status);
    assert!(
        !told
            .iter()
            .any(|event| matches!(event, RunEvent::AttemptFailed { .. })),
        "{told:?}"
    );
    assert_eq!(state.tasks["fit"].phase, Phase::Succeeded);
    assert_eq!(state.tasks["fit"].message, None);
    assert!(look(&mut state, "r", &status).is_empty());
}

#[test]
fn a_pod_that_was_deleted_is_told_so() {
    let mut state = RunState::default();
    let status: WorkflowStatus = serde_json::from_value(json!({
        "phase": "Failed",
        "message": "main: Error (exit code 143)",
        "startedAt": "2026-01-01T00:00:00Z",
        "finishedAt": "2026-01-01T00:00:09Z",
        "nodes": {
            "r-1": {"id": "r-1", "name": "r.fit", "displayName": "fit", "type": "Pod",
                    "phase": "Failed", "startedAt": "2026-01-01T00:00:01Z",
                    "message": "main: Error (exit code 143)", "outputs": {"exitCode": "143"},
                    "finishedAt": "2026-01-01T00:00:09Z"},
        }
    }))
    .unwrap();
    look(&mut state, "r", &status);
    let gone = Some("the pod was deleted or preempted (exit code 143)");
    assert_eq!(state.tasks["fit"].message.as_deref(), gone);
    assert_eq!(state.message.as_deref(), gone);
}

#[test]
fn what_a_pod_waits_for_is_told_once() {
    let outline = [TaskOutline {
        name: "fit".to_owned(),
        nodes: vec!["fit".to_owned()],
        upstream: Vec::new(),
        is_optional: false,
        is_group: false,
    }];
    let status = |message: &str| -> WorkflowStatus {
        serde_json::from_value(
            json!({"phase": "Running", "startedAt": "2026-01-01T00:00:00Z",
            "nodes": {"w-1": {"id": "w-1", "name": "w.fit", "displayName": "fit", "type": "Pod",
                "phase": "Pending", "message": message, "startedAt": "2026-01-01T00:00:00Z",
                "finishedAt": null}}}),
        )
        .unwrap()
    };
    let mut state = RunState::default();
    let mut told = Vec::new();
    for message in [
        "ContainerCreating",
        "Unschedulable: 0/1 nodes are available",
        "Unschedulable: 0/1 nodes are available",
        "ImagePullBackOff: no such image",
    ] {
        let view = seen_as("w", &outline, &status(message));
        for (at, event) in events(&state, &view, now()) {
            state.apply(at, &event);
            if let RunEvent::TaskWaiting { message, .. } = event {
                told.push(message);
            }
        }
    }
    assert_eq!(
        told,
        [
            "Unschedulable: 0/1 nodes are available",
            "ImagePullBackOff: no such image"
        ]
    );
    assert_eq!(state.tasks["fit"].phase, Phase::Pending);
    assert_eq!(state.tasks["fit"].attempts, 0);
}

#[test]
fn a_workflow_that_nobody_has_picked_up_has_told_nothing() {
    let mut state = RunState::default();
    assert_eq!(look(&mut state, "w", &WorkflowStatus::default()), []);
}

fn a_task(name: &str) -> TaskOutline {
    TaskOutline {
        name: name.to_owned(),
        nodes: Vec::new(),
        upstream: Vec::new(),
        is_optional: false,
        is_group: false,
    }
}

#[test]
fn a_run_off_loaded_succeeds_with_tasks_whose_pods_are_gone() {
    let outline = ["a", "b"].map(a_task);
    let mut state = RunState::default();
    let mut status: WorkflowStatus = serde_json::from_value(json!({
        "phase": "Running", "startedAt": "2026-01-01T00:00:00Z", "offloadNodeStatusVersion": "fnv:1",
        "nodes": {"x": {"id": "x", "name": "run.a", "type": "Pod", "phase": "Running",
            "startedAt": "2026-01-01T00:00:00Z"}}}))
    .unwrap();
    let mut phases = |status: &WorkflowStatus| {
        let view = seen_as("run", &outline, status);
        for (at, event) in events(&state, &view, now()) {
            state.apply(at, &event);
        }
        ["a", "b"].map(|name| state.tasks[name].phase)
    };
    assert_eq!(phases(&status), [Phase::Running, Phase::Pending]);
    status.nodes.clear();
    assert_eq!(phases(&status), [Phase::Running, Phase::Pending]);
    status.phase = Some(Phase::Succeeded);
    status.finished_at = Some(now());
    assert_eq!(phases(&status), [Phase::Succeeded, Phase::Succeeded]);
    assert_eq!(state.phase, Phase::Succeeded);
}

#[test]
fn a_task_that_a_run_ended_without_was_omitted() {
    let outline = ["a", "b"].map(a_task);
    let status = |phase: &str, started: &str| -> WorkflowStatus {
        let pod = if phase == "Running" {
            "Running"
        } else {
            "Failed"
        };
        serde_json::from_value(json!({
            "phase": phase, "startedAt": started, "finishedAt": "2026-01-01T00:01:00Z",
            "nodes": {"x": {"id": "x", "name": "run.a", "type": "Pod", "phase": pod,
                "startedAt": started, "finishedAt": "2026-01-01T00:01:00Z"}}}))
        .unwrap()
    };
    let mut state = RunState::default();
    let mut phases = |status: &WorkflowStatus| {
        let view = seen_as("run", &outline, status);
        for (at, event) in events(&state, &view, now()) {
            state.apply(at, &event);
        }
        ["a", "b"].map(|name| state.tasks[name].phase)
    };
    let (first, again) = ("2026-01-01T00:00:00Z", "2026-01-01T00:02:00Z");
    assert_eq!(
        phases(&status("Running", first)),
        [Phase::Running, Phase::Pending]
    );
    assert_eq!(
        phases(&status("Failed", first)),
        [Phase::Failed, Phase::Omitted]
    );
    // A retry may still run the task.
    assert_eq!(
        phases(&status("Running", again)),
        [Phase::Running, Phase::Pending]
    );
}

#[test]
fn an_image_that_cannot_be_pulled_is_told_once() {
    let mut state = RunState::default();
    let mut told = 0;
    for message in [
        "ErrImagePull: no such host",
        "ImagePullBackOff: Back-off pulling image \"a\": ErrImagePull: no such host",
        "ErrImagePull: no such host",
        "ImagePullBackOff: Back-off pulling image \"a\"",
        "Unschedulable: 0/1 nodes are available",
    ] {
        let status: WorkflowStatus = serde_json::from_value(json!({
            "phase": "Running", "startedAt": "2026-01-01T00:00:00Z",
            "nodes": {"x": {"id": "x", "name": "run.a", "type": "Pod", "phase": "Pending",
                "message": message, "startedAt": "2026-01-01T00:00:00Z"}}}))
        .unwrap();
        told += look(&mut state, "run", &status)
            .iter()
            .filter(|event| matches!(event, RunEvent::TaskWaiting { .. }))
            .count();
    }
    assert_eq!(told, 2, "{:?}", state.tasks);
}

#[test]
fn a_run_that_stands_still_says_why_once() {
    let mut state = RunState::default();
    let lock = "Waiting for argo/Mutex/x lock. Lock status: 0/1";
    let mut waits = |phase: &str, message: &str, suspended: bool| {
        let status: WorkflowStatus = serde_json::from_value(json!({
            "phase": phase, "message": message, "startedAt": "2026-01-01T00:00:00Z"}))
        .unwrap();
        let view = RunView {
            suspended,
            ..seen_as("run", &[], &status)
        };
        let found = bring_up(&mut state, &view);
        let waits = found.into_iter().filter_map(|event| match event {
            RunEvent::RunWaiting { message } => Some(message.unwrap_or_default()),
            _ => None,
        });
        waits.collect::<Vec<_>>().join("; ")
    };
    assert_eq!(waits("Pending", lock, false), lock);
    assert_eq!(waits("Pending", lock, false), "");
    assert_eq!(waits("Running", "", false), "");
    let suspended = waits("Running", "", true);
    assert!(suspended.starts_with("suspended"), "{suspended}");
    assert_eq!(waits("Running", "", true), "");
    assert_eq!(waits("Running", "", false), "");
    assert_eq!(waits("Succeeded", "", false), "");
    assert_eq!(state.message, None);
}
