//! Replays what Argo's controller did with small workflows (`tests/conformance`), without processes: each pod ends as
//! in the recording.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use argo::spec::{Manifest, read};
use argo::status::{Artifact, NodeStatus, Parameter, Phase, WorkflowStatus};
use diagnostic::yaml::{self, Yaml};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::event::{Changes, End, Event};
use super::workflow::Shutdown;
use super::{Operation, Source};
use crate::expectation::{differences, of_status};

/// Cases with a known difference, and the reason; `docs/engine.md` explains them.
const DIFFERENT: &str = include_str!("../../tests/different.txt");

/// Maximum number of steps of a replay; the largest case takes a few hundred.
const STEPS: usize = 10_000;

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance");
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                open.push(path);
            } else if let Some(bare) = name.strip_suffix(".expect.yaml") {
                found.push(path.with_file_name(format!("{bare}.yaml")));
            }
        }
    }
    found.sort();
    found
}

fn documents(path: &Path) -> Vec<Yaml> {
    yaml::parse("case", &std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Workflow of a case, and the documents that it refers to.
fn source(path: &Path) -> Option<Source> {
    let mut manifests = Vec::new();
    let mut config_maps: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for document in documents(path) {
        if document.get("kind").and_then(Yaml::as_str) == Some("ConfigMap") {
            let value = document.to_json();
            let data = value["data"].as_object().cloned().unwrap_or_default();
            let keys = data
                .into_iter()
                .map(|(key, text)| (key, text.as_str().unwrap().to_owned()));
            let name = value["metadata"]["name"].as_str().unwrap().to_owned();
            config_maps.insert(name, keys.collect());
        } else if let Ok(manifest) = read::<Manifest>(&document) {
            manifests.push(manifest);
        }
    }
    let place = manifests
        .iter()
        .position(|manifest| manifest.kind == "Workflow")?;
    let mut manifest = manifests.remove(place);
    // Namespace of the cluster on which the cases were recorded.
    manifest.metadata.namespace = Some("argo".to_owned());
    Some(Source {
        name: manifest.metadata.name.clone()?,
        uid: "UID".to_owned(),
        created: Timestamp::UNIX_EPOCH,
        others: manifests,
        config_maps,
        cache: BTreeMap::new(),
        manifest,
    })
}

/// Reads the end of a node's pod from the recording.
fn end_of(node: &Value) -> End {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let outputs = &node["outputs"];
    let parameters = outputs["parameters"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    End {
        phase: node["phase"].as_str().unwrap().parse().unwrap(),
        message: text(&node["message"]),
        exit_code: outputs["exitCode"]
            .as_str()
            .map(|code| code.parse().unwrap()),
        result: text(&outputs["result"]),
        parameters: parameters
            .iter()
            .map(|(name, value)| Parameter {
                name: name.clone(),
                value: text(value),
                ..Parameter::default()
            })
            .collect(),
        artifacts: outputs["artifacts"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|name| Artifact {
                name: name.as_str().unwrap().to_owned(),
                other: json!({"s3": {"key": "k"}}).as_object().unwrap().clone(),
                ..Artifact::default()
            })
            .collect(),
        ..End::default()
    }
}

/// Reads the actions on the Workflow of a case while it runs, in order; none if the engine lacks one of them: a retry
/// makes a new run, and nobody sets the phase of a node by hand.
fn actions(case: &Path) -> Option<Vec<Value>> {
    let path = case.with_extension("actions.yaml");
    if !path.exists() {
        return Some(Vec::new());
    }
    let actions = documents(&path)[0].to_json();
    let actions = actions.as_array().unwrap().clone();
    let is_done_here = |action: &Value| match action["do"].as_str().unwrap() {
        "resume" | "set" => action.get("message").is_none() && action.get("phase").is_none(),
        "stop" | "terminate" | "suspend" => true,
        _ => false,
    };
    actions.iter().all(is_done_here).then_some(actions)
}

/// Says whether an action is due.
fn is_due(action: &Value, name: &str, status: &WorkflowStatus) -> bool {
    let phase: Phase = action["when"]["phase"].as_str().unwrap().parse().unwrap();
    match action["when"]["node"].as_str() {
        None => status.phase == Some(phase),
        Some(node) => {
            let path = match node {
                "." => name.to_owned(),
                "onExit" => format!("{name}.onExit"),
                node if node.starts_with('[') => format!("{name}{node}"),
                node => format!("{name}.{node}"),
            };
            let mut nodes = status.nodes.values();
            nodes.any(|node| node.name == path && node.phase == phase)
        }
    }
}

fn act(
    operation: &mut Operation,
    action: &Value,
    supplied: &mut Vec<(String, String)>,
    now: Timestamp,
) -> Changes {
    match action["do"].as_str().unwrap() {
        "stop" if action.get("node").is_some() => {
            let is_meant = |status: &NodeStatus| action["node"] == status.display_name.as_str();
            let message = action["message"].as_str().unwrap_or_default();
            operation.refuse(&is_meant, message, now)
        }
        "suspend" => {
            operation.suspend();
            Changes::default()
        }
        "stop" => operation.shut_down(Shutdown::Stop, now),
        "terminate" => operation.shut_down(Shutdown::Terminate, now),
        "resume" => {
            let is_meant = |status: &NodeStatus| action["node"] == status.display_name.as_str();
            let is_meant: Option<&dyn Fn(&NodeStatus) -> bool> = match action.get("node") {
                Some(_) => Some(&is_meant),
                None => None,
            };
            operation.resume(is_meant, supplied, "USER", now)
        }
        _ => {
            let given = action["parameters"].as_object().unwrap().iter();
            let given =
                given.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()));
            supplied.extend(given);
            Changes::default()
        }
    }
}

/// Name of a node as in a recording.
fn short_name(node: &str, workflow: &str) -> String {
    let short = node.strip_prefix(workflow).unwrap_or(node);
    let short = short.strip_prefix('.').unwrap_or(short);
    let short = if short.is_empty() { "." } else { short };
    short.replace(workflow, "WF")
}

/// Runs a case, and returns the result.
fn replay(source: Source, actions: Vec<Value>, expected: &Value) -> Result<Value, String> {
    let mut actions = std::collections::VecDeque::from(actions);
    let mut supplied = Vec::new();
    let name = source.name.clone();
    let mut now = Timestamp::UNIX_EPOCH;
    let later = |now: Timestamp| now + SignedDuration::from_millis(10);
    let nodes: BTreeMap<&str, &Value> = expected["nodes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|node| (node["name"].as_str().unwrap(), node))
        .collect();
    let globals = |template: &argo::spec::Template, end: &mut End| {
        for output in &template.outputs.parameters {
            let mut given = end.parameters.iter_mut();
            if let Some(given) = given.find(|given| given.name == output.name) {
                given.global_name = output.global_name.clone().unwrap_or_default();
            }
        }
        for output in &template.outputs.artifacts {
            let mut given = end.artifacts.iter_mut();
            if let Some(given) = given.find(|given| given.name == output.name) {
                given.global_name.clone_from(&output.global_name);
            }
        }
    };
    let record_of = |call: usize, operation: &Operation| {
        let short = short_name(operation.name(call), &name);
        nodes.get(short.as_str())
    };
    let mut operation = Operation::new(source, WorkflowStatus::default(), now)?;
    let mut open = std::collections::VecDeque::from(operation.begin(now).start);
    let mut running: Vec<usize> = Vec::new();
    for _ in 0..STEPS {
        now = later(now);
        if open.is_empty()
            && actions
                .front()
                .is_some_and(|action| is_due(action, &name, operation.status()))
            && let Some(action) = actions.pop_front()
        {
            let changes = act(&mut operation, &action, &mut supplied, now);
            open.extend(changes.start);
            running.retain(|call| !changes.end.contains(call));
            open.retain(|call| !changes.end.contains(call));
            continue;
        }
        if let Some(call) = open.pop_front() {
            open.extend(operation.take_in(call, Event::Runs, now).start);
            if operation.template(call).daemon == Some(true) {
                open.extend(operation.take_in(call, Event::Ready, now).start);
                let fails = |node: &&Value| node["phase"] == "Failed";
                if !record_of(call, &operation).is_some_and(fails) {
                    continue;
                }
            }
            running.push(call);
            continue;
        }
        // Pods end in the order in which they began.
        let next = (!running.is_empty()).then(|| running.remove(0));
        if let Some(call) = next {
            let short = short_name(operation.name(call), &name);
            let Some(known) = nodes.get(short.as_str()) else {
                return Err(format!("the controller has no node `{short}`"));
            };
            let mut end = end_of(known);
            if end.phase == Phase::Pending || end.phase == Phase::Running {
                continue;
            }
            globals(operation.template(call), &mut end);
            let set = operation.template(call).container_set.iter();
            for container in set.flat_map(|set| &set.containers) {
                let path = format!(
                    "{}{}",
                    short.trim_start_matches('.'),
                    if short == "." { "" } else { "." }
                );
                let Some(node) = nodes.get(format!("{path}{}", container.name).as_str()) else {
                    continue;
                };
                let ended = end_of(node);
                end.containers
                    .push((container.name.clone(), ended.phase, ended.message));
            }
            let changes = operation.take_in(call, Event::Ends(Box::new(end)), now);
            open.extend(changes.start);
            running.retain(|call| !changes.end.contains(call));
            continue;
        }
        match operation.next_look() {
            Some(at) if !operation.status().is_final() => {
                now = now.max(at);
                open.extend(operation.tick(now).start);
            }
            _ => break,
        }
    }
    Ok(as_recorded(of_status(&name, operation.status())))
}

/// Removes the parts of a result that a recording lacks because they vary.
fn as_recorded(mut found: Value) -> Value {
    for node in found["nodes"].as_array_mut().into_iter().flatten() {
        let message = node["message"].as_str().unwrap_or_default();
        let ended = message.starts_with("workflow shutdown with strategy");
        let only_code = node["outputs"]
            .as_object()
            .is_some_and(|outputs| outputs.len() == 1);
        if (ended || node["type"] == "Retry") && only_code && node["outputs"]["exitCode"] == "143" {
            node.as_object_mut().unwrap().remove("outputs");
        }
    }
    found
}

#[test]
fn workflows_end_as_with_the_controller() {
    let known: Vec<&str> = DIFFERENT
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance");
    let mut failed = Vec::new();
    let mut tried = 0;
    for path in cases() {
        let case = path.strip_prefix(&root).unwrap().with_extension("");
        let case = case.display().to_string();
        let record = documents(&path.with_extension("expect.yaml"));
        let Some(mut expected) = record.first().map(Yaml::to_json) else {
            continue;
        };
        let has_nodes = expected["nodes"]
            .as_array()
            .is_some_and(|nodes| !nodes.is_empty());
        let is_cut = expected.to_string().contains("characters, SHA-256");
        if !has_nodes || is_cut || expected.get("phase").is_none() {
            // Argo's validator refuses the case, so it belongs to lint.
            continue;
        }
        let (Some(source), Some(actions)) = (source(&path), actions(&path)) else {
            continue;
        };
        for node in expected["nodes"].as_array_mut().unwrap() {
            node.as_object_mut().unwrap().remove("displayName");
        }
        tried += 1;
        let found = match replay(source, actions, &expected) {
            Ok(found) => differences(&expected, &found, true),
            Err(error) => vec![error],
        };
        let is_known = known.contains(&case.as_str());
        match (found.is_empty(), is_known) {
            (true, false) | (false, true) => {}
            (true, true) => failed.push(format!("{case}: it is no different any more")),
            (false, false) => failed.push(format!("{case}:\n    {}", found.join("\n    "))),
        }
    }
    assert!(tried > 120, "only {tried} cases were tried");
    assert!(
        failed.is_empty(),
        "{} of {tried} cases:\n{}",
        failed.len(),
        failed.join("\n")
    );
}
