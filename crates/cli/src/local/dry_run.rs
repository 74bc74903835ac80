//! Shows what a run would do: its tasks by waves. Starts and records nothing.

use engine::{Budget, Resolved};
use plan::Plan;

use super::how::{How, RunOutput};
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::render::json::to_json;
use crate::render::waves::{self, TaskFacts};
use crate::settings::Settings;

/// Name of the exit handler's node.
const EXIT: &str = "onExit";

/// Shows the waves of a run.
///
/// # Arguments
///
/// * `plan`: Plan of the workflow, and why some tasks run; `None` for a run of files.
///
/// # Errors
///
/// A template that is called does not exist.
pub(crate) fn show(
    resolved: &Resolved,
    plan: Option<(&Plan, Vec<(String, String)>)>,
    how: &How,
    settings: &Settings,
) -> Result<Exit, CommandError> {
    let found = resolved.waves();
    let found = found.map_err(|error| {
        CommandError::new(format!("this workflow cannot run on this machine: {error}"))
    })?;
    let known = plan.map_or_else(TaskFacts::default, |(plan, reasons)| TaskFacts {
        reasons: reasons.into_iter().collect(),
        ..known(plan)
    });
    match how.output {
        RunOutput::Json => {
            let json = waves::json(&found, &known);
            settings.printer.document(&to_json(&json)?);
        }
        RunOutput::Name => settings.printer.data_as_it_is(&waves::names(&found)),
        RunOutput::Text => {
            let table = waves::table(&found, &known, settings.printer.width());
            settings.printer.data(&table);
            for note in &resolved.notes {
                settings.printer.say(note);
            }
            let machine = Budget {
                gpus: how.here.machine.gpus().count(),
                ..how.here.machine.budget()
            };
            for line in waves::summary(&found, machine) {
                settings.printer.say(&line);
            }
        }
    }
    Ok(Exit::Success)
}

fn known(plan: &Plan) -> TaskFacts {
    let mut known = TaskFacts::default();
    let of_exit = plan.on_exit.iter().flat_map(|exit| &exit.tasks);
    let of_exit = of_exit.map(|task| (format!("{EXIT}.{}", task.name), task));
    let tasks = plan.tasks.iter().map(|task| (task.name.clone(), task));
    for (name, task) in tasks.chain(of_exit) {
        known.nodes.insert(name.clone(), task.nodes.clone());
        let machine = task.machine.machine_type.clone();
        known.machine_types.insert(name, machine);
    }
    known
}
