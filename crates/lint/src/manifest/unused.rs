//! Templates, parameters and artifacts that are declared and never used.

use std::collections::HashSet;

use argo::document::read::{at, field, has, list, name, text, texts};
use argo::document::{Template, TemplateKind};
use argo::library::called;

use super::context::Context;
use crate::finding::Findings;
use crate::rule::{UNUSED_INPUT, UNUSED_PARAMETER, UNUSED_TEMPLATE};

/// Checks a whole workflow.
pub(super) fn check(context: Context<'_>, findings: &mut Findings) {
    for template in context.workflow.document.templates() {
        inputs(&template, findings);
    }
    if context.workflow.document.kind.is_template()
        || has(context.workflow.document.spec, "workflowTemplateRef")
    {
        return;
    }
    templates(context, findings);
    parameters(context, findings);
}

/// Reports templates that nothing runs.
fn templates(context: Context<'_>, findings: &mut Findings) {
    let spec = context.workflow.document.spec;
    let mut used: HashSet<&str> = HashSet::new();
    let mut open = context.workflow.entry_points();
    while let Some(next) = open.pop() {
        if next.contains("{{") {
            // A name with a tag may mean any template.
            return;
        }
        if !used.insert(next) {
            continue;
        }
        if let Some(template) = context.workflow.document.template(next) {
            called(&template, &mut open);
        }
    }
    if !has(spec, "entrypoint") {
        return;
    }
    for template in context.workflow.document.templates() {
        if let Some(title) = name(template.yaml).filter(|title| !used.contains(title)) {
            let node = field(template.yaml, "name").unwrap_or(template.yaml);
            findings.push(UNUSED_TEMPLATE.at(node, format!("nothing runs template `{title}`")));
        }
    }
}

/// Reports inputs whose names do not appear in their template.
fn inputs(template: &Template<'_>, findings: &mut Findings) {
    // A suspend template shows its inputs to people, and a plugin gets all of them.
    if template.inputs().is_empty()
        || matches!(
            template.kind,
            TemplateKind::Suspend | TemplateKind::Plugin | TemplateKind::Unknown
        )
    {
        return;
    }
    let mut mentions: Vec<&str> = Vec::new();
    texts(template.yaml, &mut |_, text| {
        if text.contains("inputs") {
            mentions.push(text);
        }
    });
    let whole = mentions.iter().any(|text| {
        text.contains("inputs.parameters}}")
            || text.contains("inputs.parameters }}")
            || text.contains("inputs.parameters)")
    });
    for input in template.inputs() {
        let Some(title) = name(input) else { continue };
        if !whole && !mentions.iter().any(|text| text.contains(title)) {
            let node = field(input, "name").unwrap_or(input);
            let message = format!("{} does not use its input `{title}`", template.title());
            findings.push(UNUSED_INPUT.at(node, message));
        }
    }
}

/// Reports parameters of the workflow whose names do not appear in it.
fn parameters(context: Context<'_>, findings: &mut Findings) {
    let spec = context.workflow.document.spec;
    let parameters = list(spec, &["arguments", "parameters"]);
    if parameters.is_empty() || context.globals.parameters().is_empty() {
        return;
    }
    let mut mentions: Vec<&str> = Vec::new();
    let mut whole = false;
    texts(spec, &mut |_, text| {
        if text.contains("workflow") {
            whole |=
                text.contains("workflow.parameters}}") || text.contains("workflow.parameters.json");
            mentions.push(text);
        }
    });
    let given_to = |key: &str| {
        let template = text(spec, key).and_then(|name| context.workflow.document.template(name));
        template.map_or(&[][..], |template| template.inputs())
    };
    let taken: HashSet<&str> = ["entrypoint", "onExit"]
        .iter()
        .flat_map(|key| given_to(key))
        .filter_map(name)
        .collect();
    // Templates of other documents may use any parameter.
    let elsewhere = context.workflow.document.templates().any(|template| {
        template
            .calls()
            .any(|call| has(call, "templateRef") || at(call, &["inline"]).is_some())
    });
    if whole || elsewhere {
        return;
    }
    for parameter in parameters {
        let Some(title) = name(parameter).filter(|title| !taken.contains(title)) else {
            continue;
        };
        if !mentions.iter().any(|text| text.contains(title)) {
            let node = field(parameter, "name").unwrap_or(parameter);
            findings.push(UNUSED_PARAMETER.at(node, format!("nothing uses parameter `{title}`")));
        }
    }
}
