//! Rules for values that `kedro run` has once, in one process, and that a run's tasks would each have separately.

use std::collections::BTreeSet;

use diagnostic::{Diagnostic, Place, Severity, Subject};
use indexmap::IndexMap;
use plan::Plan;
use project::Snapshot;
use project::snapshot::{Node, Varies, is_parameter, without_transcoding};

use crate::Target;
use crate::rule;

pub(crate) fn check(snapshot: &Snapshot, plan: &Plan, target: Target) -> Vec<Diagnostic> {
    // Most projects have neither varying values nor confirmed datasets.
    let mut nodes = snapshot.nodes.iter();
    if snapshot.varying.is_empty() && nodes.all(|node| node.confirms.is_empty()) {
        return Vec::new();
    }
    let tasks = tasks_of_nodes(plan);
    let mut findings = confirmed_elsewhere(snapshot, &tasks);
    findings.extend(varying(snapshot, &tasks, target));
    findings
}

/// The task of each node, by the node's name.
fn tasks_of_nodes(plan: &Plan) -> IndexMap<&str, &str> {
    let tasks = plan.tasks.iter();
    tasks
        .flat_map(|task| {
            let nodes = task.nodes.iter();
            nodes.map(|node| (node.as_str(), task.name.as_str()))
        })
        .collect()
}

/// Datasets that one task loads and another one confirms. The second task would also confirm data that arrived in
/// between (`kedro_datasets/partitions/incremental_dataset.py`: a dataset confirms what its own process has listed).
fn confirmed_elsewhere(snapshot: &Snapshot, tasks: &IndexMap<&str, &str>) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    for node in &snapshot.nodes {
        for dataset in &node.confirms {
            let plain = without_transcoding(dataset);
            let loads = |other: &&Node| {
                other
                    .inputs
                    .iter()
                    .any(|input| without_transcoding(input) == plain)
            };
            let here = tasks.get(node.name.as_str());
            let elsewhere = snapshot
                .nodes
                .iter()
                .filter(loads)
                .find(|other| tasks.get(other.name.as_str()) != here);
            let Some(other) = elsewhere else { continue };
            if !seen.insert(plain) {
                continue;
            }
            let place = Place::of(Subject::Dataset(plain.to_owned()));
            findings.push(
                rule::CONFIRMED_IN_ANOTHER_TASK
                    .diagnostic(format!(
                        "node `{}` confirms `{plain}`, but node `{}` loads it in another task",
                        node.name, other.name
                    ))
                    .at(at_node(place, node))
                    .help(
                        "make them one task: put both nodes, and those between them, into a FusedPipeline, or set \
                         `grouping` in argo.yml",
                    ),
            );
        }
    }
    findings
}

/// Values that differ each time they are read, and that several tasks read.
fn varying(snapshot: &Snapshot, tasks: &IndexMap<&str, &str>, target: Target) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (name, varies) in &snapshot.varying {
        if *varies == Varies::Host && target == Target::Local {
            // All tasks of a local run are on the same host.
            continue;
        }
        let users: Vec<&Node> = snapshot
            .nodes
            .iter()
            .filter(|node| {
                node.inputs
                    .iter()
                    .chain(&node.outputs)
                    .any(|used| used == name)
            })
            .collect();
        let in_tasks: BTreeSet<_> = users
            .iter()
            .map(|node| tasks.get(node.name.as_str()))
            .collect();
        if in_tasks.len() < 2 {
            continue;
        }
        let plain = name.trim_start_matches("params:");
        let subject = if is_parameter(name) {
            Subject::Parameter(plain.to_owned())
        } else {
            Subject::Dataset(plain.to_owned())
        };
        let kind = subject.kind();
        let number = in_tasks.len();
        let mut finding = rule::VALUE_THAT_VARIES.diagnostic(match varies {
            Varies::Always => format!(
                "{kind} `{plain}` has another value each time it is read, and {number} tasks read it"
            ),
            Varies::Clock => format!(
                "{kind} `{plain}` depends on the clock, and {number} tasks read it at different times"
            ),
            Varies::Host => format!(
                "{kind} `{plain}` depends on the name of the host, and {number} tasks read it, each in a pod of its own"
            ),
        });
        if *varies == Varies::Clock {
            finding.severity = Severity::Warning;
        }
        let place = Place::of(subject);
        findings.push(
            finding
                .at(match users.first() {
                    Some(node) => at_node(place, node),
                    None => place,
                })
                .help(
                    "use one value for the whole run: `${runtime_params:NAME}` with --params NAME=VALUE, or \
                     `${oc.env:WORKFLOW_ID}`, which is the same in all tasks",
                ),
        );
    }
    findings
}

fn at_node(place: Place, node: &Node) -> Place {
    match &node.source {
        Some(source) => place.line(source.file.clone(), source.line),
        None => place,
    }
}
