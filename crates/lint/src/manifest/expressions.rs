//! Checks every place of a manifest that holds an expression, except tags.

use argo::document::read::{at, entry, field, list, text};
use argo::document::{Template, TemplateKind};
use argo::scope;
use argo::text::expression::{Environment, Type};
use argo::text::tags::has_tag;
use diagnostic::yaml::Yaml;

use super::context::Context;
use super::expression::{self, Wants};
use crate::finding::Findings;

/// Checks the expressions of the workflow as a whole.
pub(super) fn of_workflow(context: Context<'_>, findings: &mut Findings) {
    let mut environment: Option<Environment> = None;
    let mut check = |node: &Yaml, wants| {
        let environment = environment.get_or_insert_with(|| context.scope().of_workflow());
        expression::check(node, environment, wants, findings);
    };
    let spec = context.workflow.document.spec;
    for (key, hook) in field(spec, "hooks").map_or(&[][..], Yaml::entries) {
        // Argo ignores the expression of the workflow's `exit` hook.
        if let (true, Some((_, node))) = (key.name != "exit", entry(hook, "expression")) {
            check(node, Wants::Boolean);
        }
    }
    let labels = at(spec, &["workflowMetadata", "labelsFrom"]);
    for (_, source) in labels.map_or(&[][..], Yaml::entries) {
        if let Some(node) = field(source, "expression") {
            check(node, Wants::Text);
        }
    }
}

/// Checks the expressions of a template, except those of its inline templates.
pub(super) fn of_template(context: Context<'_>, template: &Template<'_>, findings: &mut Findings) {
    match template.kind {
        TemplateKind::Dag | TemplateKind::Steps => {
            outputs(context, template, findings);
            hooks(context, template, findings);
        }
        TemplateKind::Http => {
            if let Some(node) = at(template.yaml, &["http", "successCondition"])
                && node.as_str() != Some("")
            {
                expression::check(node, &scope::HTTP, Wants::Boolean, findings);
            }
        }
        TemplateKind::Data => data(template, findings),
        _ => {}
    }
}

fn outputs(context: Context<'_>, template: &Template<'_>, findings: &mut Findings) {
    let parameters = template
        .outputs()
        .iter()
        .filter(|output| at(output, &["value"]).is_none())
        .filter_map(|output| at(output, &["valueFrom", "expression"]))
        .map(|node| (node, Wants::Anything));
    let artifacts = template
        .output_artifacts()
        .iter()
        .filter_map(|artifact| field(artifact, "fromExpression"))
        .map(|node| (node, Wants::Artifact));
    let mut environment: Option<Environment> = None;
    for (node, wants) in parameters.chain(artifacts) {
        if node.as_str() == Some("") {
            continue;
        }
        let environment = environment.get_or_insert_with(|| context.scope().of_outputs(template));
        expression::check(node, environment, wants, findings);
    }
}

fn hooks(context: Context<'_>, template: &Template<'_>, findings: &mut Findings) {
    let mut environment: Option<Environment> = None;
    for call in template.calls() {
        for (_, hook) in field(call, "hooks").map_or(&[][..], Yaml::entries) {
            let Some((_, node)) = entry(hook, "expression") else {
                continue;
            };
            if node.as_str().is_some_and(has_tag) {
                continue;
            }
            let environment = environment.get_or_insert_with(|| context.scope().of_hooks(template));
            expression::check(node, environment, Wants::Boolean, findings);
        }
    }
}

fn data(template: &Template<'_>, findings: &mut Findings) {
    // The first transformation gets the paths of files.
    let mut before = Type::Texts;
    for step in list(template.yaml, &["data", "transformation"]) {
        let (Some(node), Some(_)) = (field(step, "expression"), text(step, "expression")) else {
            continue;
        };
        let environment = scope::of_data(before);
        before = expression::check(node, &environment, Wants::Anything, findings);
    }
}
