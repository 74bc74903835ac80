//! Settings of the tasks from the selectors of `argo.yml`, without duplicates.

use std::collections::HashMap;

use plan::{Plan, Task, TaskSettings};
use project::config::{EVERY_NODE, NodeSettings};

use super::context::{Context, Part};

/// The settings of all tasks, in the pipeline and in its exit handler.
#[derive(Debug)]
pub(super) struct Settings<'a> {
    /// Distinct settings; the first ones are those of a task that no selector matches.
    distinct: Vec<&'a TaskSettings>,
    /// Indices into `distinct`, by index in the settings of the pipeline's plan.
    of_pipeline: Vec<usize>,
    /// Indices into `distinct`, by index in the settings of the exit handler's plan.
    of_exit: Vec<usize>,
}

impl<'a> Settings<'a> {
    /// Numbers the settings of a plan. `nothing` are the settings of a task that no selector matches.
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

    /// The number of a task's settings; tasks with equal settings have the same number.
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

/// Text for the comparison of settings, without the selectors, which do not change the manifest. Settings that cannot
/// be written have no text and equal no others.
fn text(settings: &TaskSettings) -> Option<String> {
    serde_json::to_string(&(&settings.values, &settings.patches)).ok()
}

/// Settings of every node, and so of every pod.
pub(super) fn of_every_node<'a>(context: &Context<'a>) -> Option<&'a NodeSettings> {
    context.config.nodes.get(EVERY_NODE)
}
