//! Follows a run on this machine by its record, while another process runs it.

use std::time::Duration;

use jiff::Timestamp;
use runs::{Phase, RunEvent, RunLock, RunState};
use tokio::signal::unix::{SignalKind, signal};

use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::local::log_files::LogFiles;
use crate::record::store::Store;
use crate::render::words;
use crate::settings::Settings;
use crate::terminal::reporter::{Reporter, View};

/// Time between two looks at the record, long enough to use almost no CPU.
const AGAIN: Duration = Duration::from_millis(200);

/// Shows events, and with `logs` the output of tasks, until no program works on the run, or the user stops watching.
///
/// # Errors
///
/// The record cannot be read.
pub(crate) async fn follow_here(
    store: &Store,
    name: &str,
    (view, logs): (View, bool),
    settings: &Settings,
) -> Result<(RunState, Exit), CommandError> {
    let mut reporter = Reporter::new(settings.printer, view);
    let files = logs.then(|| LogFiles::new(store.logs(name)));
    let result = watch(store, name, (&mut reporter, files), settings).await;
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

/// Gives the last state, and whether the run has ended.
async fn watch(
    store: &Store,
    name: &str,
    (reporter, mut files): (&mut Reporter, Option<LogFiles>),
    settings: &Settings,
) -> Result<(RunState, bool), CommandError> {
    let history = store.history()?;
    let mut polite_kill = signal(SignalKind::terminate())?;
    // Read before the state: each event in between is then shown, and only once.
    let mut seen = history.last_event(name)?;
    let (_, mut state) = store.load(name)?;
    if RunLock::is_held(&store.run(name))? {
        let left = words::count(state.outstanding().len(), "task");
        settings.printer.say(&format!("run {name} · {left} left"));
    }
    reporter.resume(&state);
    let seen_first = seen;
    loop {
        // Check the lock before the events: without a holder, no more events come. A retry may take
        // the lock of an ended run right now.
        let is_worked_on = RunLock::is_held(&store.run(name))?;
        for (number, at, event) in history.events_after(name, seen)? {
            seen = number;
            if state.apply(at, &event) {
                reporter.show(at, &event, &state);
            }
        }
        if let Some(files) = &mut files {
            show_output(files, reporter, &state, !is_worked_on)?;
        }
        if !is_worked_on {
            // A watcher that starts after the end shows the end too.
            if let (true, Some(at)) = (seen == seen_first, state.finished) {
                reporter.ended(at, &state);
            }
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

/// Shows what tasks have printed since the last look; at the end also unfinished lines.
fn show_output(
    files: &mut LogFiles,
    reporter: &mut Reporter,
    state: &RunState,
    is_over: bool,
) -> Result<(), CommandError> {
    for task in state.tasks.keys() {
        let mut lines = files.lines(task)?.unwrap_or_default();
        if is_over {
            lines.extend(files.rest(task));
        }
        for line in lines {
            let event = RunEvent::LogLine {
                task: task.clone(),
                is_error: false,
                line,
            };
            reporter.show(Timestamp::now(), &event, state);
        }
    }
    Ok(())
}
