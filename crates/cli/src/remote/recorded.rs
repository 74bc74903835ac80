//! What is put on record of a Workflow.

use cluster::Cluster;
use jiff::Timestamp;
use runs::{Phase, RunRecord};
use serde_json::Value;

use crate::remote::connection::place;

/// The annotation with the id of the submission that made a Workflow.
pub(super) const ANNOTATION: &str = "argo-kedro/submission";

/// What is kept of a Workflow.
pub(super) fn record(cluster: &Cluster, workflow: &Value) -> RunRecord {
    let metadata = &workflow["metadata"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    // The spec is what retry and the views need; the rest is the cluster's.
    let manifest = serde_json::json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {
            "name": metadata["name"],
            "generateName": metadata["generateName"],
            "labels": ours(&metadata["labels"]),
            "annotations": ours(&metadata["annotations"]),
        },
        "spec": spec_of(workflow),
    });
    RunRecord {
        name: text(&metadata["name"]),
        uid: text(&metadata["uid"]),
        pipeline: text(&metadata["annotations"]["argo-kedro/pipelines"]),
        environment: text(&metadata["labels"]["argo-kedro/env"]),
        created: text(&metadata["creationTimestamp"])
            .parse()
            .unwrap_or_else(|_| Timestamp::now()),
        manifest: manifest.to_string(),
        cluster: Some(place(cluster)),
        phase: Phase::Pending,
        finished: None,
    }
}

/// What a Workflow runs: its own spec, or the one that the controller keeps of the template
/// it refers to.
pub(crate) fn spec_of(workflow: &Value) -> &Value {
    let stored = &workflow["status"]["storedWorkflowTemplateSpec"];
    match &workflow["spec"]["workflowTemplateRef"] {
        Value::Object(_) if stored.is_object() => stored,
        _ => &workflow["spec"],
    }
}

/// Labels or annotations of ours; the controller's would be wrong in a new run.
fn ours(entries: &Value) -> Value {
    let entries = entries.as_object().into_iter().flatten();
    entries
        .filter(|(name, _)| {
            (name.starts_with("argo-kedro/") && *name != ANNOTATION)
                || name.starts_with("app.kubernetes.io/")
        })
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}
