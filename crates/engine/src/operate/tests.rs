//! What becomes of a status: beside what the real controller made of the same Workflows, and by properties.

use std::collections::BTreeSet;

use argo::status::{NodeKind, NodeStatus, Phase, WorkflowStatus};
use jiff::Timestamp;
use proptest::prelude::*;
use runs::{RunState, TaskState};
use serde_json::Value;

use super::{End, Event, Operation, Task, Workflow};
use crate::Budget;
use crate::scheduler::Scheduler;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// A Workflow of tasks, given as `NAME: DEPENDENCIES TEMPLATE` by name.
fn workflow(name: &str, tasks: &[(&str, &[&str], &str)]) -> Workflow {
    let number = |wanted: &&str| tasks.iter().position(|(name, ..)| name == wanted).unwrap();
    let tasks = tasks.iter().map(|(name, dependencies, template)| Task {
        name: (*name).to_owned(),
        template: (*template).to_owned(),
        dependencies: dependencies.iter().map(number).collect(),
    });
    Workflow {
        name: name.to_owned(),
        entrypoint: "main".to_owned(),
        step: None,
        tasks: tasks.collect(),
    }
}

fn ends(exit_code: i32) -> Event {
    Event::Ends(End {
        phase: if exit_code == 0 {
            Phase::Succeeded
        } else {
            Phase::Failed
        },
        message: (exit_code != 0).then(|| format!("main: Error (exit code {exit_code})")),
        exit_code: Some(exit_code),
        ..End::default()
    })
}

/// Runs whatever is ready, one task after the other, to the end.
fn run(operation: &mut Operation, exit_code: impl Fn(&str) -> i32) {
    let mut second = 10;
    let mut ready = operation.begin(at(second)).ready;
    while let Some(task) = ready.pop() {
        second += 1;
        operation.take_in(task, Event::Made(Vec::new()), at(second));
        operation.take_in(task, Event::Runs, at(second));
        let name = operation.workflow.tasks[task].name.clone();
        let changes = operation.take_in(task, ends(exit_code(&name)), at(second + 1));
        ready.extend(changes.ready);
    }
}

/// The nodes as a tree is printed: name, kind, phase, message.
fn nodes(operation: &Operation) -> Vec<String> {
    let mut nodes: Vec<&NodeStatus> = operation.status().nodes.values().collect();
    nodes.sort_by_key(|node| &node.name);
    let line = |node: &&NodeStatus| {
        let message = node.message.as_ref();
        let message = message.map_or(String::new(), |text| format!(" | {text}"));
        let kind = node.kind.as_str();
        format!("{} {kind} {}{message}", node.name, node.phase)
    };
    nodes.iter().map(line).collect()
}

/// A status without moments, and without what the recording has not.
fn comparable(status: &WorkflowStatus) -> Value {
    let mut status = serde_json::to_value(status).unwrap();
    let mut strip = |object: &mut Value| {
        for field in ["startedAt", "finishedAt", "templateScope", "outputs"] {
            object.as_object_mut().unwrap().remove(field);
        }
    };
    strip(&mut status);
    let nodes = status["nodes"].as_object_mut().unwrap();
    nodes.values_mut().for_each(&mut strip);
    status
}

#[test]
fn a_dag_gets_the_status_that_the_controller_gave_it() {
    let recorded = include_str!("../../../argo/tests/retry/dag.json");
    let recorded: Value = serde_json::from_str(recorded).unwrap();
    let recorded: WorkflowStatus =
        serde_json::from_value(recorded["workflow"]["status"].clone()).unwrap();
    let mut operation = Operation::new(workflow(
        "rc-dag",
        &[
            ("a", &[], "ok"),
            ("b", &["a"], "bad"),
            ("c", &["a"], "ok"),
            ("d", &["b", "c"], "ok"),
        ],
    ));
    assert_eq!(operation.begin(at(0)).ready, [0]);
    operation.take_in(0, Event::Runs, at(1));
    assert_eq!(operation.take_in(0, ends(0), at(2)).ready, [1, 2]);
    operation.take_in(1, Event::Runs, at(3));
    operation.take_in(2, Event::Runs, at(3));
    assert_eq!(operation.take_in(1, ends(3), at(4)).changed, [1]);
    assert!(!operation.status().is_final());
    assert_eq!(operation.take_in(2, ends(0), at(5)).changed, [2, 3]);
    assert_eq!(comparable(operation.status()), comparable(&recorded));
    let node = operation.node(1).unwrap();
    assert_eq!(node.template_scope, "local/rc-dag");
    assert_eq!(node.exit_code(), Some("3"));
    assert_eq!(
        (node.started_at, node.finished_at),
        (Some(at(3)), Some(at(4)))
    );
    let status = operation.status();
    assert_eq!(
        (status.started_at, status.finished_at),
        (Some(at(0)), Some(at(5)))
    );
}

