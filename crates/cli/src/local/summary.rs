//! Summary of a run on this machine at its end.

use runs::{Phase, RunRecord, RunState};

use crate::record::store::Store;
use crate::render::going_on::how_to_go_on;
use crate::render::path::shown;
use crate::render::{runs as table, words};
use crate::settings::Settings;
use crate::terminal::end_of_run;

/// Counts the tasks, says why some failed, and how to continue.
///
/// # Arguments
///
/// * `stopped_by`: User who has stopped the run from another terminal.
pub(crate) fn summarise(
    record: &RunRecord,
    state: &RunState,
    stopped_by: Option<&str>,
    store: &Store,
    settings: &Settings,
) {
    let printer = settings.printer;
    for (name, task) in &state.tasks {
        let traceback = task
            .cause
            .as_ref()
            .and_then(|cause| cause.traceback.as_ref());
        if let Some(traceback) = traceback {
            printer.important(&format!("\n{name}:\n{}", traceback.trim_end()));
        }
    }
    printer.say("");
    end_of_run::show_tasks(&record.name, state, &settings.program, printer);
    let taken = match (state.started, state.finished) {
        (Some(started), Some(finished)) => {
            format!(" in {}", words::duration(words::between(started, finished)))
        }
        _ => String::new(),
    };
    let why = table::why(state).map_or_else(String::new, |why| format!(" ({why})"));
    let by = stopped_by
        .filter(|_| state.phase != Phase::Succeeded)
        .map_or_else(String::new, |by| format!(" by {by}"));
    printer.say(&format!(
        "\n{} {}{by}{why}{taken}",
        record.name,
        table::phase(state.phase, state.message.as_deref())
    ));
    printer.say(&format!("logs: {}", shown(&store.logs(&record.name))));
    if state.phase != Phase::Succeeded {
        let left = words::count(state.outstanding().len(), "task");
        let command = format!("{} retry {}", settings.program, record.name);
        printer.important(&format!("{left} left. {}", how_to_go_on(state, &command)));
    }
}
