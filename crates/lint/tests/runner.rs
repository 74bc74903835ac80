//! A runner that no task could create is reported when the project is read.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

use diagnostic::Severity;
use project::Snapshot;
use serde_json::{Value, json};

/// Message and help of the finding about a runner.
fn finding(runner: Value) -> Option<(String, String)> {
    let mut snapshot = json!({
        "project": {"name": "p", "package": "p", "path": "/p"},
        "environment": "base", "pipelines": ["__default__"], "registered": ["__default__"],
        "nodes": [], "datasets": {}, "parameters": {},
        "versions": {"kedro": "1.7.0", "python": "3.12.0", "argo_kedro": "1.0.0"},
    });
    snapshot["runner"] = runner;
    let snapshot: Snapshot = serde_json::from_value(snapshot).unwrap();
    let found = lint::project::check_snapshot(&snapshot)
        .into_iter()
        .next()?;
    assert_eq!(
        (&*found.code, found.severity),
        ("unknown-runner", Severity::Error)
    );
    Some((found.message, found.help.unwrap()))
}

#[test]
fn a_class_that_is_not_there_is_named_with_what_was_meant() {
    let candidates = ["ParallelRunner", "SequentialRunner", "ThreadRunner"];
    let (message, help) = finding(json!({
        "name": "ThreadRuner", "problem": "AttributeError: no ThreadRuner", "candidates": candidates,
    }))
    .unwrap();
    assert_eq!(
        message,
        "cannot create the runner `ThreadRuner`: AttributeError: no ThreadRuner"
    );
    assert_eq!(help, "did you mean `ThreadRunner`?");
    let own = json!({"name": "shop.Mine", "problem": "no module", "candidates": candidates});
    assert!(
        finding(own)
            .unwrap()
            .1
            .contains("ParallelRunner, SequentialRunner, ThreadRunner")
    );
}

#[test]
fn arguments_that_it_does_not_take_are_named() {
    let wrong =
        json!({"name": "ThreadRunner", "problem": "got an unexpected keyword argument 'x'"});
    assert!(finding(wrong).unwrap().1.contains("--runner-params"));
    assert_eq!(
        finding(json!({"name": "ThreadRunner", "parameters": {"max_workers": 2}})),
        None
    );
    assert_eq!(finding(Value::Null), None);
}
