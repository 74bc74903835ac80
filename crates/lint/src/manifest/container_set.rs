//! Container sets: several containers in one pod, some after others.

use argo::document::read::{entry, field, list, name, named, names as all_names};
use argo::document::{Template, TemplateKind};
use argo::graph::NamedGraph;
use diagnostic::did_you_mean;
use diagnostic::yaml::Yaml;

use super::containers::{mounts, reserved};
use super::dag::chain;
use super::durations::{self, Style};
use super::names::{self, Naming};
use crate::finding::Findings;
use crate::rule::{
    CONTAINER_SET_WITHOUT_MAIN, DEPENDENCY_CYCLE, MISSING_FIELD, UNDEFINED_DEPENDENCY,
};

/// Checks a template that is a container set.
pub(super) fn check(template: &Template<'_>, findings: &mut Findings) {
    if template.kind != TemplateKind::ContainerSet {
        return;
    }
    let Some((key, set)) = entry(template.yaml, "containerSet") else {
        return;
    };
    let containers = list(set, &["containers"]);
    if containers.is_empty() && field(set, "containers").is_some() {
        findings.push(MISSING_FIELD.at(key, "a container set needs at least one container"));
    }
    names::check(containers, "container", Naming::Field, findings);
    mounts(list(set, &["volumeMounts"]), &[], findings);
    for container in containers {
        reserved(container, findings);
    }
    dependencies(containers, findings);
    if let Some(strategy) = field(set, "retryStrategy") {
        durations::check(strategy, "duration", Style::Unit, findings);
    }
    let handled = !template.input_artifacts().is_empty()
        || !template.outputs().is_empty()
        || !template.output_artifacts().is_empty();
    if handled && !containers.is_empty() && named(containers, "main").is_none() {
        let message = "inputs and outputs need a container `main`, but there is none";
        let help = "call the container that handles them `main`";
        findings.push(CONTAINER_SET_WITHOUT_MAIN.at(key, message).help(help));
    }
}

fn dependencies(containers: &[Yaml], findings: &mut Findings) {
    for container in containers {
        for dependency in list(container, &["dependencies"]) {
            let Some(wanted) = dependency.as_str() else {
                continue;
            };
            if named(containers, wanted).is_none() {
                let message = format!("there is no container `{wanted}` to depend on");
                let help = did_you_mean(wanted, all_names(containers));
                findings.push(
                    UNDEFINED_DEPENDENCY
                        .at(dependency, message)
                        .maybe_help(help),
                );
            }
        }
    }
    let graph = NamedGraph::new(containers.iter().map(|container| {
        let below = list(container, &["dependencies"])
            .iter()
            .filter_map(Yaml::as_str);
        (name(container), below)
    }));
    if graph.is_acyclic() {
        return;
    }
    for cycle in graph.cycles() {
        let titles: Vec<_> = cycle
            .iter()
            .chain(cycle.first())
            .filter_map(|number| containers.get(*number).and_then(name))
            .collect();
        let Some(container) = cycle.first().and_then(|first| containers.get(*first)) else {
            continue;
        };
        let message = format!(
            "the containers have a dependency cycle: `{}`",
            chain(&titles)
        );
        let node = field(container, "dependencies").unwrap_or(container);
        findings.push(DEPENDENCY_CYCLE.at(node, message));
    }
}
