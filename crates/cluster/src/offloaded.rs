//! A run's nodes out of its pods, where the controller keeps their status in a database of
//! its own (`docs/offloading-large-workflows.md` of Argo Workflows 4.1.2).
//!
//! Pods say what runs and how it ended, in the controller's own words. What they do not say:
//! tasks that never had a pod, and those whose pod has been deleted since.

use indexmap::IndexMap;
use k8s_openapi::api::core::v1::{ContainerState, ContainerStatus, Pod};
use kube::Api;
use kube::api::ListParams;

use crate::container::{MAIN, state_of};
use crate::logs::{LABEL, NODE_ID, NODE_NAME};
use crate::{Cluster, ClusterError, NodeStatus, WorkflowStatus};

const INIT: &str = "init";
const WAIT: &str = "wait";
/// Exit codes after SIGKILL and SIGTERM.
const KILLED: [i32; 2] = [137, 143];

impl Cluster {
    /// Fills in the nodes of a status that the controller has off-loaded, from the run's
    /// pods: one call. Any other status stays as it is.
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
            .map_err(|error| self.asking_pods("list", run).failed(error))?;
        status.nodes = nodes_of(&pods.items, status);
        Ok(())
    }
}

/// What pods say of their nodes. Attempts whose pods are gone were followed by others: they
/// failed.
fn nodes_of(pods: &[Pod], run: &WorkflowStatus) -> IndexMap<String, NodeStatus> {
    let mut nodes: Vec<NodeStatus> = pods.iter().filter_map(node_of).collect();
    nodes.sort_by(|one, other| (one.started_at, &one.name).cmp(&(other.started_at, &other.name)));
    let mut found = IndexMap::new();
    for node in nodes {
        if let Some((task, number)) = retried(&node.name) {
            for gone in 0..number {
                let name = format!("{task}({gone})");
                let known = found.values().any(|known: &NodeStatus| known.name == name);
                if !known {
                    found.insert(name.clone(), gone_attempt(name, node.started_at));
                }
            }
            let parent = parent(task, &node, run);
            found.insert(parent.id.clone(), parent);
        }
        found.insert(node.id.clone(), node);
    }
    found
}

/// An attempt whose pod was deleted, in the controller's words.
fn gone_attempt(name: String, at: Option<jiff::Timestamp>) -> NodeStatus {
    NodeStatus {
        id: name.clone(),
        display_name: last_name(&name).to_owned(),
        name,
        node_type: "Pod".to_owned(),
        phase: "Error".to_owned(),
        message: Some("pod deleted".to_owned()),
        started_at: at,
        finished_at: at,
        ..NodeStatus::default()
    }
}

/// The task of an attempt, as its last attempt and the run leave it.
fn parent(task: &str, last: &NodeStatus, run: &WorkflowStatus) -> NodeStatus {
    let succeeded = last.phase == "Succeeded" || run.phase == "Succeeded";
    let over = run.is_final() || succeeded;
    NodeStatus {
        id: task.to_owned(),
        name: task.to_owned(),
        display_name: last_name(task).to_owned(),
        node_type: "Retry".to_owned(),
        phase: match (over, succeeded) {
            (false, _) => "Running".to_owned(),
            (true, true) => "Succeeded".to_owned(),
            (true, false) => last.phase.clone(),
        },
        message: last.message.clone().filter(|_| over && !succeeded),
        started_at: last.started_at,
        finished_at: last.finished_at.filter(|_| over),
        ..NodeStatus::default()
    }
}

fn node_of(pod: &Pod) -> Option<NodeStatus> {
    let annotations = pod.metadata.annotations.as_ref()?;
    let (id, name) = (annotations.get(NODE_ID)?, annotations.get(NODE_NAME)?);
    let main = state_of(pod, MAIN);
    let ended = main
        .and_then(|status| status.state.as_ref())
        .and_then(|state| state.terminated.as_ref());
    let (phase, message) = phase_of(pod);
    let is_final = matches!(phase, "Succeeded" | "Failed" | "Error");
    let mut node = NodeStatus {
        id: id.clone(),
        name: name.clone(),
        display_name: last_name(name).to_owned(),
        node_type: "Pod".to_owned(),
        phase: phase.to_owned(),
        message,
        started_at: pod.metadata.creation_timestamp.as_ref().map(|time| time.0),
        finished_at: ended
            .and_then(|ended| ended.finished_at.as_ref())
            .map(|time| time.0)
            .filter(|_| is_final),
        ..NodeStatus::default()
    };
    node.outputs.exit_code = ended.map(|ended| ended.exit_code.to_string());
    Some(node)
}

