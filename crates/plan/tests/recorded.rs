//! From Kedro's real pipelines to tasks: plans recorded snapshots.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

#[path = "../../project/tests/recording/mod.rs"]
mod recording;

use std::collections::BTreeSet;

use plan::{DataKind, Plan, Task, plan};
use recording::{Recording, recording};
use serde_json::{Value, json};

fn planned(recording: &Recording) -> Plan {
    plan(&recording.snapshot, &recording.config().unwrap()).unwrap()
}

/// The plan of a recording without an `argo.yml`, with this one instead.
fn planned_with(name: &str, argo: Value) -> Plan {
    let mut recording = recording(name);
    assert_eq!(recording.snapshot.argo, None);
    recording.snapshot.argo = Some(argo);
    planned(&recording)
}

fn task<'a>(plan: &'a Plan, name: &str) -> &'a Task {
    plan.tasks.iter().find(|task| task.name == name).unwrap()
}

/// All tasks, each as `name[nodes]`.
fn nodes(plan: &Plan) -> Vec<String> {
    let tasks = plan.tasks.iter();
    tasks
        .map(|task| format!("{}[{}]", task.name, task.nodes.join(" ")))
        .collect()
}

#[test]
fn a_task_is_a_node_or_a_group_and_waits_for_its_data() {
    let plan = planned(&recording("branches"));
    assert_eq!(
        nodes(&plan),
        [
            "prepare[clean keep features]",
            "x-train[x.train]",
            "y-train[y.train]",
            "choose[choose]"
        ]
    );
    let upstream: Vec<String> = plan
        .tasks
        .iter()
        .map(|task| task.upstream.join(" "))
        .collect();
    assert_eq!(upstream, ["", "prepare", "prepare", "x-train y-train"]);
}

#[test]
fn programs_read_the_plan_as_json() {
    for name in ["branches", "node_settings"] {
        insta::assert_json_snapshot!(name, planned(&recording(name)));
    }
}

#[test]
fn each_machine_says_which_rule_set_it() {
    let plan = planned(&recording("branches"));
    for (name, expected) in [
        ("prepare", json!(["largest", "2", "1536Mi", 0])),
        ("x-train", json!(["node", "1", "4Gi", 1])),
        ("choose", json!(["default", "500m", "1Gi", 0])),
    ] {
        let machine = serde_json::to_value(&task(&plan, name).machine).unwrap();
        let said = ["rule", "cpu", "memory", "gpu"].map(|key| machine[key].clone());
        assert_eq!(json!(said), expected, "{name}");
    }
}

#[test]
fn each_dataset_has_the_kind_that_its_traffic_asks_for() {
    let plan = planned(&recording("branches"));
    let tasks = plan.tasks.iter();
    let uses: Vec<_> = tasks
        .flat_map(|task| task.inputs.iter().chain(&task.outputs))
        .collect();
    for (dataset, expected) in [
        ("raw", DataKind::Catalog),
        ("features", DataKind::HandOff),
        ("x.model", DataKind::HandOff),
        ("kept", DataKind::KeptInMemory),
        ("clean@x", DataKind::Catalog),
        ("best", DataKind::Catalog),
    ] {
        let mut kinds = uses.iter().filter(|usage| usage.dataset == dataset);
        let first = kinds.next().unwrap();
        assert_eq!(first.kind, expected, "{dataset}");
        assert!(kinds.all(|usage| usage.kind == expected), "{dataset}");
    }
}

#[test]
fn one_node_of_a_group_alone_is_a_task_of_that_group() {
    let plan = planned(&recording("branches_keep_alone"));
    assert_eq!(nodes(&plan), ["prepare[keep]"]);
}

#[test]
fn grouping_can_come_from_configuration() {
    for (grouping, expected) in [
        (
            "none",
            "one[one] two[two] ns-three[ns.three] ns-four[ns.four]",
        ),
        ("all", "pipeline[one two ns.three ns.four]"),
        ("namespace", "one[one] two[two] ns[ns.three ns.four]"),
        ("tag", "both[one two] ns-three[ns.three] ns-four[ns.four]"),
        ("pipeline", "first[one two] second[ns.three ns.four]"),
    ] {
        let plan = planned_with("chain", json!({"grouping": grouping}));
        assert_eq!(nodes(&plan).join(" "), expected, "{grouping}");
    }
}

#[test]
fn nodes_that_share_memory_can_be_one_task() {
    let plan = planned_with("chain", json!({"memory_datasets": {"mode": "fuse"}}));
    let [task] = &plan.tasks[..] else {
        panic!("{plan:?}");
    };
    assert_eq!(task.nodes, ["one", "two", "ns.three", "ns.four"]);
    assert_eq!(task.outputs.len(), 4);
    let mut outputs = task.outputs.iter();
    assert!(outputs.all(|usage| usage.kind == DataKind::Memory));
}

#[test]
fn an_explicit_group_wins_over_the_configured_grouping() {
    let plan = planned(&recording("explicit_group"));
    assert_eq!(nodes(&plan), ["mine[one]", "pipeline[two]"]);
}

#[test]
fn a_machine_of_googles_g2_family_is_known_by_name() {
    let plan = planned(&recording("machine_of_google"));
    let machine = &task(&plan, "n").machine;
    assert_eq!(
        (machine.cpu.to_string(), machine.memory.to_string()),
        ("24".to_owned(), "96Gi".to_owned())
    );
    assert_eq!(machine.gpu, 2);
}

#[test]
fn names_that_argo_does_not_take_are_changed_and_stay_apart() {
    let plan = planned(&recording("names"));
    assert_eq!(plan.tasks.len(), 6);
    let names = plan.tasks.iter().map(|task| task.name.as_str());
    let distinct: BTreeSet<String> = names.clone().map(str::to_lowercase).collect();
    assert_eq!(distinct.len(), 6);
    for name in names {
        assert!(name.len() <= 63, "{name}");
        assert!(name.starts_with(|first: char| first.is_ascii_alphabetic()));
    }
    assert_eq!(task(&plan, "node-02-clean").nodes, ["02_clean"]);
    assert_eq!(task(&plan, "node-in").nodes, ["in"]);
}

#[test]
fn the_plan_says_which_selector_set_what() {
    let plan = planned(&recording("node_settings"));
    let settings = plan.settings_of(task(&plan, "make")).unwrap();
    assert_eq!(
        serde_json::to_value(&settings.set_by).unwrap(),
        json!([{"setting": "retry", "selector": "tag:heavy"}])
    );
    assert_eq!(nodes(plan.on_exit.as_ref().unwrap()), ["sweep[sweep]"]);
}
