//! Tries the storage from a pod: one with the project's own image and service account, which does nothing else.

use std::time::{Duration, Instant};

use argo::status::{NodeKind, Phase};
use cluster::{Cluster, ClusterError, DryRun, LogOptions, LogUpdate, Object, Observed};
use project::config::ArgoConfig;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::unbounded_channel;

use super::check::Check;
use super::progress::Progress;
use crate::error::CommandError;
use crate::render::words;
use crate::spine::Opened;

pub(super) const NAME: &str = "storage in a pod";

/// Time limit of a pod: a node may have to pull the image, or to start.
const PATIENCE: Duration = Duration::from_secs(120);
/// Pause between two looks at the Workflow.
const EACH: Duration = Duration::from_secs(1);
/// Seconds after which the cluster deletes the Workflow, if nobody else does.
const LEFT: u32 = 300;
/// First exit code of programs that a signal ended.
const KILLED: u8 = 128;
/// Lines of a pod's output to look at.
const LAST_LINES: i64 = 5;
/// Beginning of what Argo's executor prints behind the output of a program that failed.
const OF_EXECUTOR: &str = "Error: exit status ";

/// Status of a Workflow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct PodCheckStatus {
    /// Phase of the Workflow; none until a controller has seen it.
    phase: Option<Phase>,
    /// Reason, in the words of the pod, or of the controller.
    message: Option<String>,
    /// Last line that a failed pod printed.
    printed: Option<String>,
}

impl PodCheckStatus {
    /// Says whether the program in the pod ended without a message of its own, and not by a signal.
    fn ended_without_message(&self) -> bool {
        let code = self.message.as_deref().and_then(|message| {
            let (_, code) = message.rsplit_once("(exit code ")?;
            code.strip_suffix(')')?.parse::<u8>().ok()
        });
        code.is_some_and(|code| code < KILLED)
    }
}

/// Runs the pod, waits for its end, and deletes it whatever came of it.
///
/// # Errors
///
/// The user interrupted the wait; the Workflow is deleted then as well.
pub(super) async fn reach(
    cluster: &Cluster,
    (opened, config): (&Opened, &ArgoConfig),
    document: &Value,
    image: &str,
    program: &str,
    progress: &Progress,
) -> Result<Check, CommandError> {
    // The image does not have argo.yml.
    let request = json!({
        "handoff": config.memory_datasets.folder(),
        "env": opened.snapshot.environment,
        "conf_source": opened.snapshot.conf_source,
        "pipelines": opened.snapshot.pipelines,
    });
    let Some(workflow) = workflow(document, image, &request, &cluster.namespace) else {
        let reason = "no task runs in the project's image with `argo-kedro exec`";
        return Ok(Check::skipped(NAME, reason));
    };
    let mut polite_kill = signal(SignalKind::terminate())?;
    let since = Instant::now();
    let created = tokio::select! {
        created = cluster.create(Object::Workflow, &workflow, DryRun::No) => created,
        _ = tokio::signal::ctrl_c() => return Err(CommandError::interrupted()),
        _ = polite_kill.recv() => return Err(CommandError::interrupted()),
    };
    let name = match created {
        Ok(created) => created.name,
        Err(error) => {
            return Ok(Check::of_error(NAME, &CommandError::from(error), program));
        }
    };
    let ended = tokio::select! {
        ended = wait(cluster, &name, since, progress) => Some(ended),
        _ = tokio::signal::ctrl_c() => None,
        _ = polite_kill.recv() => None,
    };
    // Read the output first: deleting the Workflow deletes the pod and its output.
    let printed = match &ended {
        Some(Ok(status)) if status.phase.is_some_and(Phase::is_failed) => {
            last_line(cluster, &name).await
        }
        _ => None,
    };
    let deleted = cluster.delete(Object::Workflow, &name, None).await;
    let Some(status) = ended else {
        return Err(CommandError::interrupted());
    };
    let check = match status {
        Ok(status) => {
            let status = PodCheckStatus { printed, ..status };
            verdict(&status, image, since.elapsed(), program)
        }
        Err(error) => Check::of_error(NAME, &CommandError::from(error), program),
    };
    Ok(match deleted {
        Ok(()) => check,
        Err(error) => Check {
            detail: format!(
                "{}; cannot delete the Workflow `{name}`: {error}",
                check.detail
            ),
            ..check
        },
    })
}

