//! `podSpecPatch`: a partial pod spec in YAML or JSON, merged over the pod.

use argo::document::Template;
use argo::document::read::{entry, field, has, list, name, names};
use diagnostic::did_you_mean;
use diagnostic::yaml::{Content, Yaml, parse};

use super::context::Context;
use super::tags::{self, filled};
use super::{containers, fields};
use crate::finding::Findings;
use crate::rule::{INVALID_POD_SPEC_PATCH, PATCH_OF_UNKNOWN_CONTAINER, RETRIES_IN_WORKFLOW_PATCH};

/// Checks the patch of a template.
pub(super) fn of_template(template: &Template<'_>, findings: &mut Findings) {
    let Some((_, node)) = entry(template.yaml, "podSpecPatch") else {
        return;
    };
    let Some(patch) = read(node, findings) else {
        return;
    };
    let mut known = vec!["main", "wait", "supervisor"];
    known.extend(
        containers::main_containers(template)
            .into_iter()
            .filter_map(name),
    );
    for key in ["sidecars", "initContainers"] {
        known.extend(names(list(template.yaml, &[key])));
    }
    for container in list(&patch, &["containers"]) {
        let Some(title) = name(container) else {
            let message = "a container of the patch has no `name`, so it has no effect";
            findings.push(
                PATCH_OF_UNKNOWN_CONTAINER
                    .at(node, message)
                    .help("add `name: main`"),
            );
            continue;
        };
        if !known.contains(&title) && !has(container, "image") && title != "1" {
            let message =
                format!("the patch is for the container `{title}`, but the pod does not have it");
            let help = did_you_mean(title, known.iter().copied())
                .unwrap_or_else(|| "the container of a template is called `main`".to_owned());
            findings.push(PATCH_OF_UNKNOWN_CONTAINER.at(node, message).help(help));
        }
    }
}

/// Checks the patch of the workflow, which applies to every pod.
pub(super) fn of_workflow(context: Context<'_>, findings: &mut Findings) {
    let Some((_, node)) = entry(context.workflow.document.spec, "podSpecPatch") else {
        return;
    };
    read(node, findings);
    let Some(patch) = node.as_str() else { return };
    let late = tags::tags(patch).any(|tag| match tag {
        tags::Tag::Name(text) | tags::Tag::Expression(text) => {
            text.contains("retries") || text.contains("lastRetry")
        }
        tags::Tag::Open(_) => false,
    });
    if late {
        let message = "the workflow's `podSpecPatch` cannot use variables of retries";
        let help = "move it to the template, where `retries` is known";
        findings.push(RETRIES_IN_WORKFLOW_PATCH.at(node, message).help(help));
    }
}

/// Parses a patch after it replaces the tags.
fn read(node: &Yaml, findings: &mut Findings) -> Option<Yaml> {
    let patch = node.as_str()?;
    let trimmed = patch.trim();
    if trimmed.is_empty() || trimmed.starts_with("{{") {
        return None;
    }
    let parsed = match parse("podSpecPatch", &filled(patch)) {
        Ok(documents) => documents.into_iter().next()?,
        Err(problem) => {
            let line = problem.place.span.map_or(1, |span| span.line);
            let message = format!(
                "line {line} of `podSpecPatch` is not valid YAML: {}",
                problem.message
            );
            findings.push(INVALID_POD_SPEC_PATCH.at(node, message));
            return None;
        }
    };
    if !matches!(parsed.value, Content::Mapping(_)) {
        let message = format!(
            "`podSpecPatch` is {}, but it must be a mapping",
            parsed.kind()
        );
        findings.push(INVALID_POD_SPEC_PATCH.at(node, message));
        return None;
    }
    if field(&parsed, "spec").is_some_and(|spec| has(spec, "containers")) {
        let message =
            "`podSpecPatch` must have the content of a pod's `spec`, without `spec` itself";
        findings.push(
            INVALID_POD_SPEC_PATCH
                .at(node, message)
                .help("remove `spec:`"),
        );
        return None;
    }
    for problem in fields::unknown_fields(&parsed, "PodSpec") {
        let message = format!("`podSpecPatch` has a field that pods do not have: {problem}");
        findings.push(INVALID_POD_SPEC_PATCH.at(node, message));
    }
    Some(parsed)
}
