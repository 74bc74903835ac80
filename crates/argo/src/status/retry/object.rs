use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::error::RetryError;
use super::formulate::formulate;
use super::options::{RetriedStatus, RetryOptions};
use crate::status::WorkflowStatus;

/// A Workflow that is ready to continue.
#[derive(Debug, Clone, PartialEq)]
pub struct Retried {
    /// The whole object.
    pub workflow: Value,
    /// Ids of the removed nodes. Delete their pods before the Workflow continues.
    pub deleted: BTreeSet<String>,
    /// Number of successful pods that run again although nobody asked for it; see [`RetriedStatus::repeated`].
    pub repeated: usize,
}

/// Builds the retry of a Workflow. `now` is the time of the retry.
///
/// # Errors
///
/// The Workflow has not ended or it succeeded, or its status is not readable.
pub fn formulate_retry(
    workflow: &Value,
    options: &RetryOptions,
    now: Timestamp,
) -> Result<Retried, RetryError> {
    let unreadable = |error: serde_json::Error| RetryError::Status(error.to_string());
    let status = match &workflow["status"] {
        Value::Null => WorkflowStatus::default(),
        status => WorkflowStatus::deserialize(status).map_err(unreadable)?,
    };
    let name = workflow["metadata"]["name"].as_str().unwrap_or_default();
    let RetriedStatus {
        status,
        deleted,
        repeated,
    } = formulate(name, &status, options, now)?;
    let mut new = workflow.clone();
    new["status"] = serde_json::to_value(status).map_err(unreadable)?;
    reopen(&mut new);
    override_parameters(&mut new, &options.parameters);
    Ok(Retried {
        workflow: new,
        deleted,
        repeated,
    })
}

/// Removes all fields outside of the status that mark a Workflow as ended.
fn reopen(workflow: &mut Value) {
    let drop = |workflow: &mut Value, place: &str, field: &str| {
        let object = workflow.pointer_mut(place).and_then(Value::as_object_mut);
        object.and_then(|object| object.shift_remove(field));
    };
    for label in ["completed", "workflow-archiving-status"] {
        let label = format!("workflows.argoproj.io/{label}");
        drop(workflow, "/metadata/labels", &label);
    }
    drop(workflow, "/spec", "shutdown");
    if workflow["spec"]["activeDeadlineSeconds"] == 0 {
        // A deadline of zero is how somebody ended the Workflow.
        drop(workflow, "/spec", "activeDeadlineSeconds");
    }
}

fn override_parameters(workflow: &mut Value, parameters: &[(String, String)]) {
    if parameters.is_empty() {
        return;
    }
    let given: Vec<Value> = parameters
        .iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    let old = workflow["spec"]["arguments"]["parameters"].as_array();
    let kept = old.into_iter().flatten().filter(|parameter| {
        !parameters
            .iter()
            .any(|(name, _)| parameter["name"] == **name)
    });
    let all: Vec<Value> = given.into_iter().chain(kept.cloned()).collect();
    if workflow["status"]["storedWorkflowTemplateSpec"].is_object() {
        workflow["status"]["storedWorkflowTemplateSpec"]["arguments"]["parameters"] = json!(all);
    }
    workflow["spec"]["arguments"]["parameters"] = json!(all);
}
