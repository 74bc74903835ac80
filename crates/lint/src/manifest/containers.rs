//! Containers: image, mounts, environment, sidecars, volumes.

use std::collections::{HashMap, HashSet};

use argo::document::read::{at, entry, field, has, lacks, list, name, names, text};
use argo::document::{Template, TemplateKind};
use argo::text::tags::has_tag;
use diagnostic::did_you_mean;
use diagnostic::yaml::Yaml;

use super::context::Context;
use super::names::on_line;
use crate::finding::Findings;
use crate::rule::{
    DUPLICATE_MOUNT_PATH, DUPLICATE_NAME, INVALID_ENVIRONMENT_NAME, MISSING_FIELD, MISSING_IMAGE,
    RESERVED_CONTAINER_NAME, UNDEFINED_VOLUME,
};

/// Checks every container of a template.
pub(super) fn check<'a>(context: Context<'a>, template: &Template<'a>, findings: &mut Findings) {
    image(context, template, findings);
    let main = main_containers(template);
    let around: Vec<&Yaml> = ["sidecars", "initContainers"]
        .iter()
        .flat_map(|key| list(template.yaml, &[key]))
        .collect();
    for container in main.iter().chain(&around) {
        mounts(list(container, &["volumeMounts"]), &[], findings);
        environment(container, findings);
    }
    artifact_paths(template, findings);
    volumes(
        context,
        template,
        main.iter().chain(&around).copied(),
        findings,
    );
    for container in list(template.yaml, &["initContainers"]) {
        if has(container, "name") && name(container).is_none() {
            findings.push(MISSING_FIELD.at(container, "an init container needs a name"));
        }
    }
    for container in list(template.yaml, &["sidecars"]) {
        reserved(container, findings);
    }
}

/// The containers of a template that run the user's program.
pub(super) fn main_containers<'a>(template: &Template<'a>) -> Vec<&'a Yaml> {
    let single = ["container", "script"]
        .iter()
        .filter_map(|key| field(template.yaml, key));
    let set = list(template.yaml, &["containerSet", "containers"]);
    single.chain(set).collect()
}

fn image(context: Context<'_>, template: &Template<'_>, findings: &mut Findings) {
    let key = match template.kind {
        TemplateKind::Container => "container",
        TemplateKind::Script => "script",
        _ => return,
    };
    let defaults = |spec: &Yaml| at(spec, &["templateDefaults", key, "image"]).is_some();
    let defaulted = defaults(context.workflow.document.spec)
        || context
            .workflow
            .referred()
            .is_some_and(|document| defaults(document.spec));
    let Some((name, container)) = entry(template.yaml, key) else {
        return;
    };
    if lacks(container, "image") && !defaulted {
        let message = format!("{} has no image", template.title());
        findings.push(MISSING_IMAGE.at(name, message).help("add `image`"));
    }
}

/// Checks that no two mounts share a path.
pub(super) fn mounts(mounts: &[Yaml], taken: &[&str], findings: &mut Findings) {
    let mut seen: HashSet<&str> = taken.iter().copied().collect();
    for mount in mounts {
        let Some(path) = text(mount, "mountPath") else {
            continue;
        };
        if !seen.insert(path) {
            let node = field(mount, "mountPath").unwrap_or(mount);
            let message = format!("another volume is mounted at `{path}` already");
            findings.push(DUPLICATE_MOUNT_PATH.at(node, message));
        }
    }
}

fn artifact_paths(template: &Template<'_>, findings: &mut Findings) {
    if template.kind != TemplateKind::Container {
        return;
    }
    let mounts = list(template.yaml, &["container", "volumeMounts"]);
    let mut seen: HashSet<&str> = mounts
        .iter()
        .filter_map(|mount| text(mount, "mountPath"))
        .collect();
    for artifact in template.input_artifacts() {
        let Some(path) = text(artifact, "path") else {
            continue;
        };
        if !seen.insert(path) {
            let node = field(artifact, "path").unwrap_or(artifact);
            let message = format!("`{path}` is used already");
            findings.push(DUPLICATE_MOUNT_PATH.at(node, message));
        }
    }
}

