use clap::{Args, ValueEnum};
use jiff::Timestamp;
use runs::{Phase, RunRecord, Written};

use super::Result;
use super::plan::to_json;
use crate::cluster_run::{ClusterRun, Found, elsewhere, expect_tasks, find};
use crate::connection::Connection;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::{runs as table, words};
use crate::results;
use crate::settings::Settings;
use crate::store::Store;

/// Show the state of a run and of each task, and why they failed
#[derive(Debug, Args)]
pub(crate) struct StatusArguments {
    /// The run: its name, the beginning of its name, or @latest
    #[arg(default_value = runs::LATEST)]
    run: String,

    #[command(flatten)]
    connection: Connection,

    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: Output,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Output {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
}

pub(crate) async fn run(arguments: &StatusArguments, settings: &Settings) -> Result {
    let (mut going_on, mut written) = (None, None);
    let found = find(&arguments.run, &arguments.connection, settings).await;
    let (record, state) = match found.or_else(|error| on_record(arguments, error, settings))? {
        Found::Here(found) => *found,
        Found::Cluster(mut run) => {
            // Who failed may have been retried since, by somebody else.
            if run.state.phase != Phase::Succeeded {
                up_to_date(&mut run, settings).await?;
            }
            going_on = Some(run.going_on(&settings.program));
            written = Some(std::mem::take(&mut run.written));
            expect_tasks(&run.record, &mut run.state);
            (run.record, run.state)
        }
    };
    let store = Store::open_anywhere(settings)?;
    let written = match written {
        Some(written) => written,
        None => written_here(&record, &store)?,
    };
    if let Output::Json = arguments.output {
        settings.printer.document(&to_json(
            &serde_json::json!({"run": record, "state": state, "results": written}),
        ));
        return Ok(Exit::Success);
    }
    let now = Timestamp::now();
    let mut text = record.name.clone();
    if let Some(place) = &record.cluster {
        text.push_str(&format!(" · {}", place.namespace));
    }
    text.push_str(&format!(
        " · {} · env {} · {}",
        record.pipeline,
        record.environment,
        table::phase(state.phase, state.message.as_deref())
    ));
    if let Some(message) = table::why(&state) {
        text.push_str(&format!(" ({message})"));
    }
    if let (Some(started), Some(finished)) = (state.started, state.finished) {
        text.push_str(&format!(
            " after {}",
            words::duration(words::between(started, finished))
        ));
    }
    // What the paths of its data may be made of.
    text.push_str(&format!("\nWORKFLOW_ID {}\n\n", record.uid));
    text.push_str(&table::tasks(&state, now, settings.printer.width()));
    settings.printer.data(&text);
    results::show(&written, settings.printer);
    say_what_is_unread(&store, &record.name, settings)?;
    let logs = if record.cluster.is_some() {
        format!("{} logs {}", settings.program, record.name)
    } else {
        crate::store::shown(&store.logs(&record.name))
    };
    settings.printer.say(&format!("\nlogs: {logs}"));
    if matches!(state.phase, Phase::Failed | Phase::Error) {
        let words =
            going_on.unwrap_or_else(|| format!("{} retry {}", settings.program, record.name));
        settings.printer.say(&format!("To continue: {words}"));
    }
    Ok(Exit::Success)
}

/// Where a run has written what it makes, without asking a cluster.
fn written_here(
    record: &RunRecord,
    store: &Store,
) -> std::result::Result<Vec<Written>, CommandError> {
    match &record.cluster {
        None => results::here(&store.results(&record.name)),
        Some(_) => Ok(store.history()?.written(&record.name)?),
    }
}

/// Says so where not all of a run's record could be read.
fn say_what_is_unread(
    store: &Store,
    name: &str,
    settings: &Settings,
) -> std::result::Result<(), CommandError> {
    let unread = store.unread(name)?;
    if unread > 0 {
        settings.printer.important(&format!(
            "cannot read {} of this run, so information is missing here",
            words::count(unread as usize, "event")
        ));
    }
    Ok(())
}

/// What is on record of a run serves where its cluster is not even known.
fn on_record(
    arguments: &StatusArguments,
    error: CommandError,
    settings: &Settings,
) -> std::result::Result<Found, CommandError> {
    let found = Store::open_anywhere(settings).and_then(|store| store.select(&arguments.run));
    let Ok((record, state)) = found else {
        return Err(error);
    };
    if elsewhere(&record, &arguments.connection).is_some() {
        return Err(error);
    }
    if !state.phase.is_final() {
        settings.printer.important(&format!(
            "{}; this is the last known state",
            error.message()
        ));
    }
    Ok(Found::Here(Box::new((record, state))))
}

/// What is on record serves where the cluster cannot be asked.
async fn up_to_date(
    run: &mut ClusterRun,
    settings: &Settings,
) -> std::result::Result<(), CommandError> {
    match run.refresh().await {
        Ok(true) => {
            if let Some(note) = run.note() {
                settings.printer.important(note);
            }
            if let Some(note) = run.waits_for_a_controller(Timestamp::now()) {
                settings.printer.important(&note);
            }
            Ok(())
        }
        Ok(false) => {
            run.lost();
            Ok(())
        }
        Err(error) if run.state.tasks.is_empty() => Err(error),
        Err(error) => {
            settings.printer.important(&format!(
                "{}; this is the last known state",
                error.message()
            ));
            Ok(())
        }
    }
}
