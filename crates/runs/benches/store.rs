//! Events that the history records per second: `cargo bench -p runs`.
//!
//! A run of 10,000 tasks. Like the engine, it records the end of a task and the start of the next together, each with
//! the new state. Prints a JSON line.
//! leads to, as the engine does. Prints a JSON line.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for developers"
)]

use std::time::Instant;

use argo::status::WorkflowStatus;
use jiff::{SignedDuration, Timestamp};
use runs::{History, PendingChanges, Phase, RunEvent, RunRecord, RunState, TaskInfo, Used};

const TASKS: usize = 10_000;
const ROUNDS: usize = 3;

fn main() {
    let mut rates: Vec<f64> = (0..ROUNDS).map(|_| round()).collect();
    rates.sort_by(f64::total_cmp);
    let rate = rates[ROUNDS / 2];
    println!(r#"{{"tasks": {TASKS}, "events_a_second": {rate:.0}}}"#);
}

/// Events per second, over all tasks of a run.
fn round() -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let history = History::open(&folder.path().join("history.db")).unwrap();
    let name = "bench";
    history
        .create(&RunRecord {
            name: name.to_owned(),
            uid: "1".to_owned(),
            pipeline: "__default__".to_owned(),
            environment: "local".to_owned(),
            created: Timestamp::UNIX_EPOCH,
            manifest: "{}".to_owned(),
            cluster: None,
            phase: Phase::Pending,
            finished: None,
        })
        .unwrap();
    let task = |number: usize| format!("transform-the-data-{number:05}");
    let tasks: Vec<TaskInfo> = (0..TASKS)
        .map(|number| TaskInfo {
            name: task(number),
            nodes: vec![format!("transform_the_data_{number:05}")],
            upstream: number.checked_sub(1).map(task).into_iter().collect(),
        })
        .collect();
    let mut state = RunState::default();
    let begins = RunEvent::RunStarted {
        outstanding: (0..TASKS).map(task).collect(),
        tasks,
    };
    let mut at = Timestamp::UNIX_EPOCH;
    let (mut changes, status) = (PendingChanges::default(), WorkflowStatus::default());
    assert!(changes.add(at, &begins, &mut state));
    history
        .put_changes(name, &mut changes, &state, &status, None)
        .unwrap();
    let start = Instant::now();
    for number in 0..TASKS {
        at += SignedDuration::from_millis(1);
        let events = [
            RunEvent::TaskStarted {
                task: task(number),
                attempt: None,
            },
            RunEvent::TaskFinished {
                task: task(number),
                attempt: None,
                phase: Phase::Succeeded,
                message: None,
                exit_code: Some(0),
                used: Used {
                    cpu_milliseconds: Some(1),
                    ..Used::default()
                },
                cause: None,
            },
        ];
        for event in &events {
            assert!(changes.add(at, event, &mut state));
        }
        history
            .put_changes(name, &mut changes, &state, &status, None)
            .unwrap();
    }
    let taken = start.elapsed().as_secs_f64();
    assert_eq!(history.state(name).unwrap(), state);
    f64::from(u32::try_from(2 * TASKS).unwrap()) / taken
}
