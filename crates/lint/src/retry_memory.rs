//! A rule for retries that should give a task more memory, but cannot.

use diagnostic::Diagnostic;
use indexmap::IndexMap;
use plan::{Plan, Task};
use project::config::{ArgoConfig, Memory};

use crate::rule;

/// Finds selectors whose tasks all start with at least `retry.memory.max`, so that lowering cannot raise their memory.
/// No finding if some task starts with less, because then `max` has an effect.
pub(crate) fn check(config: &ArgoConfig, plan: &Plan) -> Vec<Diagnostic> {
    let mut found: IndexMap<&str, (Memory, Vec<&Task>)> = IndexMap::new();
    let exit = plan.on_exit.iter().map(|exit| &**exit);
    for plan in [plan].into_iter().chain(exit) {
        for task in &plan.tasks {
            if let Some((selector, most)) = ceiling(plan, task) {
                let (_, tasks) = found.entry(selector).or_insert((most, Vec::new()));
                tasks.push(task);
            }
        }
    }
    let finding = |(selector, (most, tasks)): (&str, (Memory, Vec<&Task>))| {
        let (first, others) = tasks.split_first()?;
        let grows = |task: &&Task| task.machine.memory.bytes() < most.bytes();
        if tasks.iter().any(grows) {
            return None;
        }
        let (others, start) = match others.len() {
            0 => (String::new(), "starts"),
            1 => (" and another one".to_owned(), "start"),
            count => (format!(" and {count} others"), "start"),
        };
        let path = ["nodes", selector, "retry", "memory", "max"];
        let finding = rule::RETRY_WITHOUT_MORE_MEMORY.diagnostic(format!(
            "`{}` is {most}, but task `{}` ({}){others} {start} with as much or more: no try gets more memory",
            path.join("."),
            first.name,
            first.machine.memory
        ));
        let help = "raise `max`, or leave `memory` out of the `retry` of these nodes";
        Some(finding.at(config.places.of(&path)).help(help))
    };
    found.into_iter().filter_map(finding).collect()
}

/// The greatest memory of a task's retries, and the selector that sets it.
fn ceiling<'a>(plan: &'a Plan, task: &Task) -> Option<(&'a str, Memory)> {
    let settings = plan.settings.get(task.settings?)?;
    let most = settings.values.retry.as_ref()?.memory.as_ref()?.max?;
    let mut set_by = settings.set_by.iter();
    let set_by = set_by.find(|set_by| set_by.setting == "retry")?;
    Some((set_by.selector.as_str(), most))
}
