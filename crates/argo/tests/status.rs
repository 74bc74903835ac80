//! The status of real Workflows, and of one with every field: reads and writes them, and parses the names.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

mod cases;

use argo::status::{
    NodeKind, NodeName, NodeStatus, Nodes, Part, Phase, Tree, WorkflowStatus, node_id,
    split_attempt,
};
use cases::{CASES, case};
use serde_json::{Value, json};

fn read(status: &Value) -> WorkflowStatus {
    serde_json::from_value(status.clone()).unwrap()
}

fn recorded(name: &str) -> (String, WorkflowStatus) {
    let workflow = &case(name)["workflow"];
    let name = workflow["metadata"]["name"].as_str().unwrap();
    (name.to_owned(), read(&workflow["status"]))
}

#[test]
fn a_status_that_is_read_and_written_loses_nothing() {
    for (name, _) in CASES {
        let status = case(name)["workflow"]["status"].clone();
        assert_eq!(
            serde_json::to_value(read(&status)).unwrap(),
            status,
            "{name}"
        );
    }
    let whole: Value = serde_json::from_str(include_str!("status/whole.json")).unwrap();
    assert_eq!(serde_json::to_value(read(&whole)).unwrap(), whole);
    let text = serde_json::to_string_pretty(&read(&whole)).unwrap();
    assert_eq!(
        text.trim(),
        include_str!("status/whole.json").trim(),
        "fields are written in Argo's order"
    );
}

#[test]
fn what_has_no_value_is_left_out_but_a_moment_is_null() {
    let written = serde_json::to_value(WorkflowStatus::default()).unwrap();
    assert_eq!(written, json!({"startedAt": null, "finishedAt": null}));
    let node = NodeStatus {
        id: "r".to_owned(),
        name: "r".to_owned(),
        kind: NodeKind::Pod,
        ..NodeStatus::default()
    };
    assert_eq!(
        serde_json::to_value(node).unwrap(),
        json!({"id": "r", "name": "r", "type": "Pod", "phase": "Pending", "startedAt": null, "finishedAt": null})
    );
}

#[test]
fn a_workflow_that_nobody_has_seen_has_no_phase() {
    for status in [json!({}), json!({"phase": ""}), json!({"phase": null})] {
        assert_eq!(read(&status).phase, None, "{status}");
    }
    assert_eq!(read(&json!({"phase": "Error"})).phase, Some(Phase::Error));
}

#[test]
fn a_phase_that_argo_does_not_have_is_an_error() {
    for status in [
        json!({"phase": "Done"}),
        json!({"phase": "Running", "nodes": {"r": {"id": "r", "name": "r", "type": "Pod", "phase": "Done"}}}),
    ] {
        let error = serde_json::from_value::<WorkflowStatus>(status).unwrap_err();
        assert!(error.to_string().contains("`Done` is no phase"), "{error}");
    }
}

#[test]
fn ids_are_those_that_the_controller_gave() {
    let mut count = 0;
    for (name, _) in CASES {
        let (workflow, status) = recorded(name);
        for (id, node) in &status.nodes {
            assert_eq!(node_id(&workflow, &node.name), *id, "{}", node.name);
            count += 1;
        }
    }
    assert!(count > 50, "{count} nodes");
}

#[test]
fn names_are_displayed_as_the_controller_does() {
    for (name, _) in CASES {
        let (workflow, status) = recorded(name);
        for node in status.nodes.values() {
            let read = NodeName::read(&node.name, &workflow).unwrap();
            assert_eq!(read.display(), node.display_name, "{}", node.name);
            assert_eq!(
                node.is_attempt(),
                split_attempt(&node.name).1.is_some(),
                "{}: an attempt is named so",
                node.name
            );
            let is_group = matches!(read.parts().next_back(), Some(Part::StepGroup(_)));
            assert_eq!(is_group, node.kind == NodeKind::StepGroup, "{}", node.name);
        }
    }
}

#[test]
fn attempts_are_below_their_retry_node_in_their_order() {
    let (workflow, status) = recorded("retries");
    let tree = Tree::new(&status.nodes, &workflow).unwrap();
    let mut seen = 0;
    for (id, node) in &status.nodes {
        let attempts = tree.attempts(id);
        if node.kind != NodeKind::Retry {
            assert!(attempts.is_empty(), "{id}");
            continue;
        }
        for (number, attempt) in attempts.iter().enumerate() {
            let name = &status.nodes[*attempt].name;
            assert_eq!(*name, format!("{}({number})", node.name));
            assert_eq!(tree.retry_node_of(attempt), Some(id.as_str()));
            seen += 1;
        }
    }
    assert!(seen >= 2, "{seen} attempts");
}

#[test]
fn who_is_below_whom() {
    let node = |id: &str, kind: NodeKind, children: &[&str]| {
        let name = if id == "w" {
            "w".to_owned()
        } else {
            format!("w.{id}")
        };
        let node = NodeStatus {
            id: id.to_owned(),
            name,
            kind,
            children: children.iter().map(|&child| child.to_owned()).collect(),
            ..NodeStatus::default()
        };
        (id.to_owned(), node)
    };
    let nodes = Nodes::from([
        node("w", NodeKind::Dag, &["a", "b"]),
        node("b", NodeKind::Pod, &["c"]),
        node("a", NodeKind::Pod, &["c"]),
        node("c", NodeKind::Pod, &[]),
        node("onExit", NodeKind::Pod, &[]),
    ]);
    let tree = Tree::new(&nodes, "w").unwrap();
    assert_eq!(tree.root(), "w");
    assert_eq!(tree.level_by_level(), ["w", "a", "b", "c"]);
    assert_eq!(tree.below("a").into_iter().collect::<Vec<_>>(), ["c"]);
    // Of several parents, the last by id.
    assert_eq!(tree.parent("c"), Some("b"));
    assert_eq!(tree.up_to("c", |id| id == "w"), Some("w"));
    assert_eq!(tree.up_to("onExit", |id| id == "w"), None);
    for (nodes, expected) in [
        (
            Nodes::from([node("w", NodeKind::Dag, &["x"])]),
            "node x is missing",
        ),
        (
            Nodes::from([node("a", NodeKind::Pod, &[])]),
            "the first node is missing",
        ),
    ] {
        let error = Tree::new(&nodes, "w").unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn what_waits_goes_on_when_a_node_is_fulfilled() {
    for (fields, is_completed, is_fulfilled) in [
        (json!({"phase": "Running"}), false, false),
        (json!({"phase": "Succeeded"}), true, true),
        (json!({"phase": "Skipped"}), false, true),
        (json!({"phase": "Omitted"}), false, true),
        (
            json!({"phase": "Failed", "taskResultSynced": true}),
            true,
            true,
        ),
        // The outputs of this node have not arrived.
        (
            json!({"phase": "Succeeded", "taskResultSynced": false}),
            false,
            false,
        ),
        (json!({"phase": "Running", "daemoned": true}), false, true),
        (json!({"phase": "Pending", "daemoned": true}), false, false),
    ] {
        let node: NodeStatus = serde_json::from_value(fields.clone()).unwrap();
        let is = (node.is_completed(), node.is_fulfilled());
        assert_eq!(is, (is_completed, is_fulfilled), "{fields}");
    }
}
