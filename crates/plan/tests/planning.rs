//! From nodes and configuration to tasks: one test for each rule.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

use plan::{Plan, plan};
use project::Snapshot;
use project::config::check;
use serde_json::{Value, json};

fn node(name: &str, inputs: &[&str], outputs: &[&str]) -> Value {
    json!({"name": name, "inputs": inputs, "outputs": outputs,
        "source": {"file": "src/nodes.py", "line": 7}})
}

/// Adds fields to a node.
fn with(mut node: Value, fields: &Value) -> Value {
    for (key, value) in fields.as_object().unwrap() {
        node[key] = value.clone();
    }
    node
}

/// A snapshot in which datasets named `c…` are in the catalog, in a bucket, and all others are not.
fn snapshot(nodes: &[Value]) -> Snapshot {
    let mut datasets = serde_json::Map::new();
    for name in nodes
        .iter()
        .flat_map(|node| [&node["inputs"], &node["outputs"]])
        .flat_map(|names| names.as_array().unwrap())
        .map(|name| name.as_str().unwrap())
    {
        let dataset = if name.starts_with('c') {
            json!({"type": "x.X", "place": "remote", "path": "s3://b/x", "registered": true})
        } else {
            json!({"type": "MemoryDataset", "place": "memory", "registered": false})
        };
        datasets.insert(name.to_owned(), dataset);
    }
    serde_json::from_value(json!({
        "project": {"name": "p", "package": "p", "path": "/p"},
        "environment": "base", "pipelines": ["__default__"], "registered": ["__default__"],
        "nodes": nodes, "datasets": datasets, "parameters": {},
        "versions": {"kedro": "1", "python": "3", "argo_kedro": "1"},
    }))
    .unwrap()
}

fn planned(nodes: &[Value], argo: &Value) -> Plan {
    plan(&snapshot(nodes), &check(argo, &[]).unwrap()).unwrap()
}

/// All tasks, each as `name[nodes] < upstream`.
fn shape(plan: &Plan) -> Vec<String> {
    let tasks = plan.tasks.iter();
    tasks
        .map(|task| {
            format!(
                "{}[{}] < {}",
                task.name,
                task.nodes.join(" "),
                task.upstream.join(" ")
            )
        })
        .collect()
}

/// The outputs of a task, each as `dataset:kind`.
fn outputs(plan: &Plan, task: usize) -> Vec<String> {
    let outputs = plan.tasks[task].outputs.iter();
    outputs
        .map(|usage| format!("{}:{:?}", usage.dataset, usage.kind))
        .collect()
}

/// The findings that prevent the plan, each as `code: message; help`.
fn faults(nodes: &[Value], argo: &Value) -> Vec<String> {
    let found = plan(&snapshot(nodes), &check(argo, &[]).unwrap()).unwrap_err();
    found
        .into_iter()
        .map(|finding| format!("{}: {}", finding.code, finding.message))
        .collect()
}

fn fused(name: &str) -> Value {
    json!({"group": {"name": name}})
}

#[test]
fn every_node_is_a_task_and_waits_for_what_it_reads() {
    let nodes = [
        node("a", &["c0"], &["x"]),
        node("b", &["x"], &["y"]),
        node("d", &["x", "y"], &["c1"]),
    ];
    // `d` also reads from `a`, but already waits for it through `b`.
    assert_eq!(
        shape(&planned(&nodes, &json!({}))),
        ["a[a] < ", "b[b] < a", "d[d] < b"]
    );
}

#[test]
fn transcoded_names_are_one_dataset() {
    let nodes = [node("a", &[], &["c@pandas"]), node("b", &["c@spark"], &[])];
    assert_eq!(shape(&planned(&nodes, &json!({})))[1], "b[b] < a");
}

#[test]
fn a_fused_group_is_a_task_and_keeps_what_only_it_uses() {
    let nodes = [
        with(node("a", &["c0"], &["x", "c1"]), &fused("f")),
        with(node("b", &["x", "c1"], &["y"]), &fused("f")),
        node("d", &["y"], &["z"]),
    ];
    let plan = planned(&nodes, &json!({"runner": {"use_memory_datasets": true}}));
    assert_eq!(shape(&plan), ["f[a b] < ", "d[d] < f"]);
    assert_eq!(
        outputs(&plan, 0),
        ["x:Memory", "c1:KeptInMemory", "y:HandOff"]
    );
    assert_eq!(outputs(&plan, 1), ["z:Memory"]);
    let written = planned(&nodes, &json!({}));
    assert_eq!(outputs(&written, 0)[1], "c1:Catalog");
}