/// Waits until the Workflow has ended, at most for [`PATIENCE`].
///
/// # Errors
///
/// The last look at the Workflow failed, or the Workflow cannot be read.
async fn wait(
    cluster: &Cluster,
    name: &str,
    since: Instant,
    progress: &Progress,
) -> Result<PodCheckStatus, ClusterError> {
    let mut last = PodCheckStatus::default();
    let mut trouble = None;
    while since.elapsed() < PATIENCE {
        // A passing error does not end the wait.
        trouble = match cluster.read(Object::Workflow, name).await {
            Ok(Some(found)) => {
                last = status_of(&found)?;
                None
            }
            Ok(None) => None,
            Err(error) => Some(error),
        };
        if last.phase.is_some_and(Phase::is_completed) {
            break;
        }
        let seconds = words::duration(since.elapsed().as_secs_f64());
        let reason = last.message.as_deref().unwrap_or("waiting for its pod");
        progress.say(&format!("{NAME}: {reason}  {seconds}"));
        tokio::time::sleep(EACH).await;
    }
    trouble.map_or(Ok(last), Err)
}

/// Last line that the pod printed. `None` if it printed nothing, or its output cannot be read: its
/// message serves then.
async fn last_line(cluster: &Cluster, workflow: &str) -> Option<String> {
    let options = LogOptions {
        tail: Some(LAST_LINES),
        ..LogOptions::default()
    };
    let (sender, mut lines) = unbounded_channel();
    let read = cluster.logs(workflow, &options, |_| true, &sender).await;
    drop(sender);
    let mut last = None;
    while let Ok(update) = lines.try_recv() {
        if let LogUpdate::Line { line, .. } = update {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with(OF_EXECUTOR) {
                last = Some(line.to_owned());
            }
        }
    }
    read.is_ok().then_some(last).flatten()
}

fn status_of(workflow: &Value) -> Result<PodCheckStatus, ClusterError> {
    let Observed { status, .. } = Observed::read(workflow)?;
    let mut pods = status.nodes.into_values();
    let of_pod = pods.find_map(|node| node.message.filter(|_| node.kind == NodeKind::Pod));
    Ok(PodCheckStatus {
        phase: status.phase,
        message: of_pod.or(status.message),
        printed: None,
    })
}

fn verdict(status: &PodCheckStatus, image: &str, taken: Duration, program: &str) -> Check {
    let taken = words::duration(taken.as_secs_f64());
    let message = status.message.as_deref().map(program_message);
    match (status.phase, message) {
        (Some(Phase::Succeeded), _) => {
            Check::ok(NAME, format!("written, read and deleted, in {taken}"))
        }
        (Some(Phase::Failed | Phase::Error), Some(message))
            if message.contains("workflowtaskresults") =>
        {
            Check::failed(NAME, message).mend("apply the Role under `rights of pods`")
        }
        // The program in the image printed no message: it does not know the command.
        (Some(Phase::Failed | Phase::Error), Some(message))
            if message.ends_with("(exit code 2)") =>
        {
            Check::failed(
                NAME,
                format!("{message}: the image {image} may have an older argo-kedro"),
            )
            .mend("build it again")
            .command(format!("{program} build --push --force"))
        }
        // The program ended before it asked the store.
        (Some(Phase::Failed | Phase::Error), Some(message))
            if status.ended_without_message() && status.printed.is_some() =>
        {
            let printed = status.printed.as_deref().unwrap_or_default();
            Check::failed(
                NAME,
                format!("argo-kedro did not start in the image {image}: {message}: {printed}"),
            )
            .mend("build it again")
            .command(format!("{program} build --push --force"))
        }
        (Some(Phase::Failed | Phase::Error), message) => {
            let message = message.unwrap_or("the pod failed without a reason");
            Check::failed(NAME, message).mend(
                "give the pods the right by their service account, or credentials by a secret that argo.yml names",
            )
        }
        (None, _) => {
            let detail = format!("no workflow controller has started it within {taken}");
            Check::failed(NAME, detail)
                .mend("ask the administrator of the cluster whether a controller looks after the namespace")
        }
        (_, message) => {
            let reason = message.unwrap_or("the pod waits for a node, or for its image");
            Check::failed(NAME, format!("not done within {taken}: {reason}"))
                .mend("if a node is being started for it, or the image is large, try again")
        }
    }
}