/// The same Workflows, on the controller of Argo Workflows 4.1.2.
#[test]
fn nodes_end_as_they_did_on_the_controller() {
    let mut other_branch = Operation::new(workflow(
        "WF",
        &[("a", &[], "bad"), ("b", &[], "slow"), ("c", &["b"], "ok")],
    ));
    run(&mut other_branch, |task| if task == "a" { 3 } else { 0 });
    assert_eq!(
        nodes(&other_branch),
        [
            "WF DAG Failed",
            "WF.a Pod Failed | main: Error (exit code 3)",
            "WF.b Pod Succeeded",
            "WF.c Pod Succeeded",
        ]
    );
    let mut omitted = Operation::new(workflow("WF", &[("a", &[], "bad"), ("b", &["a"], "ok")]));
    run(&mut omitted, |_| 3);
    assert_eq!(
        nodes(&omitted),
        [
            "WF DAG Failed",
            "WF.a Pod Failed | main: Error (exit code 3)",
            "WF.b Skipped Omitted | omitted: depends condition not met",
        ]
    );
    // A name that is a word of expressions cannot be depended on.
    let mut named_in = Operation::new(workflow("WF", &[("in", &[], "ok"), ("b", &["in"], "ok")]));
    run(&mut named_in, |_| 0);
    assert_eq!(
        nodes(&named_in),
        [
            "WF DAG Error",
            "WF.b Skipped Error | `in` cannot stand in `depends`",
            "WF.in Pod Succeeded",
        ]
    );
    assert_eq!(named_in.status().phase, Some(Phase::Error));
}

/// As in `wide.json` of the recordings.
#[test]
fn a_wide_pipeline_has_a_step_and_its_group_around_the_dag() {
    let mut wide = Operation::new(Workflow {
        step: Some("tasks".to_owned()),
        ..workflow(
            "rc-wide",
            &[("a", &[], "ok"), ("c", &[], "bad"), ("d", &["a"], "ok")],
        )
    });
    run(&mut wide, |task| if task == "c" { 3 } else { 0 });
    assert_eq!(
        nodes(&wide),
        [
            "rc-wide Steps Failed | child 'rc-wide-3170348864' failed",
            "rc-wide[0] StepGroup Failed | child 'rc-wide-3170348864' failed",
            "rc-wide[0].tasks DAG Failed",
            "rc-wide[0].tasks.a Pod Succeeded",
            "rc-wide[0].tasks.c Pod Failed | main: Error (exit code 3)",
            "rc-wide[0].tasks.d Pod Succeeded",
        ]
    );
    let all = &wide.status().nodes;
    let (first, group, dag) = (
        &all["rc-wide"],
        &all["rc-wide-1260249748"],
        &all["rc-wide-3170348864"],
    );
    assert_eq!(
        first.outbound_nodes,
        ["rc-wide-1561170155", "rc-wide-1645058250"]
    );
    assert_eq!(dag.outbound_nodes, first.outbound_nodes);
    assert!(group.outbound_nodes.is_empty() && group.node_flag.is_some());
    assert_eq!(
        (&*first.boundary, &*group.boundary, &*dag.boundary),
        ("", "rc-wide", "rc-wide")
    );
    let task = &all["rc-wide-1561170155"];
    assert_eq!((&*task.display_name, &*task.boundary), ("c", &*dag.id));
}

#[test]
fn outputs_with_global_names_are_the_workflows() {
    let mut operation = Operation::new(workflow("run", &[("a", &[], "init")]));
    operation.begin(at(0));
    let inputs = vec![("x".to_owned(), "1".to_owned())];
    operation.take_in(0, Event::Made(inputs), at(1));
    let output = argo::status::Parameter {
        name: "token".to_owned(),
        global_name: "the-token".to_owned(),
        value: Some("t".to_owned()),
        ..Default::default()
    };
    let end = End {
        phase: Phase::Succeeded,
        outputs: vec![output],
        ..End::default()
    };
    operation.take_in(0, Event::Ends(end), at(2));
    let node = operation.node(0).unwrap();
    assert_eq!(
        (node.input("x"), node.output("token")),
        (Some("1"), Some("t"))
    );
    let outputs = operation.status().outputs.as_ref().unwrap();
    assert_eq!(outputs.parameter("the-token"), Some("t"));
    assert_eq!(operation.status().phase, Some(Phase::Succeeded));
}

