//! Record of a Workflow.

use cluster::{Cluster, ClusterError};
use runs::{Phase, RunRecord};
use serde_json::Value;

use crate::remote::connection::place;

/// Annotation with the id of the submission that created a Workflow.
pub(super) const ANNOTATION: &str = "argo-kedro/submission";

/// Makes the record of a Workflow.
///
/// # Errors
///
/// The Workflow lacks a readable name, unique id or creation time. The API server gives all three to each object.
pub(super) fn record(cluster: &Cluster, workflow: &Value) -> Result<RunRecord, ClusterError> {
    let metadata = &workflow["metadata"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let needed = |field: &str| match metadata[field].as_str() {
        Some(text) if !text.is_empty() => Ok(text.to_owned()),
        _ => Err(ClusterError::Api(format!(
            "the Workflow `{}` has no `metadata.{field}`",
            text(&metadata["name"])
        ))),
    };
    let created = needed("creationTimestamp")?;
    // Retry and the views need the spec; the rest is the cluster's.
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
    Ok(RunRecord {
        name: needed("name")?,
        uid: needed("uid")?,
        pipeline: text(&metadata["annotations"]["argo-kedro/pipelines"]),
        environment: text(&metadata["labels"]["argo-kedro/env"]),
        created: created.parse().map_err(|error| {
            ClusterError::Api(format!(
                "cannot read `metadata.creationTimestamp` of the Workflow `{}`: {error}",
                text(&metadata["name"])
            ))
        })?,
        manifest: manifest.to_string(),
        cluster: Some(place(cluster)),
        phase: Phase::Pending,
        finished: None,
    })
}

/// Gives the spec that a Workflow runs: its own, or the controller's copy of the template it refers to.
pub(crate) fn spec_of(workflow: &Value) -> &Value {
    let stored = &workflow["status"]["storedWorkflowTemplateSpec"];
    match &workflow["spec"]["workflowTemplateRef"] {
        Value::Object(_) if stored.is_object() => stored,
        _ => &workflow["spec"],
    }
}

/// Labels or annotations of argo-kedro; those of the controller would be wrong in a new run.
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

#[cfg(test)]
mod tests {
    use kube::Client;
    use kube::client::Body;
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn a_workflow_whose_creation_cannot_be_read_is_not_on_record() {
        let service = tower::service_fn(|_: http::Request<Body>| async {
            Ok::<_, std::convert::Infallible>(http::Response::new(Body::empty()))
        });
        let cluster = Cluster::with_client(Client::new(service, "team"), "team");
        let of = |field: &str, value: Value| {
            let mut metadata =
                json!({"name": "a", "uid": "u", "creationTimestamp": "2026-01-01T00:00:00Z"});
            metadata[field] = value;
            record(&cluster, &json!({"metadata": metadata, "spec": {}}))
        };
        let read = of("name", "a".into()).unwrap();
        assert_eq!(read.created.to_string(), "2026-01-01T00:00:00Z");
        for (field, value, reason) in [
            ("creationTimestamp", "yesterday".into(), "cannot read"),
            ("creationTimestamp", Value::Null, "has no"),
            ("uid", Value::Null, "has no"),
            ("name", "".into(), "has no"),
        ] {
            let error = of(field, value).unwrap_err().to_string();
            let expected = format!("`metadata.{field}`");
            assert!(
                error.contains(reason) && error.contains(&expected),
                "{error}"
            );
        }
    }
}
