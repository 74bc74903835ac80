//! End of a workflow, read from the variables of its exit handler.

use std::collections::BTreeSet;

use argo::spec::Manifest;
use argo::status::{Phase, UnknownPhase, split_attempt};
use compile::{DURATION, FAILURES, NAMESPACE, NOTIFY_REQUEST, NotifyRequest};
use indexmap::IndexMap;
use marks::NOTIFY;
use notification::{Ending, Event, FailedTask};
use serde::Deserialize;

use super::of_run::why;
use crate::error::CommandError;
use crate::render::words;

/// Failed node in Argo's form (`workflow/controller/operator.go`, `failedNodeStatus`).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FailedNode {
    #[serde(default)]
    display_name: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    finished_at: Option<String>,
}

/// Reads whom to notify from a manifest's exit handler; `None` without entries.
pub(crate) fn request(manifest: &Manifest) -> Result<Option<NotifyRequest>, CommandError> {
    let templates = manifest.workflow().templates.iter();
    let container = templates
        .filter(|template| template.name == NOTIFY)
        .find_map(|template| template.container.as_ref());
    let mut variables = container.iter().flat_map(|container| &container.env);
    let text = variables
        .find(|variable| variable.name == NOTIFY_REQUEST)
        .and_then(|variable| variable.value.as_deref());
    text.map(parse).transpose()
}

fn parse(text: &str) -> Result<NotifyRequest, CommandError> {
    serde_json::from_str(text).map_err(|error| {
        CommandError::new(format!(
            "cannot read whom to tell ({NOTIFY_REQUEST}): {error}"
        ))
    })
}