#[test]
fn a_dataset_that_another_pipeline_reads_is_written() {
    let nodes = [
        with(node("a", &[], &["c1"]), &fused("f")),
        with(node("b", &["c1"], &[]), &fused("f")),
    ];
    let config = check(&json!({"runner": {"use_memory_datasets": true}}), &[]).unwrap();
    let mut snapshot = snapshot(&nodes);
    snapshot
        .readers
        .insert("c1".to_owned(), vec!["elsewhere".to_owned()]);
    assert_eq!(
        outputs(&plan(&snapshot, &config).unwrap(), 0),
        ["c1:Catalog"]
    );
}

#[test]
fn a_group_that_waits_for_itself_is_named_with_the_way() {
    let nodes = [
        with(node("a", &[], &["x"]), &fused("f")),
        node("b", &["x"], &["y"]),
        with(node("d", &["y"], &[]), &fused("f")),
    ];
    assert_eq!(
        faults(&nodes, &json!({})),
        ["group-cycle: group `f` depends on itself: f → x → b → y → f"]
    );
}

#[test]
fn a_cycle_through_a_fused_pipeline_says_what_the_setting_has_to_do_with_it() {
    let nodes = [
        node("a", &[], &["x"]),
        with(node("b", &["x"], &["y"]), &fused("f")),
        node("d", &["y"], &[]),
    ];
    let found = plan(
        &snapshot(&nodes),
        &check(&json!({"grouping": "all"}), &[]).unwrap(),
    );
    let found = found.unwrap_err();
    let help = found[0].help.as_deref().unwrap();
    assert!(
        help.contains("the FusedPipeline `f` stays a task of its own"),
        "{help}"
    );
    let nodes = [
        with(node("a", &[], &["x"]), &json!({"tags": ["group.t"]})),
        node("b", &["x"], &["y"]),
        with(node("d", &["y"], &[]), &json!({"tags": ["group.t"]})),
    ];
    let found = plan(
        &snapshot(&nodes),
        &check(&json!({"grouping": "tag"}), &[]).unwrap(),
    );
    let found = found.unwrap_err();
    let help = found[0].help.as_deref().unwrap();
    assert!(help.starts_with("set another `grouping`"), "{help}");
}

#[test]
fn a_group_and_a_node_outside_it_cannot_share_a_name() {
    let nodes = [
        with(node("a", &[], &["x"]), &fused("b")),
        node("b", &["x"], &[]),
    ];
    assert_eq!(
        faults(&nodes, &json!({})),
        ["duplicate-task-name: `b` is the name of a group (`a`) and of a node outside it"]
    );
}

#[test]
fn grouping_can_come_from_configuration() {
    let nodes = [
        with(
            node("n.a", &[], &["x"]),
            &json!({"namespace": "n", "tags": ["group.one"], "pipelines": ["p"]}),
        ),
        with(
            node("n.m.b", &["x"], &["c1"]),
            &json!({"namespace": "n.m", "tags": ["group.one"], "pipelines": ["p"]}),
        ),
        node("d", &["c1"], &["c2"]),
    ];
    for (grouping, expected) in [
        (
            "none",
            vec!["n-a[n.a] < ", "n-m-b[n.m.b] < n-a", "d[d] < n-m-b"],
        ),
        ("tag", vec!["one[n.a n.m.b] < ", "d[d] < one"]),
        ("namespace", vec!["n[n.a n.m.b] < ", "d[d] < n"]),
        ("pipeline", vec!["p[n.a n.m.b] < ", "d[d] < p"]),
        (
            "memory",
            vec!["n-a-and-1-more[n.a n.m.b] < ", "d[d] < n-a-and-1-more"],
        ),
        ("all", vec!["pipeline[n.a n.m.b d] < "]),
    ] {
        let plan = planned(&nodes, &json!({"grouping": grouping}));
        assert_eq!(shape(&plan), expected, "{grouping}");
    }
}

