//! Follows a run on this machine that another process runs, by its record.

use std::time::Duration;

use runs::{Phase, RunLock, RunState};
use tokio::signal::unix::{SignalKind, signal};

use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::record::store::Store;
use crate::render::words;
use crate::settings::Settings;
use crate::terminal::reporter::{Reporter, View};

/// How often the record is looked at: seldom enough to cost nothing.
const AGAIN: Duration = Duration::from_millis(200);

/// Shows what happens until nobody works on the run any more, or the user has seen enough.
///
/// # Errors
///
/// The record cannot be read.
pub(crate) async fn follow_here(
    store: &Store,
    name: &str,
    view: View,
    settings: &Settings,
) -> Result<(RunState, Exit), CommandError> {
    let mut reporter = Reporter::new(settings.printer, view);
    let result = watch(store, name, &mut reporter, settings).await;
    reporter.finish();
    let (state, is_over) = result?;
    if !is_over {
        settings.printer.important(&format!(
            "{name} continues. To watch it again: {program} watch {name}",
            program = settings.program
        ));
        return Ok((state, Exit::Interrupted));
    }
    match state.phase {
        Phase::Succeeded => Ok((state, Exit::Success)),
        _ => Ok((state, Exit::Failure)),
    }
}

/// The state at the end, and whether that is the end of the run.
async fn watch(
    store: &Store,
    name: &str,
    reporter: &mut Reporter,
    settings: &Settings,
) -> Result<(RunState, bool), CommandError> {
    let history = store.history()?;
    let mut polite_kill = signal(SignalKind::terminate())?;
    // Before the state: what comes between is then shown, and once.
    let mut seen = history.last_event(name)?;
    let (_, mut state) = store.load(name)?;
    if RunLock::is_held(&store.run(name))? {
        let left = words::count(state.outstanding().len(), "task");
        settings.printer.say(&format!("run {name} · {left} left"));
    }
    reporter.resume(&state);
    loop {
        // Before the events are read: whoever works on it then writes no more of them. A run that has ended may be
        // retried just now, and then it goes on.
        let is_worked_on = RunLock::is_held(&store.run(name))?;
        for (number, at, event) in history.events_after(name, seen)? {
            seen = number;
            if state.apply(at, &event) {
                reporter.show(at, &event, &state);
            }
        }
        if !is_worked_on {
            state.interrupt();
            return Ok((state, true));
        }
        tokio::select! {
            () = tokio::time::sleep(AGAIN) => {}
            _ = tokio::signal::ctrl_c() => return Ok((state, false)),
            _ = polite_kill.recv() => return Ok((state, false)),
        }
    }
}
