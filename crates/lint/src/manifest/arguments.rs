//! Arguments of the workflow, and arguments that its tasks and steps pass to templates.

use std::collections::HashSet;

use argo::document::read::{all_named, at, entry, field, has, list, name, named, text};
use argo::document::{DocumentKind, Template, is_dynamic};
use diagnostic::nearest;
use diagnostic::yaml::Yaml;

use super::artifacts::has_source;
use super::context::Context;
use super::names::{self, Naming};
use crate::finding::Findings;
use crate::rule::{
    AMBIGUOUS_ARTIFACT_SOURCE, ARGUMENT_WITHOUT_VALUE, ARTIFACT_WITHOUT_SOURCE,
    INVALID_VALUE_SOURCE, MISSING_ARGUMENT, UNKNOWN_ARGUMENT, VALUE_NOT_IN_ENUM,
};

/// The names in a list; a short list needs no set.
enum Names<'a> {
    Few(&'a [Yaml]),
    Many(HashSet<&'a str>),
}

impl<'a> Names<'a> {
    fn new(items: &'a [Yaml]) -> Self {
        if items.len() < 16 {
            Self::Few(items)
        } else {
            Self::Many(argo::document::read::names(items).collect())
        }
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Self::Few(items) => named(items, name).is_some(),
            Self::Many(names) => names.contains(name),
        }
    }
}

/// Checks `spec.arguments`.
pub(super) fn of_workflow(context: Context<'_>, findings: &mut Findings) {
    let Some(arguments) = field(context.workflow.document.spec, "arguments") else {
        return;
    };
    names_and_sources(arguments, findings);
    for parameter in list(arguments, &["parameters"]) {
        // The person who submits a Workflow or runs a template can supply the value; a CronWorkflow has no such person.
        let scheduled = context.workflow.document.kind == DocumentKind::CronWorkflow;
        if scheduled && !has_value(parameter) && !value_referred(context, parameter) {
            without_value(parameter, findings);
        }
        enumeration(parameter, findings);
    }
}

fn value_referred(context: Context<'_>, parameter: &Yaml) -> bool {
    let referred = context.workflow.referred().zip(name(parameter));
    referred.is_some_and(|(document, name)| {
        named(list(document.spec, &["arguments", "parameters"]), name).is_some_and(has_value)
    })
}

/// Checks the arguments of a task, step or hook.
pub(super) fn of_call(context: Context<'_>, call: &Yaml, what: &str, findings: &mut Findings) {
    if let Some(arguments) = field(call, "arguments") {
        names_and_sources(arguments, findings);
        for parameter in list(arguments, &["parameters"]) {
            if !has_value(parameter) {
                without_value(parameter, findings);
            }
            enumeration(parameter, findings);
        }
    }
    if is_dynamic(call) {
        return;
    }
    if let Some(template) = context.workflow.resolve(call) {
        for argument in supplied(&template, call, call, what, findings) {
            no_input(argument, &template, "parameter", findings);
        }
        for argument in list(call, &["arguments", "artifacts"]) {
            if name(argument).is_some_and(|name| named(template.input_artifacts(), name).is_none())
            {
                no_input(argument, &template, "artifact", findings);
            }
        }
    }
}

/// Checks that the workflow's arguments cover the inputs of a template that the workflow starts itself.
pub(super) fn of_entry(context: Context<'_>, key: &str, findings: &mut Findings) {
    let spec = context.workflow.document.spec;
    if context.workflow.document.kind.is_template() || has(spec, "workflowTemplateRef") {
        return;
    }
    let Some((node, template)) =
        field(spec, key).zip(text(spec, key).and_then(|name| context.workflow.template(name)))
    else {
        return;
    };
    supplied(&template, spec, node, "workflow", findings);
}

/// Checks that all inputs of a template have a value, given the `arguments` in `holder`.
///
/// Gives the arguments that match no input.
fn supplied<'a>(
    template: &Template<'_>,
    holder: &'a Yaml,
    spot: &Yaml,
    what: &str,
    findings: &mut Findings,
) -> Vec<&'a Yaml> {
    let given = list(holder, &["arguments", "parameters"]);
    let inputs = template.inputs();
    let all_named = all_named(given) && all_named(inputs);
    let known = Names::new(inputs);
    let supplied = Names::new(given);
    let mut unknown: Vec<&'a Yaml> = given
        .iter()
        .filter(|argument| all_named && name(argument).is_some_and(|name| !known.has(name)))
        .collect();
    for input in inputs {
        let Some(wanted) = name(input) else { continue };
        if !all_named || supplied.has(wanted) || has(input, "default") || has_value(input) {
            continue;
        }
        let message = format!(
            "this {what} gives no value for input `{wanted}` of {}",
            template.title()
        );
        let meant = nearest(wanted, unknown.iter().filter_map(|argument| name(argument)));
        if let Some(meant) = meant {
            // Report one fault, not two: the argument exists under another name.
            let position = unknown
                .iter()
                .position(|argument| name(argument) == Some(meant));
            let argument = position.map(|position| unknown.remove(position));
            let node = argument
                .and_then(|argument| field(argument, "name"))
                .unwrap_or(spot);
            let help = format!("`{meant}` is not an input: did you mean `{wanted}`?");
            findings.push(MISSING_ARGUMENT.at(node, message).help(help));
        } else {
            let help =
                format!("add a parameter `{wanted}` to `arguments`, or a `default` to the input");
            findings.push(MISSING_ARGUMENT.at(spot, message).help(help));
        }
    }
    artifacts_supplied(template, holder, spot, what, findings);
    unknown
}

