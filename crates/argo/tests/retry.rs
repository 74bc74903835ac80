//! The retry of real Workflows, compared with the answer of Argo's own function.
//!
//! Each file of `retry/` holds a Workflow of one shape as the controller left it (Argo Workflows 4.1.2), and the
//! answers of `FormulateRetryWorkflow` of the same version: for a plain retry, for one that changes a parameter, and
//! for one that runs the nodes `chosen` again although they succeeded.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

mod cases;

use argo::status::retry::{Retried, RetryError, RetryOptions, formulate_retry};
use cases::{CASES, case};
use serde_json::{Value, json};

fn retry(workflow: &Value, options: &RetryOptions) -> Result<Retried, RetryError> {
    formulate_retry(workflow, options, "2026-01-01T00:00:00Z".parse().unwrap())
}

/// Shape, whether a parameter changes, and the number of successful tasks that run again.
const WIDTHS: [(&str, bool, usize); 4] = [
    ("wide", false, 0),
    ("wide", true, 1),
    ("dag", true, 0),
    ("steps", true, 1),
];

fn texts(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items
        .map(|item| item.as_str().unwrap().to_owned())
        .collect()
}

/// A Workflow that failed, with a task `a` in the group `w`.
fn failed(children_of_a: &[&str], boundary_of_w: &str) -> Value {
    json!({
        "metadata": {"name": "w"},
        "status": {
            "phase": "Failed",
            "nodes": {
                "w": {
                    "id": "w", "name": "w", "type": "DAG", "phase": "Failed",
                    "children": ["w-a"], "boundaryID": boundary_of_w,
                },
                "w-a": {
                    "id": "w-a", "name": "w.a", "type": "Pod", "phase": "Failed",
                    "children": children_of_a, "boundaryID": "w",
                },
            },
        },
    })
}

#[test]
fn a_node_below_itself_is_an_error() {
    for (children, id) in [(["w"], "w"), (["w-a"], "w-a")] {
        let error = retry(&failed(&children, ""), &RetryOptions::default()).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with(&format!("node {id} is below itself")),
            "{error}"
        );
    }
}

#[test]
fn a_group_in_itself_is_retried() {
    let retried = retry(&failed(&[], "w"), &RetryOptions::default()).unwrap();
    assert_eq!(retried.workflow["status"]["nodes"]["w"]["phase"], "Running");
}

#[test]
fn every_shape_is_retried_as_argo_does_it() {
    for (name, text) in CASES {
        let case: Value = serde_json::from_str(text).unwrap();
        for (mode, expected) in case["expected"].as_object().unwrap() {
            let mut options = RetryOptions::default();
            if mode == "params" {
                options.parameters = vec![("q".to_owned(), "2".to_owned())];
            }
            options.again = texts(&expected["chosen"]).into_iter().collect();
            let result = retry(&case["workflow"], &options);
            if expected["refused"] == true {
                assert!(result.is_err(), "{name} {mode}");
                continue;
            }
            let retried = result.unwrap();
            let deleted: Vec<String> = retried.deleted.iter().cloned().collect();
            assert_eq!(deleted, texts(&expected["deleted"]), "{name} {mode}");
            let nodes = retried.workflow["status"]["nodes"].as_object();
            let nodes = nodes.cloned().unwrap_or_default();
            let mut running: Vec<String> = nodes
                .iter()
                .filter(|(_, node)| node["phase"] == "Running")
                .map(|(id, _)| id.clone())
                .collect();
            running.sort();
            assert_eq!(running, texts(&expected["running"]), "{name} {mode}");
            for (id, node) in &nodes {
                for child in texts(&node["children"]) {
                    assert!(nodes.contains_key(&child), "{name} {mode} {id} → {child}");
                }
            }
        }
    }
}

#[test]
fn tasks_that_run_again_unasked_are_counted() {
    for (name, parameters, expected) in WIDTHS {
        let case = case(name);
        let mut options = RetryOptions::default();
        if parameters {
            options.parameters = vec![("q".to_owned(), "2".to_owned())];
        }
        let workflow = &case["workflow"];
        let retried = retry(workflow, &options).unwrap();
        assert_eq!(retried.repeated, expected, "{name}");
        options.again = retried.deleted;
        assert_eq!(retry(workflow, &options).unwrap().repeated, 0, "{name}");
    }
}

#[test]
fn what_says_that_it_is_over_is_taken_away() {
    let case = case("dag");
    let options = RetryOptions {
        parameters: vec![
            ("q".to_owned(), "2".to_owned()),
            ("r".to_owned(), "3".to_owned()),
        ],
        ..RetryOptions::default()
    };
    let new = retry(&case["workflow"], &options).unwrap().workflow;
    assert_eq!(
        new["metadata"]["labels"]["workflows.argoproj.io/completed"],
        Value::Null
    );
    assert_eq!(new["spec"]["shutdown"], Value::Null);
    assert_eq!(new["status"]["phase"], Value::Null);
    assert_eq!(new["status"]["finishedAt"], Value::Null);
    assert_eq!(new["status"]["startedAt"], "2026-01-01T00:00:00Z");
    assert_eq!(
        new["spec"]["arguments"]["parameters"],
        json!([{"name": "q", "value": "2"}, {"name": "r", "value": "3"}])
    );
}

#[test]
fn what_is_not_over_or_out_of_reach_is_refused() {
    for (phase, offloaded, words) in [
        ("Running", "", "it is running"),
        ("Succeeded", "", "it is succeeded"),
        ("", "", "it is not started"),
        ("Failed", "fnv:123", "database"),
    ] {
        let workflow = json!({"metadata": {"name": "w"},
            "status": {"phase": phase, "offloadNodeStatusVersion": offloaded, "nodes": {}}});
        let error = retry(&workflow, &RetryOptions::default()).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
    let headless = json!({"metadata": {"name": "w"}, "status": {"phase": "Failed", "nodes":
        {"a": {"id": "a", "name": "other", "type": "Pod", "phase": "Failed", "children": ["b"]}}}});
    assert!(matches!(
        retry(&headless, &RetryOptions::default()),
        Err(RetryError::Status(_))
    ));
}

#[test]
fn a_long_chain_of_tasks_is_no_trouble() {
    let length = 20_000;
    let mut nodes = serde_json::Map::new();
    for index in 0..length {
        let (id, name) = match index {
            0 => ("n0".to_owned(), "w".to_owned()),
            _ => (format!("n{index}"), format!("w.t{index}")),
        };
        let children: Vec<String> = (index + 1 < length)
            .then(|| format!("n{}", index + 1))
            .into_iter()
            .collect();
        let phase = if index == 1 { "Failed" } else { "Omitted" };
        let kind = if index == 0 { "DAG" } else { "Pod" };
        nodes.insert(
            id.clone(),
            json!({"id": id, "name": name, "type": kind, "phase": phase, "children": children}),
        );
    }
    let workflow =
        json!({"metadata": {"name": "w"}, "status": {"phase": "Failed", "nodes": nodes}});
    let retried = retry(&workflow, &RetryOptions::default()).unwrap();
    assert_eq!(retried.deleted.len(), length - 1);
}