#[test]
fn a_node_tagged_for_two_groups_is_refused() {
    let nodes = [with(
        node("a", &[], &[]),
        &json!({"tags": ["group.one", "group.two"]}),
    )];
    assert_eq!(
        faults(&nodes, &json!({"grouping": "tag"})),
        ["ambiguous-group: node `a` is tagged for 2 groups: one, two"]
    );
}

#[test]
fn what_happens_to_uncatalogued_data_between_tasks_is_a_choice() {
    let nodes = [node("a", &[], &["x"]), node("b", &["x"], &[])];
    let mode = |mode: &str| json!({"memory_datasets": {"mode": mode}});
    assert_eq!(
        outputs(&planned(&nodes, &mode("persist")), 0),
        ["x:HandOff"]
    );
    assert_eq!(
        shape(&planned(&nodes, &mode("fuse"))),
        ["a-and-1-more[a b] < "]
    );
    assert_eq!(
        faults(&nodes, &mode("error")),
        ["memory-dataset-crosses-tasks: `x` crosses tasks and is not in the catalog"]
    );
}

#[test]
fn an_input_that_nobody_makes_is_missing() {
    assert_eq!(
        faults(&[node("a", &["x"], &[])], &json!({})),
        [
            "missing-dataset: no selected node creates the dataset `x`, and the catalog does not have it (node `a` reads it)"
        ]
    );
}

#[test]
fn a_transcoded_name_that_nobody_writes_is_missing() {
    let nodes = [
        node("a", &[], &["x@pandas"]),
        node("b", &["x@records"], &[]),
    ];
    let view = "(node `b` reads it): node `a` writes `x@pandas`";
    assert_eq!(
        faults(&nodes, &json!({})),
        [format!(
            "missing-dataset: no node writes the dataset `x@records`, and the catalog does not have it {view}"
        )]
    );
    let mut kept = snapshot(&nodes);
    let registered = |kept: &mut Snapshot, name: &str| {
        kept.datasets.get_mut(name).unwrap().registered = true;
    };
    registered(&mut kept, "x@records");
    let found = plan(&kept, &check(&json!({}), &[]).unwrap()).unwrap_err();
    assert_eq!(
        found[0].message,
        format!(
            "no node writes the dataset `x@records`, and in the catalog it is a MemoryDataset without `data` {view}"
        )
    );
    // Under its written name, the dataset is handed off.
    let nodes = [node("a", &[], &["x@pandas"]), node("b", &["x@pandas"], &[])];
    assert_eq!(
        outputs(&planned(&nodes, &json!({})), 0),
        ["x@pandas:HandOff"]
    );
    // A dataset of the catalog is read from there.
    let nodes = [node("a", &[], &["x@pandas"]), node("b", &["c@x"], &[])];
    planned(&nodes, &json!({}));
}

#[test]
fn a_memory_dataset_that_no_node_fills_is_missing() {
    let nodes = [node("a", &["x"], &["y"])];
    let mut kept = snapshot(&nodes);
    kept.datasets.get_mut("x").unwrap().registered = true;
    let argo = check(&json!({}), &[]).unwrap();
    let found = plan(&kept, &argo).unwrap_err();
    assert_eq!(
        found[0].message,
        "no selected node creates the dataset `x`, and in the catalog it is a MemoryDataset without `data` (node `a` \
         reads it)"
    );
    // A hook may save into the dataset.
    kept.other_sources = vec!["the hook `H.after_catalog_created`".to_owned()];
    assert_eq!(
        plan(&kept, &argo).unwrap().warnings[0].code,
        "missing-dataset"
    );
    kept.other_sources.clear();
    kept.datasets.get_mut("x").unwrap().has_data = true;
    assert_eq!(plan(&kept, &argo).unwrap().warnings, []);
}

