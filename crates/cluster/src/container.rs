//! State of one container of a pod.

use k8s_openapi::api::core::v1::{ContainerState, ContainerStatus, Pod};

/// Container that runs the user's nodes.
pub(crate) const MAIN: &str = "main";

/// Stage in the life of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Container that has not started.
    Waits,
    /// Container that runs and may write.
    Runs,
    /// Container that ended, and that the kubelet will restart in the same pod.
    ComesBack,
    /// Container that ended and will not restart.
    Ended,
}

/// Status of a container from the kubelet, including Argo's init containers.
pub(crate) fn state_of<'a>(pod: &'a Pod, container: &str) -> Option<&'a ContainerStatus> {
    let status = pod.status.as_ref()?;
    let init = status.init_container_statuses.iter().flatten();
    let mut all = init.chain(status.container_statuses.iter().flatten());
    all.find(|status| status.name == container)
}

/// Number of restarts of a container within its pod.
pub(crate) fn restarts(pod: &Pod, container: &str) -> i32 {
    state_of(pod, container).map_or(0, |status| status.restart_count)
}

/// Exit code of the instance before the current one.
pub(crate) fn exit_code_before(pod: &Pod, container: &str) -> Option<i32> {
    exit_code(state_of(pod, container)?.last_state.as_ref()?)
}

/// Stage in the life of a container.
pub(crate) fn standing(pod: &Pod, container: &str) -> Standing {
    let never_ran = || {
        if is_over(pod) {
            Standing::Ended
        } else {
            Standing::Waits
        }
    };
    let Some(status) = state_of(pod, container) else {
        return never_ran();
    };
    let state = status.state.as_ref();
    if state.is_some_and(|state| state.running.is_some()) {
        return Standing::Runs;
    }
    // The end of a container that waits for its restart is in its last state.
    let now = state.filter(|state| state.terminated.is_some());
    let before = status.last_state.as_ref();
    let Some(ended) = now.or(before.filter(|state| state.terminated.is_some())) else {
        return never_ran();
    };
    if !is_over(pod) && is_restarted(pod, container, exit_code(ended)) {
        Standing::ComesBack
    } else {
        Standing::Ended
    }
}

fn exit_code(state: &ContainerState) -> Option<i32> {
    state.terminated.as_ref().map(|ended| ended.exit_code)
}

/// Says whether a pod is over or about to be deleted: none of its containers will start.
fn is_over(pod: &Pod) -> bool {
    let phase = pod
        .status
        .as_ref()
        .and_then(|status| status.phase.as_deref());
    matches!(phase, Some("Succeeded" | "Failed")) || pod.metadata.deletion_timestamp.is_some()
}

/// Says whether the kubelet restarts a container with this exit code. Argo's pods have the policy `Never`, unless a
/// patch changes it; init containers that are sidecars have their own policy.
fn is_restarted(pod: &Pod, container: &str, code: Option<i32>) -> bool {
    let Some(spec) = &pod.spec else {
        return false;
    };
    let init = spec.init_containers.iter().flatten();
    let init = init.into_iter().find(|init| init.name == container);
    let own = init
        .or_else(|| spec.containers.iter().find(|one| one.name == container))
        .and_then(|container| container.restart_policy.as_deref());
    match (own, spec.restart_policy.as_deref()) {
        (Some("Always"), _) => true,
        (Some("Never"), _) | (None, Some("Never")) => false,
        // A successful init container does not restart, whatever the policy of the pod.
        (None, Some("Always") | None) if init.is_none() => true,
        _ => code != Some(0),
    }
}

/// Names of a pod's containers, in the order of their start.
pub(crate) fn names(pod: &Pod) -> Vec<&str> {
    let spec = pod.spec.as_ref();
    let init = spec.and_then(|spec| spec.init_containers.as_ref());
    let usual = spec.map(|spec| &spec.containers);
    let all = init.into_iter().chain(usual).flatten();
    all.map(|container| container.name.as_str()).collect()
}

/// Finds an error before the user's nodes could run: a failed init container of Argo. The user's own errors are in the
/// output.
pub(crate) fn trouble_before_main(pod: &Pod) -> Option<String> {
    let statuses = pod.status.as_ref()?.init_container_statuses.as_ref()?;
    statuses.iter().find_map(|status| {
        let ended = status.state.as_ref()?.terminated.as_ref()?;
        (ended.exit_code != 0).then(|| {
            let why = ended.message.clone().or_else(|| ended.reason.clone());
            format!(
                "it did not start: Argo's container `{}` failed (exit code {}): {}",
                status.name,
                ended.exit_code,
                why.unwrap_or_default().trim()
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_container_that_ends_comes_back_where_its_pod_says_so() {
        let running = json!({"running": {}});
        let waiting = json!({"waiting": {"reason": "CrashLoopBackOff"}});
        let ended = |code: i32| json!({"terminated": {"exitCode": code}});
        let no_state = json!({});
        for (policy, phase, state, last, expected) in [
            ("Never", "Running", &running, &no_state, Standing::Runs),
            ("Never", "Running", &ended(3), &no_state, Standing::Ended),
            ("Never", "Pending", &waiting, &no_state, Standing::Waits),
            ("Never", "Failed", &waiting, &no_state, Standing::Ended),
            (
                "OnFailure",
                "Running",
                &ended(0),
                &no_state,
                Standing::Ended,
            ),
            (
                "OnFailure",
                "Running",
                &ended(3),
                &no_state,
                Standing::ComesBack,
            ),
            (
                "OnFailure",
                "Running",
                &waiting,
                &ended(3),
                Standing::ComesBack,
            ),
            ("OnFailure", "Running", &running, &ended(3), Standing::Runs),
            ("OnFailure", "Failed", &ended(3), &ended(3), Standing::Ended),
            (
                "Always",
                "Running",
                &ended(0),
                &no_state,
                Standing::ComesBack,
            ),
        ] {
            let pod: Pod = serde_json::from_value(json!({
                "spec": {"restartPolicy": policy, "containers": [{"name": "main"}]},
                "status": {"phase": phase, "containerStatuses": [
                    {"name": "main", "image": "", "imageID": "", "ready": false,
                        "restartCount": 0, "state": state, "lastState": last}]},
            }))
            .unwrap();
            let case = format!("{policy} {phase} {state} {last}");
            assert_eq!(standing(&pod, MAIN), expected, "{case}");
            assert_eq!(
                standing(&pod, "none"),
                match phase {
                    "Failed" => Standing::Ended,
                    _ => Standing::Waits,
                }
            );
        }
    }

    #[test]
    fn a_sidecar_among_the_init_containers_has_a_policy_of_its_own() {
        for (own, code, expected) in [
            (Some("Always"), 0, Standing::ComesBack),
            (None, 0, Standing::Ended),
            (None, 1, Standing::ComesBack),
        ] {
            let pod: Pod = serde_json::from_value(json!({
                "spec": {"restartPolicy": "OnFailure",
                    "containers": [{"name": "main"}],
                    "initContainers": [{"name": "beside", "restartPolicy": own}]},
                "status": {"phase": "Running", "initContainerStatuses": [
                    {"name": "beside", "image": "", "imageID": "", "ready": false,
                        "restartCount": 0, "state": {"terminated": {"exitCode": code}}}]},
            }))
            .unwrap();
            assert_eq!(standing(&pod, "beside"), expected, "{own:?} {code}");
            assert_eq!(names(&pod), ["beside", "main"]);
        }
    }
}