/// Gives the program's message, without the controller's prefix.
fn program_message(message: &str) -> &str {
    let after = message
        .split_once("(exit code ")
        .and_then(|(_, rest)| rest.split_once("): "));
    after.map_or(message, |(_, text)| text)
}

/// Workflow of one pod like those of the tasks: image, variables, secrets, volumes, service
/// account, node selector. `None` if no template of the document runs the project's nodes.
fn workflow(document: &Value, image: &str, request: &Value, namespace: &str) -> Option<Value> {
    const KEPT: [&str; 12] = [
        "serviceAccountName",
        "imagePullSecrets",
        "nodeSelector",
        "tolerations",
        "affinity",
        "securityContext",
        "volumes",
        "volumeClaimTemplates",
        "podMetadata",
        "hostAliases",
        "dnsPolicy",
        "arguments",
    ];
    const KEPT_OF_TEMPLATE: [&str; 7] = [
        "serviceAccountName",
        "nodeSelector",
        "tolerations",
        "affinity",
        "securityContext",
        "volumes",
        "automountServiceAccountToken",
    ];
    const KEPT_OF_CONTAINER: [&str; 4] = [
        "imagePullPolicy",
        "envFrom",
        "volumeMounts",
        "securityContext",
    ];
    let spec = &document["spec"];
    let runs_nodes = |template: &&Value| {
        let command = template["container"]["command"].as_array();
        command.is_some_and(|words| words.first().is_some_and(|word| word == "argo-kedro"))
    };
    let templates = spec["templates"].as_array().into_iter().flatten();
    // Prefer a template without a GPU: the check needs none, and would wait for it.
    let template = templates
        .filter(runs_nodes)
        .min_by_key(|template| template.to_string().contains("nvidia.com/gpu"))?;
    let taken = |from: &Value, keys: &[&str]| -> serde_json::Map<String, Value> {
        keys.iter()
            .filter_map(|key| Some(((*key).to_owned(), from.get(*key)?.clone())))
            .filter(|(_, value)| !is_of_a_task(value))
            .collect()
    };
    let mut container = taken(&template["container"], &KEPT_OF_CONTAINER);
    let env = template["container"]["env"]
        .as_array()
        .into_iter()
        .flatten();
    let env: Vec<&Value> = env.filter(|variable| !is_of_a_task(variable)).collect();
    container.extend([
        ("image".to_owned(), json!(image)),
        ("command".to_owned(), json!(["argo-kedro", "reach"])),
        ("args".to_owned(), json!([request.to_string()])),
        ("env".to_owned(), json!(env)),
        (
            "resources".to_owned(),
            json!({"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}}),
        ),
    ]);
    let mut of_template = taken(template, &KEPT_OF_TEMPLATE);
    of_template.insert("name".to_owned(), json!("reach"));
    of_template.insert("container".to_owned(), Value::Object(container));
    let mut of_spec = taken(spec, &KEPT);
    of_spec.extend([
        ("entrypoint".to_owned(), json!("reach")),
        ("templates".to_owned(), json!([of_template])),
        (
            "activeDeadlineSeconds".to_owned(),
            json!(PATIENCE.as_secs()),
        ),
        (
            "ttlStrategy".to_owned(),
            json!({"secondsAfterCompletion": LEFT}),
        ),
    ]);
    Some(json!({
        "apiVersion": document["apiVersion"],
        "kind": "Workflow",
        "metadata": {
            "generateName": "argo-kedro-doctor-",
            "namespace": namespace,
            "labels": {"argo-kedro/doctor": "storage"},
        },
        "spec": of_spec,
    }))
}

/// Says whether a value depends on a task's inputs, or on earlier tasks.
fn is_of_a_task(value: &Value) -> bool {
    let text = value.to_string();
    [
        "{{inputs.",
        "{{=",
        "{{tasks.",
        "{{workflow.outputs.",
        "{{steps.",
    ]
    .iter()
    .any(|beginning| text.contains(beginning))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::check::State;

    #[test]
    fn the_pod_is_as_a_task_s_and_does_something_else() {
        let document = json!({
            "apiVersion": "argoproj.io/v1alpha1",
            "metadata": {"name": "flights"},
            "spec": {
                "entrypoint": "pipeline",
                "onExit": "bye",
                "synchronization": {"mutexes": [{"name": "one"}]},
                "serviceAccountName": "runner",
                "imagePullSecrets": [{"name": "pull"}],
                "templates": [
                    {"name": "pipeline", "dag": {"tasks": []}},
                    {"name": "gpu", "container": {"image": "x", "command": ["argo-kedro", "exec"],
                        "resources": {"limits": {"nvidia.com/gpu": "1"}}}},
                    {"name": "task", "inputs": {"parameters": [{"name": "kedro_nodes"}]},
                     "nodeSelector": {"pool": "a"},
                     "volumes": [{"name": "keys", "secret": {"secretName": "keys"}}],
                     "retryStrategy": {"limit": 3},
                     "container": {"image": "x", "command": ["argo-kedro", "exec"],
                        "args": ["--nodes={{inputs.parameters.kedro_nodes}}"],
                        "volumeMounts": [{"name": "keys", "mountPath": "/keys"}],
                        "env": [{"name": "A", "value": "1"},
                            {"name": "B", "value": "{{inputs.parameters.x}}"},
                            {"name": "WORKFLOW_ID", "value": "{{workflow.uid}}"}]}},
                ],
            },
        });
        let made = workflow(&document, "r/x:1", &json!({"env": "cloud"}), "flights").unwrap();
        insta::assert_json_snapshot!(made);
        let none =
            json!({"spec": {"templates": [{"name": "a", "container": {"command": ["sh"]}}]}});
        assert_eq!(workflow(&none, "x", &Value::Null, "flights"), None);
    }

    #[test]
    fn what_became_of_the_pod_is_told_in_its_own_words() {
        let of_printed = |phase: &str, message: Option<&str>, printed: Option<&str>| {
            let status = PodCheckStatus {
                phase: phase.parse().ok(),
                message: message.map(str::to_owned),
                printed: printed.map(str::to_owned),
            };
            verdict(&status, "r/x:1", Duration::from_secs(14), "argo-kedro")
        };
        let of = |phase: &str, message: Option<&str>| of_printed(phase, message, None);
        let broken = of_printed(
            "Failed",
            Some("main: Error (exit code 1)"),
            Some("ModuleNotFoundError: No module named 'flights'"),
        );
        assert_eq!(
            broken.detail,
            "argo-kedro did not start in the image r/x:1: main: Error (exit code 1): ModuleNotFoundError: No module \
             named 'flights'"
        );
        assert_eq!(
            of("Succeeded", None).detail,
            "written, read and deleted, in 14s"
        );
        for message in [
            "main: Error (exit code 1): s3://b: cannot write: no answer (Caused by NameResolutionError(x))",
            "main: OOMKilled (exit code 137)",
        ] {
            let check = of_printed("Failed", Some(message), Some("Traceback"));
            assert!(!check.detail.contains("did not start"), "{}", check.detail);
        }
        let denied = "main: Error (exit code 1): s3://b/handoff: cannot write: Access Denied";
        let check = of("Failed", Some(denied));
        assert_eq!(check.detail, "s3://b/handoff: cannot write: Access Denied");
        assert_eq!(check.state, State::Failed);
        let older = of("Failed", Some("main: Error (exit code 2)"));
        assert!(
            older
                .mend
                .unwrap()
                .command
                .unwrap()
                .contains("build --push --force")
        );
        let waits = of("Pending", Some("ImagePullBackOff: Back-off pulling image"));
        assert!(waits.detail.contains("ImagePullBackOff"));
        assert!(of("", None).detail.contains("no workflow controller"));
        let rights = "workflowtaskresults.argoproj.io is forbidden: User \"x\" cannot create";
        assert!(
            of("Error", Some(rights))
                .mend
                .unwrap()
                .words
                .contains("rights of pods")
        );
    }

    #[test]
    fn the_message_is_that_of_the_pod() {
        let workflow = json!({"status": {"phase": "Failed", "message": "child failed", "nodes": {
            "a": {"type": "Pod", "phase": "Failed", "message": "main: Error (exit code 1): no bucket"}}}});
        let found = status_of(&workflow).unwrap();
        assert_eq!(
            found.message.as_deref(),
            Some("main: Error (exit code 1): no bucket")
        );
    }
}