/// Phase and message as the controller would write them
/// (`workflow/controller/operator.go:1440`).
fn phase_of(pod: &Pod) -> (&'static str, Option<String>) {
    let status = pod.status.as_ref();
    match status.and_then(|status| status.phase.as_deref()) {
        Some("Running") => ("Running", None),
        Some("Succeeded") => ("Succeeded", None),
        Some("Failed") => failed(pod),
        _ => ("Pending", pending(pod)),
    }
}

/// `workflow/controller/operator.go:1785`.
fn failed(pod: &Pod) -> (&'static str, Option<String>) {
    let status = pod.status.as_ref();
    if let Some(message) = status
        .and_then(|status| status.message.clone())
        .filter(|message| !message.is_empty())
    {
        return ("Failed", Some(message));
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
        // A sidecar that Argo has killed.
        return ("Succeeded", None);
    }
    ("Failed", None)
}

/// What a container's end means for its node; none if nothing.
fn why_failed(container: &ContainerStatus) -> Option<(&'static str, Option<String>)> {
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
            Some(("Error", Some(why)))
        }
        ContainerState {
            terminated: Some(ended),
            ..
        } if ended.exit_code != 0 => {
            let phase = match name {
                INIT | WAIT => "Error",
                MAIN => "Failed",
                // Argo ends sidecars that way itself.
                _ if KILLED.contains(&ended.exit_code) => return None,
                _ => "Failed",
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

/// `getPendingReason` of the controller.
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

/// The task that an attempt is of, and its number: `run.fit` and 2 for `run.fit(2)`; none for
/// `run.fit` or an item such as `run.fit(2:b)`.
fn retried(name: &str) -> Option<(&str, u32)> {
    let (task, number) = name.strip_suffix(')')?.rsplit_once('(')?;
    Some((task, number.parse().ok()?))
}

fn last_name(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
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

    fn run(phase: &str) -> WorkflowStatus {
        WorkflowStatus {
            phase: phase.to_owned(),
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
            let nodes = nodes_of(&[pod("run.fit", started, &status)], &run("Running"));
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
        let task = |pods: &[Pod], phase| nodes_of(pods, &run(phase))["run.fit"].phase.clone();
        let one = [failed.clone()];
        assert_eq!(task(&one, "Running"), "Running");
        assert_eq!(task(&one, "Failed"), "Failed");
        // The pod of an attempt that succeeded may be gone.
        assert_eq!(task(&one, "Succeeded"), "Succeeded");
        // The order of the list says nothing.
        let two = [second(&ended(0, "Completed", None)), failed];
        assert_eq!(task(&two, "Running"), "Succeeded");
        assert_eq!(nodes_of(&two, &run("Succeeded")).len(), 3);
        // Of the first, whose pod is gone, the second tells.
        let last = [second(&ended(1, "Error", None))];
        let nodes = nodes_of(&last, &run("Failed"));
        assert_eq!(nodes["run.fit(0)"].message.as_deref(), Some("pod deleted"));
        assert_eq!(nodes["run.fit"].phase, "Failed");
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
            let node = nodes_of(&[pod], &run("Running"))["id-of-run.fit"].clone();
            (node.phase, node.message)
        };
        let said = |phase: &str, text: &str| (phase.to_owned(), Some(text.to_owned()));
        assert_eq!(with_sidecar(137, 0), ("Succeeded".to_owned(), None));
        assert_eq!(with_sidecar(143, 0), ("Succeeded".to_owned(), None));
        assert_eq!(
            with_sidecar(1, 0),
            said("Failed", "db: Error (exit code 1)")
        );
        assert_eq!(
            with_sidecar(137, 2),
            said("Error", "wait: Error (exit code 2)")
        );
    }

    #[test]
    fn items_are_no_attempts_and_strangers_pods_no_nodes() {
        let started = "2026-01-01T00:00:00Z";
        let item = pod("run.fit(0:a)", started, &Value::Null);
        let stranger: Pod = serde_json::from_value(json!({"metadata": {"name": "x"}})).unwrap();
        let nodes = nodes_of(&[item, stranger], &run("Running"));
        assert_eq!(nodes.len(), 1);
        assert_eq!(nodes[0].node_type, "Pod");
    }
}
