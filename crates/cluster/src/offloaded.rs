//! Nodes of a run, rebuilt from its pods, if the controller keeps their status in a database of its own
//! (`docs/offloading-large-workflows.md` of Argo Workflows 4.1.2).
//!
//! Pods tell what runs and how it ended, in the controller's own words. Tasks without a pod, and tasks whose pod was
//! deleted, are missing.

use argo::status::{
    NodeKind, NodeName, NodeStatus, Nodes, Outputs, Phase, WorkflowStatus, attempt_name,
    split_attempt,
};
use k8s_openapi::api::core::v1::{ContainerState, ContainerStatus, Pod};
use kube::Api;
use kube::api::ListParams;

use crate::container::{MAIN, state_of};
use crate::logs::{LABEL, NODE_ID, NODE_NAME};
use crate::{Cluster, ClusterError};

const INIT: &str = "init";
const WAIT: &str = "wait";
/// Exit codes after SIGKILL and SIGTERM.
const KILLED: [i32; 2] = [137, 143];

impl Cluster {
    /// Adds the nodes that the controller has off-loaded to a status, from the run's pods, in one request. Any other
    /// status stays as it is.
    pub async fn bring_back_nodes(
        &self,
        run: &str,
        status: &mut WorkflowStatus,
    ) -> Result<(), ClusterError> {
        if !status.is_offloaded() {
            return Ok(());
        }
        let api: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        let of_run = ListParams::default().labels(&format!("{LABEL}={run}"));
        let pods = api
            .list(&of_run)
            .await
            .map_err(|error| self.api_call_for_pods("list", run).failed(error))?;
        status.nodes = nodes_of(&pods.items, run, status);
        Ok(())
    }
}

/// Builds nodes from pods. An attempt without a pod but with a later attempt has failed.
fn nodes_of(pods: &[Pod], workflow: &str, run: &WorkflowStatus) -> Nodes {
    let mut nodes: Vec<NodeStatus> = pods
        .iter()
        .filter_map(|pod| node_of(pod, workflow))
        .collect();
    nodes.sort_by(|one, other| (one.started_at, &one.name).cmp(&(other.started_at, &other.name)));
    let mut found = Nodes::new();
    for node in nodes {
        if let (task, Some(number)) = split_attempt(&node.name) {
            for gone in 0..number {
                let name = attempt_name(task, gone);
                let known = found.values().any(|known: &NodeStatus| known.name == name);
                if !known {
                    let gone = gone_attempt(name.clone(), workflow, node.started_at);
                    found.insert(name, gone);
                }
            }
            let parent = parent(task, workflow, &node, run);
            found.insert(parent.id.clone(), parent);
        }
        found.insert(node.id.clone(), node);
    }
    found
}

/// Node of an attempt whose pod was deleted, in the controller's words.
fn gone_attempt(name: String, workflow: &str, at: Option<jiff::Timestamp>) -> NodeStatus {
    NodeStatus {
        id: name.clone(),
        display_name: display_name(&name, workflow),
        name,
        kind: NodeKind::Pod,
        phase: Phase::Error,
        message: Some("pod deleted".to_owned()),
        started_at: at,
        finished_at: at,
        ..NodeStatus::default()
    }
}

/// Node of the task of an attempt, from its last attempt and the run.
fn parent(task: &str, workflow: &str, last: &NodeStatus, run: &WorkflowStatus) -> NodeStatus {
    let succeeded = last.phase == Phase::Succeeded || run.phase == Some(Phase::Succeeded);
    let over = run.is_final() || succeeded;
    NodeStatus {
        id: task.to_owned(),
        name: task.to_owned(),
        display_name: display_name(task, workflow),
        kind: NodeKind::Retry,
        phase: match (over, succeeded) {
            (false, _) => Phase::Running,
            (true, true) => Phase::Succeeded,
            (true, false) => last.phase,
        },
        message: last.message.clone().filter(|_| over && !succeeded),
        started_at: last.started_at,
        finished_at: last.finished_at.filter(|_| over),
        ..NodeStatus::default()
    }
}