fn environment(container: &Yaml, findings: &mut Findings) {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for variable in list(container, &["env"]) {
        let Some(node) = field(variable, "name") else {
            continue;
        };
        let Some(name) = node.as_str().filter(|name| !has_tag(name)) else {
            continue;
        };
        let printable = name
            .bytes()
            .all(|byte| (b' '..=b'~').contains(&byte) && byte != b'=');
        if name.is_empty() || !printable {
            let message = format!("`{name}` cannot be the name of an environment variable");
            findings.push(INVALID_ENVIRONMENT_NAME.at(node, message));
        } else if let Some(line) = seen.insert(name, node.span.line) {
            let message = format!(
                "the environment variable `{name}` is set already{}",
                on_line(line)
            );
            findings.push(DUPLICATE_NAME.at(node, message));
        }
        if text(variable, "value").is_some()
            && let Some((key, _)) = entry(variable, "valueFrom")
        {
            let message = format!("`{name}` has both `value` and `valueFrom`");
            findings.push(
                INVALID_ENVIRONMENT_NAME
                    .at(key, message)
                    .help("keep one of them"),
            );
        }
    }
}

/// Checks that no container of the user has a name that Argo reserves.
pub(super) fn reserved(container: &Yaml, findings: &mut Findings) {
    let Some(title) = name(container) else { return };
    if matches!(title, "wait" | "supervisor") || title.starts_with("artifact-plugin-") {
        let node = field(container, "name").unwrap_or(container);
        let message = format!("`{title}` is a name that Argo uses for its own containers");
        findings.push(RESERVED_CONTAINER_NAME.at(node, message));
    }
}

fn volumes<'a>(
    context: Context<'a>,
    template: &Template<'a>,
    containers: impl Iterator<Item = &'a Yaml>,
    findings: &mut Findings,
) {
    let spec = context.workflow.document.spec;
    // A template that other workflows run uses their volumes.
    let open = context.workflow.document.kind.is_template() && !has(spec, "entrypoint");
    let patched = [spec, template.yaml]
        .iter()
        .any(|holder| text(holder, "podSpecPatch").is_some_and(|patch| patch.contains("volumes")));
    if open || patched {
        return;
    }
    let mut known: HashSet<&str> = HashSet::new();
    for holder in [
        Some(spec),
        Some(template.yaml),
        field(spec, "templateDefaults"),
    ]
    .into_iter()
    .flatten()
    {
        known.extend(names(list(holder, &["volumes"])));
    }
    let claims = list(spec, &["volumeClaimTemplates"]).iter();
    known.extend(claims.filter_map(|claim| at(claim, &["metadata", "name"])?.as_str()));
    let set = list(template.yaml, &["containerSet", "volumeMounts"]).iter();
    let mounts = containers
        .flat_map(|container| list(container, &["volumeMounts"]))
        .chain(set);
    for mount in mounts {
        let Some(title) = name(mount).filter(|title| !has_tag(title)) else {
            continue;
        };
        if !known.contains(title) {
            let node = field(mount, "name").unwrap_or(mount);
            let message = format!("there is no volume `{title}` to mount");
            let mut names: Vec<_> = known.iter().copied().collect();
            names.sort_unstable();
            let help = did_you_mean(title, names).unwrap_or_else(|| {
                "add it to `volumes` of the workflow or the template".to_owned()
            });
            findings.push(UNDEFINED_VOLUME.at(node, message).help(help));
        }
    }
}

/// Checks that the names of volumes are unique.
pub(super) fn volume_names(holder: &Yaml, findings: &mut Findings) {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for volume in list(holder, &["volumes"]) {
        let Some((title, node)) = name(volume).zip(field(volume, "name")) else {
            continue;
        };
        if let Some(line) = seen.insert(title, node.span.line) {
            let message = format!("the volume name `{title}` is used already{}", on_line(line));
            findings.push(DUPLICATE_NAME.at(node, message));
        }
    }
}
