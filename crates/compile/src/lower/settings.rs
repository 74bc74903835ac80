//! Settings of the tasks, as the selectors of `argo.yml` give them: equal ones only once.

use std::collections::HashMap;

use plan::{Plan, Task, TaskSettings};
use project::config::{EVERY_NODE, NodeSettings};

use super::context::{Context, Part};

/// The settings of all tasks, of the pipeline and of its exit handler.
#[derive(Debug)]
pub(super) struct Settings<'a> {
    /// Distinct settings; the first are those of a task that no selector picks.
    distinct: Vec<&'a TaskSettings>,
    /// Numbers in `distinct`, by number in the plan of the pipeline.
    of_pipeline: Vec<usize>,
    /// Numbers in `distinct`, by number in the plan of the exit handler.
    of_exit: Vec<usize>,
}

impl<'a> Settings<'a> {
    /// Numbers the settings of a plan. `nothing` are those of a task that no selector picks.
    pub(super) fn new(plan: &'a Plan, nothing: &'a TaskSettings) -> Self {
        let mut distinct = vec![nothing];
        let mut known: HashMap<String, usize> =
            text(nothing).map(|text| (text, 0)).into_iter().collect();
        let mut number_all = |settings: &'a [TaskSettings]| -> Vec<usize> {
            let number = |settings: &'a TaskSettings| {
                let text = text(settings);
                if let Some(number) = text.as_ref().and_then(|text| known.get(text)) {
                    return *number;
                }
                distinct.push(settings);
                let number = distinct.len() - 1;
                known.extend(text.map(|text| (text, number)));
                number
            };
            settings.iter().map(number).collect()
        };
        let of_pipeline = number_all(&plan.settings);
        let of_exit = number_all(plan.on_exit.as_ref().map_or(&[], |exit| &exit.settings));
        Self {
            distinct,
            of_pipeline,
            of_exit,
        }
    }

    /// The number of a task's settings: tasks with the same number have the same.
    pub(super) fn number(&self, task: &Task, part: Part) -> usize {
        let numbers = match part {
            Part::Pipeline => &self.of_pipeline,
            Part::OnExit => &self.of_exit,
        };
        let number = task.settings.and_then(|number| numbers.get(number));
        number.copied().unwrap_or(0)
    }

    /// The settings with this number.
    pub(super) fn get(&self, number: usize) -> &'a TaskSettings {
        self.distinct[number]
    }
}

/// Text by which settings are compared: the selectors that set them make no difference to the manifest. What cannot be
/// written has none, and is like nothing else.
fn text(settings: &TaskSettings) -> Option<String> {
    serde_json::to_string(&(&settings.values, &settings.patches)).ok()
}

/// Settings of every node, and so of every pod.
pub(super) fn of_every_node<'a>(context: &Context<'a>) -> Option<&'a NodeSettings> {
    context.config.nodes.get(EVERY_NODE)
}