fn node_of(pod: &Pod, workflow: &str) -> Option<NodeStatus> {
    let annotations = pod.metadata.annotations.as_ref()?;
    let (id, name) = (annotations.get(NODE_ID)?, annotations.get(NODE_NAME)?);
    let main = state_of(pod, MAIN);
    let ended = main
        .and_then(|status| status.state.as_ref())
        .and_then(|state| state.terminated.as_ref());
    let (phase, message) = phase_of(pod);
    let outputs = ended.map(|ended| Outputs {
        exit_code: Some(ended.exit_code.to_string()),
        ..Outputs::default()
    });
    Some(NodeStatus {
        id: id.clone(),
        name: name.clone(),
        display_name: display_name(name, workflow),
        kind: NodeKind::Pod,
        phase,
        message,
        started_at: pod.metadata.creation_timestamp.as_ref().map(|time| time.0),
        finished_at: ended
            .and_then(|ended| ended.finished_at.as_ref())
            .map(|time| time.0)
            .filter(|_| phase.is_completed()),
        outputs,
        ..NodeStatus::default()
    })
}

/// Phase and message as the controller would write them
/// (`workflow/controller/operator.go:1440`).
fn phase_of(pod: &Pod) -> (Phase, Option<String>) {
    let status = pod.status.as_ref();
    match status.and_then(|status| status.phase.as_deref()) {
        Some("Running") => (Phase::Running, None),
        Some("Succeeded") => (Phase::Succeeded, None),
        Some("Failed") => failed(pod),
        _ => (Phase::Pending, pending(pod)),
    }
}

/// Phase and message of a failed pod (`workflow/controller/operator.go:1785`).
fn failed(pod: &Pod) -> (Phase, Option<String>) {
    let status = pod.status.as_ref();
    if let Some(message) = status
        .and_then(|status| status.message.clone())
        .filter(|message| !message.is_empty())
    {
        return (Phase::Failed, Some(message));
    }
    let of_init = status.and_then(|status| status.init_container_statuses.as_ref());
    let others = status.and_then(|status| status.container_statuses.as_ref());
    let mut others: Vec<&ContainerStatus> = others.into_iter().flatten().collect();
    others.sort_by_key(|container| match container.name.as_str() {
        MAIN => 0,
        WAIT => 1,
        _ => 2,
    });
    for container in of_init.into_iter().flatten().chain(others.iter().copied()) {
        if let Some(why) = why_failed(container) {
            return why;
        }
    }
    let ended_well = |name: &str| {
        others
            .iter()
            .any(|other| other.name == name && exit_code(other) == Some(0))
    };
    if ended_well(MAIN) && ended_well(WAIT) {
        // Argo itself has killed the failed sidecar.
        return (Phase::Succeeded, None);
    }
    (Phase::Failed, None)
}

/// Phase and message of a node with a failed container; none if the container has not failed.
fn why_failed(container: &ContainerStatus) -> Option<(Phase, Option<String>)> {
    let name = container.name.as_str();
    match container.state.as_ref()? {
        ContainerState {
            waiting: Some(waiting),
            ..
        } => {
            let reason = waiting.reason.as_deref().unwrap_or_default();
            let message = waiting.message.as_deref().unwrap_or_default();
            let why =
                format!("Pod failed before {name} container starts due to {reason}: {message}");
            Some((Phase::Error, Some(why)))
        }
        ContainerState {
            terminated: Some(ended),
            ..
        } if ended.exit_code != 0 => {
            let phase = match name {
                INIT | WAIT => Phase::Error,
                MAIN => Phase::Failed,
                // Argo itself ends sidecars with these signals.
                _ if KILLED.contains(&ended.exit_code) => return None,
                _ => Phase::Failed,
            };
            let reason = ended.reason.as_deref().unwrap_or_default();
            let mut why = format!("{name}: {reason} (exit code {})", ended.exit_code);
            if let Some(said) = ended.message.as_deref().filter(|said| !said.is_empty()) {
                why.push_str(": ");
                why.push_str(said);
            }
            Some((phase, Some(why)))
        }
        _ => None,
    }
}