#[test]
fn a_pod_that_waits_is_pending_and_says_why() {
    let mut operation = Operation::new(workflow("run", &[("a", &[], "t")]));
    operation.begin(at(0));
    operation.take_in(0, Event::Waits("no room".to_owned()), at(1));
    let node = operation.node(0).unwrap();
    assert_eq!(
        (node.phase, node.message.as_deref()),
        (Phase::Pending, Some("no room"))
    );
    operation.take_in(0, Event::Runs, at(5));
    let node = operation.node(0).unwrap();
    assert_eq!(
        (node.phase, &node.message, node.started_at),
        (Phase::Running, &None, Some(at(5)))
    );
}

#[test]
fn what_comes_after_the_end_of_a_task_changes_nothing() {
    let mut operation = Operation::new(workflow("run", &[("a", &[], "t"), ("b", &["a"], "t")]));
    operation.begin(at(0));
    operation.take_in(0, ends(0), at(1));
    let before = operation.status().clone();
    assert_eq!(
        operation.take_in(0, ends(3), at(2)),
        super::Changes::default()
    );
    assert_eq!(*operation.status(), before);
}

#[test]
fn a_workflow_that_is_stopped_fails() {
    let mut operation = Operation::new(workflow("run", &[("a", &[], "t"), ("b", &["a"], "t")]));
    operation.begin(at(0));
    operation.stop();
    operation.take_in(0, ends(0), at(1));
    operation.end(at(2));
    let status = operation.status();
    assert_eq!(
        (status.phase, status.message.as_deref()),
        (Some(Phase::Failed), Some("stopped"))
    );
    assert_eq!(nodes(&operation), ["run DAG Failed", "run.a Pod Succeeded"]);
}

#[test]
fn nothing_to_run_is_a_success() {
    let mut operation = Operation::new(workflow("run", &[]));
    assert_eq!(operation.begin(at(0)), super::Changes::default());
    assert_eq!(operation.status().phase, Some(Phase::Succeeded));
}

#[test]
fn two_tasks_whose_names_have_one_digest_are_two_nodes() {
    let names = ["join-load-score-wash-train", "load-join-train-scan-merge"];
    let mut operation = Operation::new(workflow(
        "run",
        &[(names[0], &[], "t"), (names[1], &[], "t")],
    ));
    run(&mut operation, |task| i32::from(task == names[0]));
    let phases = [0, 1].map(|task| operation.node(task).unwrap().phase);
    assert_eq!(phases, [Phase::Failed, Phase::Succeeded]);
}

/// A record of tasks in phases.
fn record(phase: Phase, tasks: &[(&str, Phase)]) -> RunState {
    let tasks = tasks.iter().map(|(name, phase)| {
        let task = TaskState {
            phase: *phase,
            started: Some(at(1)),
            finished: Some(at(2)),
            ..TaskState::default()
        };
        ((*name).to_owned(), task)
    });
    RunState {
        phase,
        started: Some(at(0)),
        finished: Some(at(3)),
        tasks: tasks.collect(),
        ..RunState::default()
    }
}

fn chain() -> Workflow {
    workflow(
        "run",
        &[
            ("a", &[], "t"),
            ("b", &["a"], "t"),
            ("c", &["b"], "t"),
            ("d", &[], "t"),
        ],
    )
}

/// What is ready when a run goes on, and the tasks whose nodes stay.
fn continued(state: &RunState, again: &str, lost: &str) -> (Vec<usize>, Vec<usize>) {
    let mut operation = Operation::continued(
        chain(),
        state,
        |task| task == again,
        |task| task == lost,
        at(9),
    )
    .unwrap();
    let ready = operation.begin(at(9)).ready;
    assert_eq!(operation.status().started_at, Some(at(9)));
    // With nothing left to run it is over at once.
    let phase = if ready.is_empty() {
        Phase::Succeeded
    } else {
        Phase::Running
    };
    assert_eq!(operation.status().nodes["run"].phase, phase);
    let kept = (0..4).filter(|task| operation.node(*task).is_some());
    let kept = kept.collect();
    run(&mut operation, |_| 0);
    assert_eq!(operation.status().phase, Some(Phase::Succeeded));
    (ready, kept)
}

#[test]
fn a_retry_goes_on_with_what_failed_and_what_comes_after_it() {
    use Phase::{Error, Failed, Omitted, Pending, Succeeded};
    let state = record(
        Failed,
        &[
            ("a", Succeeded),
            ("b", Failed),
            ("c", Omitted),
            ("d", Succeeded),
        ],
    );
    assert_eq!(continued(&state, "", ""), (vec![1], vec![0, 3]));
    let state = record(
        Error,
        &[
            ("a", Succeeded),
            ("b", Succeeded),
            ("c", Error),
            ("d", Error),
        ],
    );
    assert_eq!(continued(&state, "", ""), (vec![2, 3], vec![0, 1]));
    // The process was killed between two tasks.
    let state = record(
        Failed,
        &[
            ("a", Succeeded),
            ("b", Pending),
            ("c", Pending),
            ("d", Pending),
        ],
    );
    assert_eq!(continued(&state, "", ""), (vec![1, 3], vec![0]));
    // It was killed after the last.
    let all = ["a", "b", "c", "d"].map(|task| (task, Succeeded));
    assert_eq!(
        continued(&record(Failed, &all), "", ""),
        (vec![], vec![0, 1, 2, 3])
    );
    // It was killed before the first.
    assert_eq!(
        continued(&record(Failed, &[]), "", ""),
        (vec![0, 3], vec![])
    );
    assert_eq!(
        continued(&RunState::default(), "", ""),
        (vec![0, 3], vec![])
    );
}

