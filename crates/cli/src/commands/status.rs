use clap::{Args, ValueEnum};
use jiff::Timestamp;
use runs::Phase;

use super::Result;
use super::plan::to_json;
use crate::exit::Exit;
use crate::render::{runs as table, words};
use crate::settings::Settings;
use crate::store::Store;

/// Show where a run stands, task by task, and why it failed
#[derive(Debug, Args)]
pub(crate) struct StatusArguments {
    /// The run: its name, a unique beginning of it, or @latest
    #[arg(default_value = "@latest")]
    run: String,

    /// Form of the output
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

pub(crate) fn run(arguments: &StatusArguments, settings: &Settings) -> Result {
    let store = Store::open(settings)?;
    let (record, state) = store.select(&arguments.run)?;
    if let Output::Json = arguments.output {
        settings.printer.data(&to_json(
            &serde_json::json!({"run": record, "state": state}),
        ));
        return Ok(Exit::Success);
    }
    let now = Timestamp::now();
    let mut text = format!(
        "{} · {} · env {} · {}",
        record.name,
        record.pipeline,
        record.environment,
        table::phase(state.phase)
    );
    if let Some(message) = &state.message {
        text.push_str(&format!(" ({message})"));
    }
    if let (Some(started), Some(finished)) = (state.started, state.finished) {
        text.push_str(&format!(
            " after {}",
            words::duration(words::between(started, finished))
        ));
    }
    text.push_str("\n\n");
    text.push_str(&table::tasks(&state, now, settings.printer.width()));
    settings.printer.data(&text);
    let logs = store.logs(&record.name);
    settings
        .printer
        .say(&format!("\nlogs: {}", crate::store::shown(&logs)));
    if matches!(state.phase, Phase::Failed | Phase::Error) {
        settings.printer.say(&format!(
            "go on: {} retry {}",
            settings.program, record.name
        ));
    }
    Ok(Exit::Success)
}
