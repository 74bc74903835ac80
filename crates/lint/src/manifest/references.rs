//! References of tasks, steps and hooks to their templates.

use argo::document::is_dynamic;
use argo::document::read::{entry, field, lacks, list, name, named, text};
use argo::text::tags::{Piece, has_tag, pieces};
use diagnostic::did_you_mean;
use diagnostic::yaml::{Content, Yaml};

use super::context::Context;
use crate::finding::{DocumentPart, Findings};
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
        // Argo runs the inline template (`GetTemplate` in `workflow/templateresolution/context.go`). It does not refuse
        // the other reference, whose template must exist.
        (Some((other, _)), None) if is_inline => {
            let message = format!("`inline` runs, and `{}` has no effect", other.name);
            let help = format!("remove `{}`", other.name);
            let finding = AMBIGUOUS_TEMPLATE.at(other, message).help(help);
            findings.push(finding.warning());
        }
        _ => {}
    }
    if is_dynamic(holder) {
        if what != "hook" {
            with_tags(context, holder, what, findings);
        }
        return;
    }
    if let Some((_, node)) = entry(holder, "template") {
        of_workflow(context, node, findings);
    }
    if let Some(reference) = field(holder, "templateRef") {
        elsewhere(context, reference, findings);
    }
}

/// Checks a reference with tags in it. Argo looks the template up before anything runs, after it has replaced the
/// parameters of the workflow (`validateTemplateHolder` of `workflow/validate/validate.go`).
fn with_tags(context: Context<'_>, call: &Yaml, what: &str, findings: &mut Findings) {
    if let Some(node) = field(call, "template")
        && let Some(text) = node.as_str().filter(|text| has_tag(text))
    {
        match filled(context, call, text) {
            Filled::Never(tag) => {
                let message = format!(
                    "Argo looks for the template of this {what} before it runs, and has no value for `{{{{{tag}}}}}` then"
                );
                let help = "let a task for each template have a `when`, or use `templateRef`, which may have tags";
                findings.push(UNDEFINED_TEMPLATE.at(node, message).help(help));
            }
            Filled::With(name) if context.workflow.template(&name).is_none() => {
                if let Some(names) = context.workflow.template_names() {
                    undefined(node, &name, "this workflow", names, findings);
                }
            }
            Filled::Open | Filled::With(_) => {}
        }
    }
    let Some(reference) = field(call, "templateRef") else {
        return;
    };
    // Argo does not look up a reference with other tags.
    let part = |key: &str| match text(reference, key) {
        Some(text) if has_tag(text) => match filled(context, call, text) {
            Filled::With(text) => Some(text),
            _ => None,
        },
        text => text.map(str::to_owned),
    };
    let (Some(_), Some(template)) = (part("name"), part("template")) else {
        return;
    };
    let document = text(reference, "name").unwrap_or_default();
    match context.workflow.library.get(reference) {
        Some(found) if found.template(&template).is_none() => {
            let node = field(reference, "template").unwrap_or(reference);
            let names = found.template_names().collect();
            undefined(node, &template, &format!("`{document}`"), names, findings);
        }
        None if !has_tag(document) => not_given(reference, document, findings),
        _ => {}
    }
}

/// A text with tags, as Argo knows it before anything runs.
enum Filled<'a> {
    /// All tags have values.
    With(String),
    /// This tag never has a value at that time.
    Never(&'a str),
    /// The text depends on values that are known only at run time.
    Open,
}

fn filled<'a>(context: Context<'_>, call: &Yaml, with_tags: &'a str) -> Filled<'a> {
    let mut filled = String::new();
    for piece in pieces(with_tags) {
        let Ok(piece) = piece else {
            return Filled::Open;
        };
        let tag = match piece {
            Piece::Text(between) => {
                filled.push_str(between);
                continue;
            }
            Piece::Tag { inside, .. } => inside.trim(),
        };
        let is_open = tag.starts_with('=')
            || tag.contains("{{")
            || tag.starts_with("inputs.") && is_of_entry(context, call);
        if is_open {
            return Filled::Open;
        }
        if !tag.starts_with("workflow.") {
            return Filled::Never(tag);
        }
        let parameter = tag.strip_prefix("workflow.parameters.");
        let mut specs = context.workflow.specs();
        let value = parameter.and_then(|parameter| {
            specs.find_map(|spec| named(list(spec, &["arguments", "parameters"]), parameter))
        });
        match value.and_then(|parameter| text(parameter, "value")) {
            // Another workflow may run a WorkflowTemplate with another value.
            Some(value) if !context.workflow.document.kind.is_template() => filled.push_str(value),
            _ => return Filled::Open,
        }
    }
    Filled::With(filled)
}

/// Says whether the inputs of a task or step may have values before anything runs: those of the entrypoint and of the
/// exit handler are arguments of the workflow.
fn is_of_entry(context: Context<'_>, call: &Yaml) -> bool {
    let mut templates = context.workflow.document.templates();
    let holder = templates.find(|template| {
        let mut calls = template.calls();
        calls.any(|known| known.address() == call.address())
    });
    let entries = ["entrypoint", "onExit"].map(|key| context.workflow.text(key));
    holder.is_none_or(|template| entries.contains(&name(template.yaml)))
}

/// Checks that this workflow has a template with the name in a node.
pub(super) fn of_workflow(context: Context<'_>, node: &Yaml, findings: &mut Findings) {
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

fn undefined(
    node: &impl DocumentPart,
    name: &str,
    place: &str,
    names: Vec<&str>,
    findings: &mut Findings,
) {
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
