use argo::status::waits::{waiting, wanted};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use runs::{Phase, RunState, TaskState, Written};

use super::Result;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::record::results;
use crate::record::store::Store;
use crate::remote::connection::Connection;
use crate::render::going_on::how_to_go_on;
use crate::render::json::to_json;
use crate::render::tree::tree;
use crate::render::{runs as table, words};
use crate::run::known::{KnownRun, known_run};
use crate::settings::Settings;

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
    output: StatusOutput,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum StatusOutput {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
}

pub(crate) async fn run(arguments: &StatusArguments, settings: &Settings) -> Result {
    let is_whole = matches!(arguments.output, StatusOutput::Json);
    let mut known = known_run(&arguments.run, &arguments.connection, is_whole, settings).await?;
    let store = Store::open_anywhere(settings)?;
    let written = known.written(&store, settings.printer)?;
    let waits = how_waits_end(&known, &settings.program);
    if let StatusOutput::Json = arguments.output {
        let (written, mlflow) = Written::parted(written);
        let mlflow = results::mlflow_json(mlflow.as_ref());
        let mut document = known.workflow(&store)?;
        let own = serde_json::json!({
            "run": known.record,
            "state": known.state,
            "nodes": table::nodes(&known.state, Timestamp::now()),
            "results": written,
            "mlflow": mlflow,
        });
        document.extend(own.as_object().cloned().unwrap_or_default());
        settings.printer.document(&to_json(&document)?);
        return Ok(Exit::Success);
    }
    let KnownRun {
        record,
        mut state,
        going_on,
        status,
        ..
    } = known;
    let now = Timestamp::now();
    let mut text = record.name.clone();
    if let Some(place) = &record.cluster {
        text.push_str(&format!(" · {}", place.namespace));
    }
    if !record.pipeline.is_empty() {
        text.push_str(&format!(
            " · {} · env {}",
            record.pipeline, record.environment
        ));
    }
    let phase = table::phase(state.phase, state.message.as_deref());
    text.push_str(&format!(" · {phase}"));
    if let Some(message) = table::why(&state) {
        text.push_str(&format!(" ({message})"));
    }
    if let (Some(started), Some(finished)) = (state.started, state.finished) {
        text.push_str(&format!(
            " after {}",
            words::duration(words::between(started, finished))
        ));
    }
    // Paths of the run's data may contain this id.
    text.push_str(&format!("\nWORKFLOW_ID {}\n\n", record.uid));
    if record.cluster.is_none() {
        say_what_tasks_wait_for(&mut state);
    }
    let width = settings.printer.width();
    let tree = tree(&record.name, status.as_ref(), &state, now, width);
    text.push_str(&tree.unwrap_or_else(|| table::tasks(&state, now, width)));
    settings.printer.data(&text);
    results::show(&written, settings.printer);
    results::show_mlflow(&written, settings.printer);
    say_what_is_unread(&store, &record.name, settings)?;
    let logs = if record.cluster.is_some() {
        format!("{} logs {}", settings.program, record.name)
    } else {
        crate::render::path::shown(&store.logs(&record.name))
    };
    settings.printer.say(&format!("\nlogs: {logs}"));
    for line in waits {
        settings.printer.say(&line);
    }
    if matches!(state.phase, Phase::Failed | Phase::Error) {
        let words =
            going_on.unwrap_or_else(|| format!("{} retry {}", settings.program, record.name));
        settings.printer.say(&how_to_go_on(&state, &words));
    }
    Ok(Exit::Success)
}

/// Says why tasks of a run here have not started although their turn has come and nothing of their own holds them.
fn say_what_tasks_wait_for(state: &mut RunState) {
    let why = if state.message.as_deref() == Some(runs::SUSPENDED) {
        "until the run is resumed"
    } else {
        "until other tasks have ended"
    };
    let is_new = |task: &&TaskState| task.message.is_none() && task.before.is_none();
    let waits = |task: &&TaskState| is_new(task) && state.waits_since(task).is_some();
    let names: Vec<String> = state
        .tasks
        .iter()
        .filter(|(_, task)| waits(task))
        .map(|(name, _)| name.clone())
        .collect();
    for name in names {
        if let Some(task) = state.tasks.get_mut(&name) {
            task.message = Some(why.to_owned());
        }
    }
}

/// Commands that end what a run waits for, one per line.
fn how_waits_end(known: &KnownRun, program: &str) -> Vec<String> {
    if known.state.phase.is_final() {
        return Vec::new();
    }
    let name = &known.record.name;
    let mut lines = Vec::new();
    if known.state.message.as_deref() == Some(runs::SUSPENDED) {
        lines.push(format!("To start tasks again: {program} resume {name}"));
    }
    for node in known.status.iter().flat_map(waiting) {
        let values: String = wanted(node)
            .into_iter()
            .filter(|(_, has_default)| !has_default)
            .map(|(output, _)| format!(" --output-parameter {output}=VALUE"))
            .collect();
        let task = &node.display_name;
        lines.push(format!(
            "To resume {task}: {program} resume {name} --node {task}{values}"
        ));
    }
    lines
}

/// Warns if part of a run's record could not be read.
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
