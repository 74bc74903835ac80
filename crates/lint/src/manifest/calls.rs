//! Fields that tasks and steps share: a template, arguments, loops, conditions, hooks.

use diagnostic::yaml::Yaml;

use super::context::Context;
use super::{arguments, condition, hooks, loops, references};
use crate::finding::Findings;

/// Checks a task or step, except its name and its dependencies.
pub(super) fn check(context: Context<'_>, call: &Yaml, what: &str, findings: &mut Findings) {
    references::check(context, call, what, findings);
    arguments::of_call(context, call, what, findings);
    // Skip the other checks for most tasks, which have only these fields.
    let plain = call.entries().iter().all(|(key, _)| {
        matches!(
            key.name.as_str(),
            "name" | "template" | "arguments" | "depends" | "dependencies"
        )
    });
    if !plain {
        loops::check(call, findings);
        condition::check(call, findings);
        hooks::check(context, call, false, findings);
    }
}
