//! Results of a run, from the notes of its tasks in a Workflow's status.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

use argo::status::WorkflowStatus;
use marks::TaskOutline;
use runs::{Disk, Notes, RunView, Written};
use serde_json::{Value, json};

fn a_task(name: &str) -> TaskOutline {
    TaskOutline {
        name: name.to_owned(),
        nodes: Vec::new(),
        upstream: Vec::new(),
        is_optional: false,
        is_group: false,
    }
}

/// An attempt with its notes.
fn attempt(task: &str, number: u32, phase: &str, notes: &str) -> Value {
    json!({"id": format!("{task}{number}"), "name": format!("run.{task}({number})"), "type": "Pod",
        "phase": phase, "startedAt": format!("2026-01-01T00:0{number}:00Z"),
        "outputs": {"parameters": [{"name": "written-datasets", "value": notes}]}})
}

fn view(attempts: &[Value]) -> RunView {
    let mut nodes: serde_json::Map<String, Value> = attempts
        .iter()
        .map(|node| (node["id"].as_str().unwrap().to_owned(), node.clone()))
        .collect();
    for task in ["make", "use"] {
        let retry =
            json!({"id": task, "name": format!("run.{task}"), "type": "Retry", "phase": "Running"});
        nodes.insert(task.to_owned(), retry);
    }
    let status: WorkflowStatus =
        serde_json::from_value(json!({"phase": "Running", "nodes": nodes})).unwrap();
    RunView::new("run", &["make", "use"].map(a_task), &status)
}

fn shown(written: &[Written]) -> Vec<String> {
    let line = |it: &Written| format!("{} {} {} {:?}", it.task, it.dataset, it.path, it.disk);
    written.iter().map(line).collect()
}

#[test]
fn the_last_attempt_that_succeeded_says_it_and_what_is_not_said_again_stays() {
    let first = r#"{"dataset": "model", "path": "s3://b/v1"}
{"dataset": "note", "path": "/kept/note", "disk": "volume"}"#;
    let of_old_run = Written {
        task: "before".to_owned(),
        dataset: "raw".to_owned(),
        path: "s3://b/raw".to_owned(),
        ..Written::default()
    };
    let mut known = vec![of_old_run];
    let mut look = |attempts: &[Value]| {
        known = view(attempts).written(&known);
        shown(&known)
    };
    let taken_over = "before raw s3://b/raw None";
    // A failed attempt reports no results.
    assert_eq!(look(&[attempt("make", 0, "Failed", first)]), [taken_over]);
    let after_first = [
        taken_over,
        "make model s3://b/v1 None",
        "make note /kept/note Some(Volume)",
    ];
    let failed = attempt("make", 0, "Failed", "");
    let done = attempt("make", 1, "Succeeded", first);
    assert_eq!(look(&[failed, done.clone()]), after_first);
    // The task runs again: its earlier results stay until it ends.
    assert_eq!(look(&[attempt("make", 2, "Running", "")]), after_first);
    // A later task, a repeated earlier task, and a value in another format.
    let again = attempt(
        "make",
        2,
        "Succeeded",
        r#"{"dataset": "model", "path": "s3://b/v2"}"#,
    );
    let last = attempt(
        "use",
        3,
        "Succeeded",
        "{\"dataset\": \"score\", \"path\": \"s3://b/s\"}\n7",
    );
    assert_eq!(
        look(&[last, again]),
        [
            taken_over,
            "make model s3://b/v2 None",
            "use score s3://b/s None"
        ]
    );
}

#[test]
fn one_mlflow_run_is_kept_whichever_task_says_it() {
    let said = |run: &str| {
        format!(r#"{{"dataset": "", "path": "http://m/{run}", "mlflow": {{"run": "{run}"}}}}"#)
    };
    // A failed task reports its `MLflow` run too.
    let known = view(&[attempt("make", 0, "Failed", &said("a"))]).written(&[]);
    assert_eq!(shown(&known), ["  http://m/a None"]);
    // The known run stays while no task reports one; a later report replaces it.
    assert_eq!(
        view(&[attempt("make", 1, "Running", "")]).written(&known),
        known
    );
    let done = format!(
        "{{\"dataset\": \"model\", \"path\": \"s3://b\"}}\n{}",
        said("b")
    );
    let known = view(&[attempt("use", 2, "Succeeded", &done)]).written(&known);
    assert_eq!(
        shown(&known),
        ["use model s3://b None", "  http://m/b None"]
    );
    assert_eq!(known[1].mlflow.as_ref().unwrap().run, "b");
}

#[test]
fn a_disk_is_read_by_its_name() {
    let notes = Notes::read(r#"{"dataset": "a", "path": "/a", "disk": "pod"}"#);
    assert_eq!(notes.written[0].disk, Some(Disk::Pod));
}

#[test]
fn a_task_whose_notes_cannot_be_read_is_named() {
    let note = r#"{"dataset": "a", "path": "/a"}"#;
    let cut_off = format!("{note}\n{}", &note[..12]);
    let looked_at = view(&[
        attempt("make", 0, "Succeeded", note),
        attempt("use", 1, "Succeeded", &cut_off),
    ]);
    assert_eq!(looked_at.tasks_with_unread_notes(), ["use"]);
    assert_eq!(
        shown(&looked_at.written(&[])),
        ["make a /a None", "use a /a None"]
    );
}
