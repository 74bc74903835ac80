//! References of tasks, steps and hooks to the templates that they run.

use argo::document::is_dynamic;
use argo::document::read::{entry, field, lacks, text};
use argo::text::tags::has_tag;
use diagnostic::did_you_mean;
use diagnostic::yaml::{Content, Yaml};

use super::context::Context;
use crate::finding::{Findings, Spot};
use crate::rule::{
    AMBIGUOUS_TEMPLATE, MISSING_FIELD, MISSING_TEMPLATE, TEMPLATE_REFERENCE_NOT_GIVEN,
    UNDEFINED_TEMPLATE,
};

/// Checks the reference of a task, step or hook.
pub(super) fn check(context: Context<'_>, holder: &Yaml, what: &str, findings: &mut Findings) {
    let is_given = |value: &Yaml| value.value != Content::Null && value.as_str() != Some("");
    let is_inline = field(holder, "inline").is_some_and(is_given);
    let mut names = holder.entries().iter().filter(|(key, value)| {
        matches!(key.name.as_str(), "template" | "templateRef") && is_given(value)
    });
    match (names.next(), names.next()) {
        (None, _) if !is_inline => {
            let message = format!("this {what} names no template");
            let help = "add `template`, `templateRef` or `inline`";
            findings.push(MISSING_TEMPLATE.at(holder, message).help(help));
        }
        (Some((first, _)), Some((second, _))) => {
            let message = format!(
                "`{}` and `{}` cannot be used together",
                first.name, second.name
            );
            findings.push(AMBIGUOUS_TEMPLATE.at(second, message));
            return;
        }
        // Argo takes the inline template (`GetTemplate` in `workflow/templateresolution/context.go`), and does not
        // refuse the other, which has to be there.
        (Some((other, _)), None) if is_inline => {
            let message = format!("`inline` runs, and `{}` has no effect", other.name);
            let help = format!("remove `{}`", other.name);
            let finding = AMBIGUOUS_TEMPLATE.at(other, message).help(help);
            findings.push(finding.warning());
        }
        _ => {}
    }
    if is_dynamic(holder) {
        return;
    }
    if let Some((_, node)) = entry(holder, "template") {
        named(context, node, findings);
    }
    if let Some(reference) = field(holder, "templateRef") {
        elsewhere(context, reference, findings);
    }
}

/// Checks that this workflow has a template of the name a node holds.
pub(super) fn named(context: Context<'_>, node: &Yaml, findings: &mut Findings) {
    let Some(name) = node
        .as_str()
        .filter(|name| !name.is_empty() && !has_tag(name))
    else {
        return;
    };
    if context.workflow.template(name).is_some() {
        return;
    }
    if let Some(names) = context.workflow.template_names() {
        undefined(node, name, "this workflow", names, findings);
    }
}

fn undefined(node: &impl Spot, name: &str, place: &str, names: Vec<&str>, findings: &mut Findings) {
    let message = format!("{place} has no template `{name}`");
    let help = did_you_mean(name, names);
    findings.push(UNDEFINED_TEMPLATE.at(node, message).maybe_help(help));
}

fn elsewhere(context: Context<'_>, reference: &Yaml, findings: &mut Findings) {
    for key in ["name", "template"] {
        if lacks(reference, key) {
            let message = format!("`templateRef` has no `{key}`");
            findings.push(MISSING_FIELD.at(reference, message));
            return;
        }
    }
    let (Some(document), Some(template)) = (text(reference, "name"), text(reference, "template"))
    else {
        return;
    };
    match context.workflow.library.get(reference) {
        None => not_given(reference, document, findings),
        Some(found) if found.template(template).is_none() => {
            let place = format!("`{document}`");
            let names = found.template_names().collect();
            let node = field(reference, "template").unwrap_or(reference);
            undefined(node, template, &place, names, findings);
        }
        _ => {}
    }
}

/// Checks `workflowTemplateRef`.
pub(super) fn workflow_template(context: Context<'_>, findings: &mut Findings) {
    let Some(reference) = field(context.workflow.document.spec, "workflowTemplateRef") else {
        return;
    };
    match text(reference, "name") {
        None if lacks(reference, "name") => {
            let message = "`workflowTemplateRef` has no `name`";
            findings.push(MISSING_FIELD.at(reference, message));
        }
        Some(name) if has_tag(name) => {}
        Some(name) if context.workflow.library.get(reference).is_none() => {
            not_given(reference, name, findings);
        }
        _ => {}
    }
}

fn not_given(reference: &Yaml, name: &str, findings: &mut Findings) {
    let node = field(reference, "name").unwrap_or(reference);
    let message = format!("no given file defines `{name}`, so it is not checked");
    let help = "add its file to the command";
    findings.push(TEMPLATE_REFERENCE_NOT_GIVEN.at(node, message).help(help));
}