#[test]
fn what_a_hook_may_bring_is_a_warning() {
    let nodes = [
        node("a", &["x"], &["y"]),
        node("b", &["y"], &["z@one"]),
        node("d", &["z@two"], &[]),
    ];
    let mut hooked = snapshot(&nodes);
    hooked.other_sources = vec!["the hook `H.after_catalog_created`".to_owned()];
    let argo = json!({"memory_datasets": {"mode": "error"}});
    let plan = plan(&hooked, &check(&argo, &[]).unwrap()).unwrap();
    let found: Vec<(&str, &str)> = plan
        .warnings
        .iter()
        .map(|finding| (finding.code.as_ref(), finding.help.as_deref().unwrap()))
        .collect();
    let unless = "if the hook `H.after_catalog_created` does not provide it, ";
    for (index, code) in ["missing-dataset", "memory-dataset-crosses-tasks"]
        .into_iter()
        .enumerate()
    {
        assert_eq!(found[index].0, code, "{found:?}");
        assert!(found[index].1.starts_with(unless), "{found:?}");
    }
    let inputs = |task: usize| plan.tasks[task].inputs[0].kind;
    assert_eq!(inputs(0), plan::DataKind::Catalog);
    assert_eq!(inputs(1), plan::DataKind::HandOff);
    assert_eq!(inputs(2), plan::DataKind::Catalog);
}

#[test]
fn an_entry_of_the_catalog_that_is_in_memory_is_not_called_missing() {
    let mut kept = snapshot(&[node("a", &[], &["x"]), node("b", &["x"], &[])]);
    kept.datasets["x"].registered = true;
    // The dataset is in a file of the catalog, so no hook supplies it.
    kept.other_sources = vec!["the hook `H.after_catalog_created`".to_owned()];
    let argo = json!({"memory_datasets": {"mode": "error"}});
    let found = plan(&kept, &check(&argo, &[]).unwrap()).unwrap_err();
    assert_eq!(
        found[0].message,
        "`x` crosses tasks and is a MemoryDataset in the catalog"
    );
}

#[test]
fn the_machine_is_the_groups_or_the_largest_of_its_nodes() {
    let argo = json!({"machine_types": {
        "default": {"mem": 1, "cpu": 1}, "wide": {"mem": 2, "cpu": 8}, "deep": {"mem": 64, "cpu": 2}}});
    let asks = |name: &str, machine: &str| {
        with(
            node(name, &[], &[]),
            &json!({"machine_type": machine, "group": {"name": "f"}}),
        )
    };
    let machine = |nodes: &[Value]| {
        let machine = planned(nodes, &argo).tasks[0].machine.clone();
        format!(
            "{} {} {} {}",
            machine.machine_type,
            machine.cpu,
            machine.memory,
            machine.rule.description()
        )
    };
    assert_eq!(machine(&[node("a", &[], &[])]), "default 1 1Gi default");
    assert_eq!(
        machine(&[with(node("a", &[], &[]), &json!({"machine_type": "wide"}))]),
        "wide 8 2Gi from the node"
    );
    assert_eq!(
        machine(&[asks("a", "wide"), asks("b", "deep")]),
        "wide+deep 8 64Gi largest of its nodes"
    );
    let group = json!({"group": {"name": "f", "machine_type": "deep"}});
    assert_eq!(
        machine(&[with(asks("a", "wide"), &group)]),
        "deep 2 64Gi its group"
    );
}

#[test]
fn what_a_node_asks_for_is_found_where_it_asks() {
    let place = json!({"source": {"file": "nodes.py", "line": 3}});
    let declared = json!({"declared": {"file": "pipeline.py", "line": 7}});
    for (wish, is_ours, expected) in [
        (json!({"machine_type": "huge"}), true, "pipeline.py:7"),
        (json!({"template": "neo4j"}), true, "pipeline.py:7"),
        (json!({"machine_type": "huge"}), false, "nodes.py:3"),
    ] {
        let mut node = with(with(node("a", &[], &[]), &place), &wish);
        if is_ours {
            node = with(node, &declared);
        }
        let found = plan(&snapshot(&[node]), &check(&json!({}), &[]).unwrap()).unwrap_err();
        let place = &found[0].place;
        let line = place.span.unwrap().line;
        assert_eq!(format!("{}:{line}", place.file.clone().unwrap()), expected);
    }
}

#[test]
fn machines_and_templates_have_to_be_known() {
    let nodes = [
        with(
            node("a", &[], &[]),
            &json!({"machine_type": "g2-standard-5"}),
        ),
        with(node("b", &[], &[]), &json!({"template": "neo4j"})),
    ];
    assert_eq!(
        faults(&nodes, &json!({})),
        [
            "unknown-machine-type: node `a` asks for the machine type `g2-standard-5`, but argo.yml does not have it",
            "unknown-template: node `b` asks for the template `neo4j`, but argo.yml does not have it",
        ]
    );
}
