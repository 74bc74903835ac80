//! A run as Argo's own object: the output of `argo get -o json` for a Workflow, here as on a cluster.

use argo::spec::API_VERSION;
use argo::status::{Phase, WorkflowStatus};
use runs::{Request, RunRecord, RunRequest, RunState, SUSPENDED};
use serde_json::{Map, Value, json};

use crate::error::CommandError;
use crate::record::manifest;

/// Controller's labels for the state of a Workflow (`workflow/common/common.go` of Argo Workflows 4.1.2).
const PHASE: &str = "workflows.argoproj.io/phase";
const COMPLETED: &str = "workflows.argoproj.io/completed";

/// Workflow of a run that no cluster shows: one here, or one whose object is gone.
///
/// # Arguments
///
/// * `state`: State of the run. It knows more than a status from before a process was killed.
/// * `status`: Recorded status, if there is one.
/// * `asked`: Requests to the run since it began or was continued.
///
/// # Errors
///
/// The recorded manifest cannot be read.
pub(crate) fn of_record(
    record: &RunRecord,
    state: &RunState,
    status: Option<WorkflowStatus>,
    asked: &[RunRequest],
) -> Result<Map<String, Value>, CommandError> {
    let manifest = argo::spec::to_json(&manifest::read(record)?);
    let phase = state.phase;
    let mut metadata = manifest["metadata"].clone();
    metadata["name"] = record.name.clone().into();
    metadata["uid"] = record.uid.clone().into();
    metadata["creationTimestamp"] = record
        .created
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
        .into();
    if let Some(place) = &record.cluster {
        metadata["namespace"] = place.namespace.clone().into();
    }
    metadata["labels"][PHASE] = phase.as_str().into();
    if phase.is_final() {
        metadata["labels"][COMPLETED] = "true".into();
    }
    let mut spec = manifest["spec"].clone();
    if !phase.is_final() && state.message.as_deref() == Some(SUSPENDED) {
        spec["suspend"] = true.into();
    } else if let Some(spec) = spec.as_object_mut() {
        spec.remove("suspend");
    }
    let ended = asked.iter().rev().find_map(|asked| match asked.request {
        Request::Stop => Some("Stop"),
        Request::Terminate => Some("Terminate"),
        _ => None,
    });
    if let Some(how) = ended {
        spec["shutdown"] = how.into();
    }
    let status = as_it_stands(status.unwrap_or_default(), state);
    let object = json!({
        "apiVersion": API_VERSION,
        "kind": "Workflow",
        "metadata": metadata,
        "spec": spec,
        "status": status,
    });
    Ok(object.as_object().cloned().unwrap_or_default())
}

/// Updates the status where the record knows more: its process may have ended since.
fn as_it_stands(mut status: WorkflowStatus, state: &RunState) -> WorkflowStatus {
    if state.phase.is_final() && !status.is_final() {
        status.message.clone_from(&state.message);
        status.finished_at = status.finished_at.or(state.finished);
        for node in status.nodes.values_mut() {
            if !node.phase.is_final() {
                node.phase = Phase::Failed;
                node.message = node.message.take().or_else(|| state.message.clone());
            }
        }
    }
    if state.phase != Phase::Pending {
        status.phase = Some(state.phase);
    }
    status.started_at = status.started_at.or(state.started);
    status
}

/// Workflow of a cluster, without fields that only the API server needs.
pub(crate) fn of_cluster(mut workflow: Value, status: &WorkflowStatus) -> Map<String, Value> {
    let packed = &workflow["status"]["compressedNodes"];
    if packed.as_str().is_some_and(|text| !text.is_empty()) {
        workflow["status"] = json!(status);
    }
    if let Some(metadata) = workflow["metadata"].as_object_mut() {
        metadata.remove("managedFields");
    }
    let mut object = Map::new();
    // These keys come first for readers.
    object.insert("apiVersion".to_owned(), API_VERSION.into());
    object.insert("kind".to_owned(), "Workflow".into());
    object.extend(workflow.as_object().cloned().unwrap_or_default());
    object
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use runs::{PROCESS_GONE, RunEvent};

    use super::*;

    fn record() -> RunRecord {
        RunRecord {
            name: "w-1".to_owned(),
            uid: "u".to_owned(),
            pipeline: String::new(),
            environment: String::new(),
            created: "2026-01-02T03:04:05.678Z".parse().unwrap(),
            manifest: r#"{"kind": "Workflow", "metadata": {"generateName": "w-"}, "spec": {"entrypoint": "a"}}"#
                .to_owned(),
            cluster: None,
            phase: Phase::Pending,
            finished: None,
        }
    }

    fn running() -> (RunState, WorkflowStatus) {
        let started = RunEvent::RunStarted {
            tasks: Vec::new(),
            outstanding: Vec::new(),
        };
        let status = serde_json::from_value(json!({
            "phase": "Running", "startedAt": "1970-01-01T00:00:00Z",
            "nodes": {"w-1": {"id": "w-1", "name": "w-1", "type": "Pod", "phase": "Running"}},
        }));
        (
            RunState::replay([(Timestamp::UNIX_EPOCH, started)]),
            status.unwrap(),
        )
    }

    #[test]
    fn a_run_here_is_a_workflow_as_argo_shows_one() {
        let (mut state, status) = running();
        let object = of_record(&record(), &state, Some(status.clone()), &[]).unwrap();
        let keys: Vec<&String> = object.keys().collect();
        assert_eq!(keys, ["apiVersion", "kind", "metadata", "spec", "status"]);
        assert_eq!(
            object["metadata"],
            json!({
                "generateName": "w-", "name": "w-1", "uid": "u", "creationTimestamp": "2026-01-02T03:04:05Z",
                "labels": {PHASE: "Running"},
            })
        );
        assert_eq!(object["spec"], json!({"entrypoint": "a"}));
        assert_eq!(object["status"]["nodes"]["w-1"]["phase"], "Running");
        state.message = Some(SUSPENDED.to_owned());
        let suspended = of_record(&record(), &state, Some(status.clone()), &[]).unwrap();
        assert_eq!(suspended["spec"]["suspend"], true);
        let stop = RunRequest {
            by: "ann".to_owned(),
            request: Request::Stop,
        };
        state.message = None;
        let stopped = of_record(&record(), &state, Some(status), &[stop]).unwrap();
        assert_eq!(
            stopped["spec"],
            json!({"entrypoint": "a", "shutdown": "Stop"})
        );
    }

    #[test]
    fn a_run_whose_process_is_gone_does_not_run() {
        let (mut state, status) = running();
        state.interrupt();
        let object = of_record(&record(), &state, Some(status), &[]).unwrap();
        assert_eq!(object["status"]["phase"], "Failed");
        assert_eq!(object["status"]["message"], PROCESS_GONE);
        assert_eq!(object["status"]["nodes"]["w-1"]["phase"], "Failed");
        assert_eq!(object["metadata"]["labels"][COMPLETED], "true");
        // An earlier version recorded no status.
        let object = of_record(&record(), &state, None, &[]).unwrap();
        assert_eq!(object["status"]["phase"], "Failed");
    }
}
