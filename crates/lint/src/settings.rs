//! Rules for node settings and patches in `argo.yml`.

use diagnostic::yaml::Yaml;
use diagnostic::{Diagnostic, nearest};
use plan::Plan;
use project::Snapshot;
use project::config::{ArgoConfig, Selector, SelectorKind};
use project::snapshot::Node;

use crate::finding::Findings;
use crate::manifest::fields;
use crate::rule;

/// All findings about selectors, about structures of Kubernetes and Argo, and about patches.
pub(crate) fn check(snapshot: &Snapshot, config: &ArgoConfig, plan: &Plan) -> Vec<Diagnostic> {
    let mut findings = without_nodes(snapshot, config, plan);
    findings.extend(structures(config));
    findings
}

fn without_nodes(snapshot: &Snapshot, config: &ArgoConfig, plan: &Plan) -> Vec<Diagnostic> {
    let by_exit = |path: &Vec<String>| match &plan.on_exit {
        Some(exit) => !exit.unmatched.contains(path),
        None => false,
    };
    let mut findings = Vec::new();
    for path in plan.unmatched.iter().filter(|path| !by_exit(path)) {
        let whole: Vec<&str> = path.iter().map(String::as_str).collect();
        let text = whole.last().copied().unwrap_or_default();
        let message = format!("the selector `{text}` matches no node of any pipeline");
        findings.push(
            rule::SELECTOR_WITHOUT_NODES
                .diagnostic(message)
                .at(config.places.of(&whole))
                .maybe_help(suggestion(&Selector::new(text), snapshot, plan)),
        );
    }
    findings.sort_by_key(|finding| finding.place.span);
    findings
}

fn suggestion(selector: &Selector, snapshot: &Snapshot, plan: &Plan) -> Option<String> {
    let exit = snapshot.on_exit.iter().flat_map(|exit| &exit.nodes);
    let nodes = snapshot.nodes.iter().chain(&snapshot.other_nodes);
    let nodes: Vec<&Node> = nodes.chain(exit).collect();
    let known = |kind: SelectorKind| -> Vec<&str> {
        let nodes = nodes.iter();
        match kind {
            SelectorKind::Every => Vec::new(),
            SelectorKind::Pipeline => snapshot.registered.iter().map(String::as_str).collect(),
            SelectorKind::Namespace => nodes.filter_map(|node| node.namespace.as_deref()).collect(),
            SelectorKind::Tag => nodes
                .flat_map(|node| &node.tags)
                .map(String::as_str)
                .collect(),
            SelectorKind::Group => {
                let tasks = plan.tasks.iter();
                tasks.filter_map(|task| task.group.as_deref()).collect()
            }
            SelectorKind::Glob | SelectorKind::Name => {
                nodes.map(|node| node.name.as_str()).collect()
            }
        }
    };
    let pattern = selector.pattern();
    let prefixes = [
        ("tag:", SelectorKind::Tag),
        ("namespace:", SelectorKind::Namespace),
        ("group:", SelectorKind::Group),
        ("pipeline:", SelectorKind::Pipeline),
    ];
    // The name exists, but with another prefix.
    let elsewhere = prefixes
        .iter()
        .find(|(_, kind)| *kind != selector.kind() && known(*kind).contains(&pattern));
    if let Some((prefix, _)) = elsewhere {
        return Some(format!("did you mean `{prefix}{pattern}`?"));
    }
    let near = nearest(pattern, known(selector.kind()))?;
    let prefix = prefixes.iter().find(|(_, kind)| *kind == selector.kind());
    let prefix = prefix.map_or("", |(prefix, _)| prefix);
    Some(format!("did you mean `{prefix}{near}`?"))
}

/// Checks values of `argo.yml` that use the format of Kubernetes or Argo against their types.
fn structures(config: &ArgoConfig) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut whole = |path: &[&str], kind: &str| {
        found.extend(of_piece(config, path, |piece, findings| {
            fields::check(piece, kind, findings);
        }));
    };
    whole(&["synchronization"], "Synchronization");
    for index in 0..config.metrics.len() {
        whole(&["metrics", &index.to_string()], "Prometheus");
    }
    for (selector, settings) in &config.nodes {
        let at = |key| ["nodes", selector.as_str(), key];
        whole(&at("affinity"), "Affinity");
        whole(&at("security_context"), "PodSecurityContext");
        whole(&at("container_security_context"), "SecurityContext");
        whole(&at("synchronization"), "Synchronization");
        for index in 0..settings.metrics.iter().flatten().count() {
            let index = index.to_string();
            whole(&["nodes", selector, "metrics", &index], "Prometheus");
        }
        for index in 0..settings.volumes.len() {
            let index = index.to_string();
            for (key, kind) in [
                ("secret", "SecretVolumeSource"),
                ("config_map", "ConfigMapVolumeSource"),
                (
                    "persistent_volume_claim",
                    "PersistentVolumeClaimVolumeSource",
                ),
                ("empty_dir", "EmptyDirVolumeSource"),
            ] {
                whole(&["nodes", selector, "volumes", &index, key], kind);
            }
        }
    }
    let mut part = |path: &[&str], kind: &str| {
        found.extend(of_piece(config, path, |piece, findings| {
            fields::check_patch(piece, kind, findings);
        }));
    };
    for (selector, settings) in &config.nodes {
        for index in 0..settings.volumes.len() {
            let index = index.to_string();
            part(&["nodes", selector, "volumes", &index, "source"], "Volume");
        }
    }
    part(&["patches", "workflow"], "WorkflowSpec");
    part(&["patches", "pods"], "PodSpec");
    for selector in config.patches.templates.keys() {
        part(&["patches", "templates", selector], "Template");
    }
    found
}

fn of_piece(
    config: &ArgoConfig,
    path: &[&str],
    check: impl FnOnce(&Yaml, &mut Findings),
) -> Vec<Diagnostic> {
    let Some((file, piece)) = config.places.value(path) else {
        return Vec::new();
    };
    let mut findings = Findings::default();
    check(piece, &mut findings);
    let mut found = findings.place(file, piece);
    for finding in &mut found {
        let inside = finding.place.path.take();
        let parts = path.iter().copied().chain(inside.as_deref());
        finding.place.path = Some(parts.collect::<Vec<_>>().join("."));
    }
    found
}
