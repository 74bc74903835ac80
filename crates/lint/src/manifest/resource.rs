//! Resource templates: their actions and manifests.

use argo::document::read::{at, entry, field, lacks, named, text};
use argo::document::{Template, TemplateKind};
use argo::text::selector;
use argo::text::tags::has_tag;
use diagnostic::yaml::{Yaml, parse};

use super::expression::shortened;
use super::tags::filled;
use crate::finding::Findings;
use crate::rule::{
    INVALID_CONDITION, INVALID_RESOURCE_MANIFEST, RESOURCE_WITHOUT_MANIFEST, UNDEFINED_ARTIFACT,
};

/// Checks a resource template.
pub(super) fn check(template: &Template<'_>, findings: &mut Findings) {
    if template.kind != TemplateKind::Resource {
        return;
    }
    let Some((key, resource)) = entry(template.yaml, "resource") else {
        return;
    };
    for key in ["successCondition", "failureCondition"] {
        if let Some(node) = field(resource, key) {
            condition(node, findings);
        }
    }
    if matches!(text(resource, "action"), Some("get" | "delete")) {
        return;
    }
    let manifest = text(resource, "manifest");
    match (manifest, entry(resource, "manifestFrom")) {
        (None, None) if lacks(resource, "manifest") => {
            let message = "this resource template has neither `manifest` nor `manifestFrom`";
            findings.push(RESOURCE_WITHOUT_MANIFEST.at(key, message));
        }
        (Some(_), Some((second, _))) => {
            let message = "`manifest` and `manifestFrom` cannot be used together";
            findings.push(RESOURCE_WITHOUT_MANIFEST.at(second, message));
        }
        _ => {}
    }
    if let Some(node) = at(resource, &["manifestFrom", "artifact", "name"]) {
        let wanted = node.as_str().unwrap_or_default();
        if named(template.input_artifacts(), wanted).is_none() {
            let message = format!("{} has no input artifact `{wanted}`", template.title());
            findings.push(UNDEFINED_ARTIFACT.at(node, message));
        }
    }
    if let (Some(manifest), Some(node)) = (manifest, field(resource, "manifest")) {
        readable(manifest, node, findings);
    }
}

/// Checks a condition on the resource, which is a label selector (`workflow/executor/resource.go:206`). A condition
/// with tags is known only at run time.
fn condition(node: &Yaml, findings: &mut Findings) {
    let Some(text) = node.as_str().filter(|text| !has_tag(text)) else {
        return;
    };
    if let Err(error) = selector::parse(text) {
        let message = format!("the condition `{}` is not valid: {error}", shortened(text));
        let help = "write requirements with commas between them, e.g. `status.succeeded > 0, status.phase in (Done)`";
        findings.push(INVALID_CONDITION.at(node, message).help(help));
    }
}

/// Checks that the manifest is YAML for all values of its tags.
fn readable(manifest: &str, node: &Yaml, findings: &mut Findings) {
    if manifest.trim_start().starts_with("{{") {
        return;
    }
    if let Err(problem) = parse("manifest", &filled(manifest)) {
        let line = problem.place.span.map_or(1, |span| span.line);
        let message = format!(
            "line {line} of the manifest is not valid YAML: {}",
            problem.message
        );
        findings.push(INVALID_RESOURCE_MANIFEST.at(node, message));
    }
}