#[test]
fn a_task_that_is_to_run_again_takes_those_after_it_along() {
    let all = ["a", "b", "c", "d"].map(|task| (task, Phase::Succeeded));
    let state = record(Phase::Succeeded, &all);
    assert_eq!(continued(&state, "b", ""), (vec![1], vec![0, 3]));
    let nothing = Operation::continued(chain(), &state, |_| false, |_| false, at(9));
    assert!(nothing.is_err());
}

#[test]
fn a_task_whose_outputs_are_lost_runs_again_alone() {
    use Phase::{Failed, Succeeded};
    let state = record(
        Failed,
        &[
            ("a", Succeeded),
            ("b", Succeeded),
            ("c", Failed),
            ("d", Succeeded),
        ],
    );
    assert_eq!(continued(&state, "", "a"), (vec![0, 2], vec![1, 3]));
}

const MACHINE: Budget = Budget {
    millicores: 2000,
    memory: 100,
    gpus: 2,
};

fn graphs() -> impl Strategy<Value = Vec<(Vec<usize>, Budget)>> {
    let task = (any::<u16>(), 1u64..4000, 1u64..150, 0u64..4);
    prop::collection::vec(task, 1..40).prop_map(|raw| {
        let tasks = raw.iter().enumerate();
        let task = |(index, (bits, millicores, memory, gpus)): (usize, &(u16, u64, u64, u64))| {
            let above = 0..index;
            let above = above.filter(|above| bits >> (above % 16) & 1 == 1 && (index - above) < 8);
            let needs = Budget {
                millicores: *millicores,
                memory: *memory,
                gpus: *gpus,
            };
            (above.collect(), needs)
        };
        tasks.map(task).collect()
    })
}

proptest! {
    /// No task starts before its dependencies succeeded, the machine is never overfull, each task ends exactly one way,
    /// and the whole ends well if all tasks do.
    #[test]
    fn every_task_ends_once_within_the_machine(
        tasks in graphs(),
        failures in prop::collection::vec(any::<bool>(), 40),
    ) {
        let named = tasks.iter().enumerate().map(|(index, (dependencies, _))| Task {
            name: format!("t{index}"),
            dependencies: dependencies.clone(),
            ..Task::default()
        });
        let mut operation = Operation::new(Workflow {
            name: "run".to_owned(),
            tasks: named.collect(),
            ..Workflow::default()
        });
        let mut scheduler = Scheduler::new(tasks.iter().map(|(_, needs)| *needs), MACHINE);
        let mut ended: Vec<Option<bool>> = vec![None; tasks.len()];
        let mut running: BTreeSet<usize> = BTreeSet::new();
        operation.begin(at(0)).ready.into_iter().for_each(|task| scheduler.add(task));
        loop {
            while let Some(index) = scheduler.next() {
                prop_assert!(tasks[index].0.iter().all(|above| ended[*above] == Some(true)));
                prop_assert!(running.insert(index));
                operation.take_in(index, Event::Runs, at(1));
                let used = running.iter().fold(Budget::default(), |sum, index| {
                    sum.with(tasks[*index].1.at_most(MACHINE))
                });
                prop_assert!(MACHINE.holds(used));
            }
            let Some(index) = running.pop_last() else { break };
            prop_assert!(ended[index].is_none());
            ended[index] = Some(!failures[index]);
            scheduler.finish(index);
            let changes = operation.take_in(index, ends(i32::from(failures[index])), at(2));
            for omitted in &changes.changed[1..] {
                prop_assert!(ended[*omitted].is_none());
                prop_assert_eq!(operation.node(*omitted).map(|node| &node.kind), Some(&NodeKind::Skipped));
                ended[*omitted] = Some(false);
            }
            changes.ready.into_iter().for_each(|task| scheduler.add(task));
        }
        prop_assert!(ended.iter().all(Option::is_some));
        prop_assert_eq!(scheduler.running(), 0);
        let is_well = ended.iter().all(|ended| *ended == Some(true));
        let phase = if is_well { Phase::Succeeded } else { Phase::Failed };
        prop_assert_eq!(operation.status().phase, Some(phase));
    }
}
