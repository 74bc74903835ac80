//! Hooks and exit handlers of the workflow and of its tasks and steps.

use argo::document::read::{entry, field};
use diagnostic::yaml::Yaml;

use super::context::Context;
use super::{arguments, references};
use crate::finding::Findings;
use crate::rule::HOOK_WITHOUT_EXPRESSION;

/// Checks the hooks in `holder`.
pub(super) fn check(
    context: Context<'_>,
    holder: &Yaml,
    of_workflow: bool,
    findings: &mut Findings,
) {
    for (key, hook) in field(holder, "hooks").map_or(&[][..], Yaml::entries) {
        if hook.entries().is_empty() {
            continue;
        }
        references::check(context, hook, "hook", findings);
        arguments::of_call(context, hook, "hook", findings);
        if entry(hook, "expression").is_none() && key.name != "exit" {
            let message = format!(
                "hook `{}` does not say when to run: `expression` is missing",
                key.name
            );
            let subject = if of_workflow {
                "workflow"
            } else {
                "tasks['name']"
            };
            let help = format!("add for example `expression: {subject}.status == \"Running\"`");
            findings.push(HOOK_WITHOUT_EXPRESSION.at(hook, message).help(help));
        }
    }
    if !of_workflow && let Some(node) = field(holder, "onExit") {
        references::of_workflow(context, node, findings);
    }
}