/// Reads whom to notify and how the workflow ended, from the variables of its exit handler.
pub(crate) fn ending(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<(NotifyRequest, Ending), CommandError> {
    let text = |name: &str| {
        variable(name).ok_or_else(|| {
            CommandError::new(format!("there is no variable {name}"))
                .hint("this command is for the exit handler of a workflow")
        })
    };
    let request = parse(&text(NOTIFY_REQUEST)?)?;
    let (run, namespace) = (text("WORKFLOW_NAME")?, text(NAMESPACE)?);
    let phase: Phase = text("WORKFLOW_STATUS")?
        .parse()
        .map_err(|error: UnknownPhase| CommandError::new(error.to_string()))?;
    // Argo gives seconds with a fraction.
    let seconds = text(DURATION)?;
    let seconds = seconds.parse().map_err(|error| {
        CommandError::new(format!("cannot read {DURATION}, `{seconds}`: {error}"))
    })?;
    let link = request.ui_url.as_ref().map(|link| {
        let uid = variable("WORKFLOW_ID");
        link.replace("{namespace}", &namespace)
            .replace("{name}", &run)
            .replace("{uid}", uid.as_deref().unwrap_or_default())
    });
    let ending = Ending {
        event: Event::Failed,
        project: request.project.clone(),
        namespace: Some(namespace),
        schedule: request.schedule.clone(),
        took: words::duration(seconds),
        seconds,
        tasks: tasks(
            &variable(FAILURES).unwrap_or_default(),
            &run,
            phase == Phase::Succeeded,
        )?,
        next: (phase != Phase::Succeeded).then(|| format!("kedro argo retry {run}")),
        link,
        run,
        phase,
    };
    Ok((request, ending))
}

/// Tasks of the failed nodes. A task with retries has a node for each try, `train(0)`, and one for
/// itself, which has failed only if the last try has.
fn tasks(failures: &str, run: &str, is_over: bool) -> Result<Vec<FailedTask>, CommandError> {
    let mut tasks: IndexMap<String, FailedTask> = IndexMap::new();
    let mut failed = BTreeSet::new();
    for node in nodes(failures)? {
        let (name, attempt) = split_attempt(&node.display_name);
        let is_try = attempt.is_some();
        // A node with children fails with them; its message says nothing new.
        if name == run || node.message.is_empty() || node.message.starts_with("child '") {
            continue;
        }
        if !is_try {
            failed.insert(name.to_owned());
        }
        let said = runs::termination_message::read(&node.message);
        let task = tasks.entry(name.to_owned()).or_insert_with(|| FailedTask {
            task: name.to_owned(),
            node: None,
            why: String::new(),
            tries: 0,
        });
        task.tries += usize::from(is_try);
        // The messages of the tries say more than the task's own "No more retries left".
        if is_try || said.is_some() || task.why.is_empty() {
            task.node = said.as_ref().and_then(|cause| cause.node.clone());
            task.why = why(said.as_ref(), Some(&runs::plain_message(&node.message)));
        }
    }
    let (mut failed, mut again): (Vec<_>, Vec<_>) = tasks
        .into_values()
        .partition(|task| failed.contains(&task.task));
    for task in &mut again {
        // The last try succeeded, so it is not among the failures.
        task.tries += 1;
    }
    for task in &mut failed {
        // A task without retries has run once.
        task.tries = task.tries.max(1);
    }
    if is_over {
        failed.extend(again);
    }
    Ok(failed)
}

fn nodes(failures: &str) -> Result<Vec<FailedNode>, CommandError> {
    if failures.is_empty() || failures.starts_with("{{") {
        return Ok(Vec::new());
    }
    // Argo puts the list into quotes (`operator.go`, `strconv.Quote`).
    let text = serde_json::from_str::<String>(failures).unwrap_or_else(|_| failures.to_owned());
    let nodes: Option<Vec<FailedNode>> = serde_json::from_str(&text)
        .map_err(|error| CommandError::new(format!("cannot read {FAILURES}: {error}")))?;
    let mut nodes = nodes.unwrap_or_default();
    // Argo gives the list in a new order each time.
    let order = |node: &FailedNode| (node.finished_at.clone(), node.display_name.clone());
    nodes.sort_by_key(order);
    Ok(nodes)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(
        failures: &Value,
        phase: &str,
        duration: &str,
    ) -> Result<(NotifyRequest, Ending), CommandError> {
        let failures = Value::from(failures.to_string()).to_string();
        let variables = [
            (
                NOTIFY_REQUEST,
                r#"{"project": "shop", "entries": {}, "ui_url": "https://a/{namespace}/{name}"}"#,
            ),
            ("WORKFLOW_NAME", "shop-x"),
            (NAMESPACE, "ml"),
            ("WORKFLOW_STATUS", phase),
            (DURATION, duration),
            (FAILURES, &failures),
        ];
        let variable = |name: &str| {
            let mut all = variables.iter();
            all.find(|(known, _)| *known == name)
                .map(|(_, text)| (*text).to_owned())
        };
        ending(variable)
    }

    fn told(failures: &Value, phase: &str) -> Vec<String> {
        let (_, ending) = read(failures, phase, "61.5").unwrap();
        assert_eq!(ending.link.as_deref(), Some("https://a/ml/shop-x"));
        assert_eq!(ending.took, "1m 02s");
        let lines = ending.tasks.iter();
        lines
            .map(|task| format!("{} {:?} {} {}", task.task, task.node, task.tries, task.why))
            .collect()
    }

    fn node(name: &str, message: &str, at: &str) -> Value {
        json!({"displayName": name, "message": message, "phase": "Failed", "finishedAt": at})
    }

    #[test]
    fn a_duration_that_cannot_be_read_is_none_of_zero_seconds() {
        let error = read(&json!([]), "Failed", "{{workflow.duration}}").unwrap_err();
        assert!(
            error.message().contains("{{workflow.duration}}"),
            "{error:?}"
        );
    }

    #[test]
    fn the_tasks_that_failed_say_why_and_how_often() {
        let failures = json!([
            node("shop-x", "", "9"),
            node("train", "No more retries left", "5"),
            node(
                "train(1)",
                "main: Error (exit code 1): ValueError: no [a.py:3 f] in the node fit",
                "4"
            ),
            node("train(0)", "pod deleted", "2"),
            node("load(0)", "OOMKilled (exit code 137)", "1"),
            node("score", "OOMKilled (exit code 137)", "3"),
        ]);
        assert_eq!(
            told(&failures, "Failed"),
            [
                "train Some(\"fit\") 2 ValueError: no [a.py:3 f]",
                "score None 1 OOMKilled (exit code 137)",
            ]
        );
    }

    #[test]
    fn a_run_that_succeeded_names_what_was_tried_again() {
        let failures = json!([node("load(0)", "OOMKilled (exit code 137)", "1")]);
        assert_eq!(
            told(&failures, "Succeeded"),
            ["load None 2 OOMKilled (exit code 137)"]
        );
        assert_eq!(told(&Value::Null, "Succeeded"), [""; 0]);
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        assert!(tasks("[{", "x", true).is_err());
        assert!(
            tasks("{{workflow.failures}}", "x", true)
                .unwrap()
                .is_empty()
        );
    }
}