fn artifacts_supplied(
    template: &Template<'_>,
    holder: &Yaml,
    spot: &Yaml,
    what: &str,
    findings: &mut Findings,
) {
    let given = list(holder, &["arguments", "artifacts"]);
    for input in template.input_artifacts() {
        let Some(wanted) = name(input) else { continue };
        let optional = field(input, "optional")
            .is_some_and(|value| value.value == diagnostic::yaml::Content::Bool(true));
        if optional || has_source(input) || named(given, wanted).is_some() {
            continue;
        }
        let message = format!(
            "this {what} gives no artifact for input `{wanted}` of {}",
            template.title()
        );
        findings.push(MISSING_ARGUMENT.at(spot, message));
    }
}

fn no_input(argument: &Yaml, template: &Template<'_>, what: &str, findings: &mut Findings) {
    let name = name(argument).unwrap_or_default();
    let node = field(argument, "name").unwrap_or(argument);
    let message = format!(
        "{} has no input {what} `{name}`, so it is not used",
        template.title()
    );
    findings.push(UNKNOWN_ARGUMENT.at(node, message));
}

fn names_and_sources(arguments: &Yaml, findings: &mut Findings) {
    names::check(
        list(arguments, &["parameters"]),
        "parameter",
        Naming::Parameter,
        findings,
    );
    names::check(
        list(arguments, &["artifacts"]),
        "artifact",
        Naming::Artifact,
        findings,
    );
    for parameter in list(arguments, &["parameters"]) {
        value_source(parameter, findings);
    }
    for artifact in list(arguments, &["artifacts"]) {
        let from = text(artifact, "from").is_some();
        if from && text(artifact, "fromExpression").is_some() {
            let message = "`from` and `fromExpression` cannot be used together";
            let node = field(artifact, "fromExpression").unwrap_or(artifact);
            findings.push(AMBIGUOUS_ARTIFACT_SOURCE.at(node, message));
        } else if !from && !has_source(artifact) {
            let name = name(artifact).unwrap_or_default();
            let message = format!("artifact `{name}` has neither `from` nor a store");
            let finding = ARTIFACT_WITHOUT_SOURCE.at(artifact, message);
            let by_expression = has(artifact, "fromExpression");
            findings.push(finding.maybe_help(by_expression.then(|| {
                "`fromExpression` is for the outputs of steps and DAGs: use `from`".to_owned()
            })));
        }
    }
}

fn value_source(parameter: &Yaml, findings: &mut Findings) {
    let Some((key, source)) = entry(parameter, "valueFrom") else {
        return;
    };
    let allowed = has(source, "configMapKeyRef")
        || text(source, "event").is_some()
        || has(source, "supplied");
    let wrong = ["path", "jsonPath", "parameter", "expression"]
        .iter()
        .find_map(|key| entry(source, key).filter(|(_, value)| value.as_str() != Some("")));
    let help = "use `value`, or `valueFrom` with `configMapKeyRef`";
    if let Some((wrong, _)) = wrong {
        let message = format!("an argument cannot take its value from `{}`", wrong.name);
        findings.push(INVALID_VALUE_SOURCE.at(wrong, message).help(help));
    } else if !allowed {
        let message = "this `valueFrom` does not say where the value comes from";
        findings.push(INVALID_VALUE_SOURCE.at(key, message).help(help));
    }
}

fn has_value(parameter: &Yaml) -> bool {
    has(parameter, "value") || has(parameter, "valueFrom")
}

fn without_value(parameter: &Yaml, findings: &mut Findings) {
    let name = name(parameter).unwrap_or_default();
    let message = format!("argument `{name}` has no value");
    findings.push(
        ARGUMENT_WITHOUT_VALUE
            .at(parameter, message)
            .help("add `value`"),
    );
}

/// Checks that a value is one of those in its `enum`.
pub(super) fn enumeration(parameter: &Yaml, findings: &mut Findings) {
    let Some((key, allowed)) = entry(parameter, "enum") else {
        return;
    };
    let words: Vec<_> = allowed.items().iter().filter_map(Yaml::as_str).collect();
    if allowed.items().is_empty() {
        let message = "`enum` allows no value at all";
        findings.push(VALUE_NOT_IN_ENUM.at(key, message));
        return;
    }
    let Some(value) = at(parameter, &["value"]) else {
        return;
    };
    let Some(word) = value
        .as_str()
        .filter(|word| !argo::text::tags::has_tag(word))
    else {
        return;
    };
    if !words.contains(&word) {
        let message = format!("`{word}` is not among the values of `enum`");
        let help = diagnostic::did_you_mean(word, words.iter().copied());
        findings.push(VALUE_NOT_IN_ENUM.at(value, message).maybe_help(help));
    }
}