fn exit_code(container: &ContainerStatus) -> Option<i32> {
    let state = container.state.as_ref()?;
    Some(state.terminated.as_ref()?.exit_code)
}

/// Reason of a pending pod (`getPendingReason` of the controller).
fn pending(pod: &Pod) -> Option<String> {
    let status = pod.status.as_ref()?;
    let waiting = status
        .container_statuses
        .iter()
        .flatten()
        .find_map(|container| container.state.as_ref()?.waiting.as_ref());
    let unschedulable = status
        .conditions
        .iter()
        .flatten()
        .find(|condition| condition.reason.as_deref() == Some("Unschedulable"));
    let (reason, message) = match (waiting, unschedulable) {
        (Some(waiting), _) => (waiting.reason.as_deref()?, waiting.message.as_deref()),
        (None, Some(condition)) => (condition.reason.as_deref()?, condition.message.as_deref()),
        (None, None) => return None,
    };
    Some(match message.filter(|message| !message.is_empty()) {
        Some(message) => format!("{reason}: {message}"),
        None => reason.to_owned(),
    })
}

/// The name that Argo displays for a node.
fn display_name(name: &str, workflow: &str) -> String {
    let read = NodeName::read(name, workflow);
    read.map_or(name, |read| read.display()).to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pod(name: &str, at: &str, status: &Value) -> Pod {
        serde_json::from_value(json!({
            "metadata": {
                "name": name,
                "creationTimestamp": at,
                "annotations": {
                    "workflows.argoproj.io/node-id": format!("id-of-{name}"),
                    "workflows.argoproj.io/node-name": name,
                },
            },
            "status": status,
        }))
        .unwrap()
    }

    fn run(phase: Phase) -> WorkflowStatus {
        WorkflowStatus {
            phase: Some(phase),
            ..WorkflowStatus::default()
        }
    }

    fn ended(code: i32, reason: &str, message: Option<&str>) -> Value {
        let phase = if code == 0 { "Succeeded" } else { "Failed" };
        json!({"phase": phase, "containerStatuses": [
            {"name": "wait", "image": "", "imageID": "", "ready": false, "restartCount": 0,
             "state": {"terminated": {"exitCode": 0}}},
            {"name": "main", "image": "", "imageID": "", "ready": false, "restartCount": 0,
             "state": {"terminated": {"exitCode": code, "reason": reason, "message": message,
                "finishedAt": "2026-01-01T00:01:00Z"}}},
        ]})
    }

    #[test]
    fn pods_say_what_the_controller_would() {
        let started = "2026-01-01T00:00:00Z";
        let waiting = json!({"phase": "Pending", "containerStatuses": [
            {"name": "main", "image": "", "imageID": "", "ready": false, "restartCount": 0,
             "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}]});
        let unschedulable = json!({"phase": "Pending", "conditions": [{"type": "PodScheduled",
            "status": "False", "reason": "Unschedulable", "message": "0/1 nodes are available"}]});
        for (status, phase, message) in [
            (ended(0, "Completed", None), "Succeeded", None),
            (
                ended(1, "Error", Some("ValueError: too deep")),
                "Failed",
                Some("main: Error (exit code 1): ValueError: too deep"),
            ),
            (
                ended(137, "OOMKilled", None),
                "Failed",
                Some("main: OOMKilled (exit code 137)"),
            ),
            (waiting, "Pending", Some("ImagePullBackOff: no such image")),
            (
                unschedulable,
                "Pending",
                Some("Unschedulable: 0/1 nodes are available"),
            ),
            (
                json!({"phase": "Failed", "reason": "Evicted", "message": "low on memory"}),
                "Failed",
                Some("low on memory"),
            ),
            (json!({"phase": "Running"}), "Running", None),
            (Value::Null, "Pending", None),
        ] {
            let nodes = nodes_of(
                &[pod("run.fit", started, &status)],
                "run",
                &run(Phase::Running),
            );
            let node = &nodes["id-of-run.fit"];
            assert_eq!(
                (node.phase.as_str(), node.message.as_deref()),
                (phase, message)
            );
            assert_eq!(node.display_name, "fit");
        }
    }

    #[test]
    fn attempts_belong_to_a_task_that_goes_on_until_one_succeeds_or_the_run_is_over() {
        let failed = pod(
            "run.fit(0)",
            "2026-01-01T00:00:00Z",
            &ended(1, "Error", None),
        );
        let second = |status: &Value| pod("run.fit(1)", "2026-01-01T00:02:00Z", status);
        let task = |pods: &[Pod], phase| nodes_of(pods, "run", &run(phase))["run.fit"].phase;
        let one = [failed.clone()];
        assert_eq!(task(&one, Phase::Running), Phase::Running);
        assert_eq!(task(&one, Phase::Failed), Phase::Failed);
        // The pod of a successful attempt may be gone.
        assert_eq!(task(&one, Phase::Succeeded), Phase::Succeeded);
        // The order of the list does not matter.
        let two = [second(&ended(0, "Completed", None)), failed];
        assert_eq!(task(&two, Phase::Running), Phase::Succeeded);
        assert_eq!(nodes_of(&two, "run", &run(Phase::Succeeded)).len(), 3);
        // The pod of the first attempt is gone, but the second attempt implies it.
        let last = [second(&ended(1, "Error", None))];
        let nodes = nodes_of(&last, "run", &run(Phase::Failed));
        assert_eq!(nodes["run.fit(0)"].message.as_deref(), Some("pod deleted"));
        assert_eq!(nodes["run.fit"].phase, Phase::Failed);
    }

    #[test]
    fn a_sidecar_that_argo_has_killed_is_no_failure() {
        let with_sidecar = |code: i32, wait: i32| {
            let container = |name: &str, code: i32| {
                json!({"name": name, "image": "", "imageID": "", "ready": false, "restartCount": 0,
                    "state": {"terminated": {"exitCode": code, "reason": "Error"}}})
            };
            let statuses = [
                container("db", code),
                container("wait", wait),
                container("main", 0),
            ];
            let pod = pod(
                "run.fit",
                "2026-01-01T00:00:00Z",
                &json!({"phase": "Failed", "containerStatuses": statuses}),
            );
            let node = nodes_of(&[pod], "run", &run(Phase::Running))["id-of-run.fit"].clone();
            (node.phase, node.message)
        };
        let said = |phase: Phase, text: &str| (phase, Some(text.to_owned()));
        assert_eq!(with_sidecar(137, 0), (Phase::Succeeded, None));
        assert_eq!(with_sidecar(143, 0), (Phase::Succeeded, None));
        assert_eq!(
            with_sidecar(1, 0),
            said(Phase::Failed, "db: Error (exit code 1)")
        );
        assert_eq!(
            with_sidecar(137, 2),
            said(Phase::Error, "wait: Error (exit code 2)")
        );
    }

    #[test]
    fn items_are_no_attempts_and_strangers_pods_no_nodes() {
        let started = "2026-01-01T00:00:00Z";
        let item = pod("run.fit(0:a)", started, &Value::Null);
        let stranger: Pod = serde_json::from_value(json!({"metadata": {"name": "x"}})).unwrap();
        let nodes = nodes_of(&[item, stranger], "run", &run(Phase::Running));
        assert_eq!(nodes.len(), 1);
        assert_eq!(nodes[0].kind, NodeKind::Pod);
    }
}
