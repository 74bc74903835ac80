//! Tags whose names contain other tags.

use argo::document::read::name;
use diagnostic::yaml::Yaml;

use super::context::Context;
use super::tags::{Tag, tags};
use super::texts::{is_refused, template_of};
use crate::finding::Findings;
use crate::rule::UNRESOLVED_VARIABLE;

/// Checks tags that contain other tags. When Argo validates the workflow, it puts a placeholder in the place of the
/// inner tag, and then knows no variable with the resulting name (`resolveAllVariables` of
/// `workflow/validate/validate.go`).
pub(super) fn check(context: Context<'_>, findings: &mut Findings) {
    for &(node, text) in &context.survey.tagged {
        for tag in tags(text) {
            if let Tag::Name(tag) = tag {
                nested(context, node, tag, findings);
            }
        }
    }
}

/// Checks the text before the first `}}`.
fn nested(context: Context<'_>, node: &Yaml, tag: &str, findings: &mut Findings) {
    let Some((outer, _)) = tag.split_once("{{") else {
        return;
    };
    let inner = tag.rsplit("{{").next().unwrap_or_default().trim();
    // Argo knows the inner value by then, or the outer name may be anything.
    let is_known = inner.starts_with("workflow.") || inner.starts_with('=');
    if is_known || outer.starts_with("item.") || !is_refused(outer) {
        return;
    }
    let Some(template) = template_of(context, node) else {
        return;
    };
    let entries = ["entrypoint", "onExit"].map(|key| context.workflow.text(key));
    if inner.starts_with("inputs.") && entries.contains(&name(template.yaml)) {
        return;
    }
    let message = format!(
        "`{{{{{tag}}}}}}}` has no value when Argo checks the workflow: a tag cannot name another"
    );
    let of = outer.trim_end_matches('.');
    let help = format!("use an expression: `{{{{={of}[{inner}]}}}}`");
    findings.push(UNRESOLVED_VARIABLE.at(node, message).help(help));
}
