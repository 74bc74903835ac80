//! Outputs of tasks and steps that Argo may skip.

use argo::document::read::{field, has, list, name, named, text};
use argo::scope::nodes::Nodes;
use argo::text::depends;
use diagnostic::yaml::Yaml;

use super::context::Context;
use super::reference::Reference;
use crate::finding::{DocumentPart, Findings};
use crate::rule::REFERENCE_TO_SKIPPED;

/// Checks that the user of an output handles a skipped task.
pub(super) fn check<'a>(
    context: Context<'a>,
    nodes: &Nodes<'a>,
    reference: &Reference<'a>,
    findings: &mut Findings,
) {
    let (Some(from), Some(to)) = (nodes.all.get(reference.from), nodes.all.get(reference.to))
    else {
        return;
    };
    let valued =
        reference.what == "outputs.result" || reference.what.starts_with("outputs.parameters.");
    let guarded = text(from.call, "when").is_some() && reference.key != "when";
    if !valued || !to.may_be_skipped() || guarded || to.has_default(reference.what) {
        return;
    }
    let title = name(to.call).unwrap_or_default();
    if waits_for_success(nodes, reference.from, title)
        || input_has_default(context, from.call, reference)
    {
        return;
    }
    // The controller waits forever for a result, and fails for a declared parameter (`addSkippedNodeOutputsToScope`,
    // docs/variables.md).
    let end = if reference.what == "outputs.result" {
        "the workflow hangs"
    } else {
        "this one fails"
    };
    let message = format!(
        "`{title}` has a `when`: if it is skipped, `{{{{{}}}}}` has no value and {end}",
        reference.tag
    );
    let help = "add a `valueFrom.default` to the output, a `default` to the input, or a `when` to this task or step";
    findings.push(REFERENCE_TO_SKIPPED.at(reference.node, message).help(help));
}

/// Says whether a task runs only if another one succeeded, directly or through a task between them.
///
/// Visits a limited number of tasks. Beyond the limit the answer is unknown, and the rule reports nothing.
fn waits_for_success(nodes: &Nodes<'_>, from: usize, title: &str) -> bool {
    const MOST: usize = 64;
    let mut seen = vec![from];
    let mut next = 0;
    while let Some(number) = seen.get(next).copied() {
        next += 1;
        let call = nodes.all.get(number).map(|node| node.call);
        let Some(expression) = call.and_then(|call| text(call, "depends")) else {
            continue;
        };
        let terms = depends::parse(expression).terms;
        let mut of_title = terms.iter().filter(|term| term.task == title).peekable();
        if of_title.peek().is_some() {
            if of_title.all(|term| term.result == Some("Succeeded")) {
                return true;
            }
            continue;
        }
        // Argo did not omit a task that its own `when` skipped: the task's `depends` was true.
        let others = terms.iter().filter(|term| term.result != Some("Omitted"));
        for other in others.filter_map(|term| nodes.number(term.task)) {
            if !seen.contains(&other) {
                seen.push(other);
            }
        }
        if seen.len() > MOST {
            return true;
        }
    }
    false
}

/// Says whether the reference is the whole value of an argument whose input has a default.
fn input_has_default<'a>(context: Context<'a>, call: &'a Yaml, reference: &Reference<'a>) -> bool {
    let whole = reference.node.as_str().is_some_and(|text| {
        text.trim()
            .strip_prefix("{{")
            .and_then(|rest| rest.strip_suffix("}}"))
            .map(str::trim)
            == Some(reference.tag)
    });
    let argument = list(call, &["arguments", "parameters"])
        .iter()
        .find(|argument| {
            field(argument, "value")
                .is_some_and(|value| value.address() == reference.node.address())
        });
    whole
        && argument
            .and_then(name)
            .zip(context.workflow.resolve(call))
            .and_then(|(name, template)| named(template.inputs(), name))
            .is_some_and(|input| has(input, "default"))
}
