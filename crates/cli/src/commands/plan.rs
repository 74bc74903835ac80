use clap::{Args, ValueEnum};

use super::Result;
use crate::exit::Exit;
use crate::printer::without_controls;
use crate::project_findings;
use crate::render::{graph, plan as table};
use crate::selection::Selection;
use crate::settings::Settings;
use crate::spine;

/// Show what will run: tasks, their nodes, machines and data
#[derive(Debug, Args)]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    selection: Selection,

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
    /// For documents: a flowchart
    Mermaid,
    /// Only the names of the tasks
    Name,
}

pub(crate) async fn run(arguments: &PlanArguments, settings: &Settings) -> Result {
    let opened = spine::open(settings, &arguments.selection.for_cluster()).await?;
    let left_out = lint::project::left_out(&opened.snapshot, lint::Target::Local);
    opened.show(&left_out, settings);
    let (config, plan) = opened.plan()?;
    let text = match arguments.output {
        Output::Table => table::table(&plan, &opened.snapshot, settings.printer.width()),
        Output::Json => to_json(&plan),
        Output::Mermaid => graph::mermaid(&plan),
        Output::Name => plan
            .tasks
            .iter()
            .map(|task| format!("{}\n", task.name))
            .collect(),
    };
    match arguments.output {
        Output::Json | Output::Mermaid => settings.printer.document(&text),
        Output::Table | Output::Name => settings.printer.data(&text),
    }
    if matches!(arguments.output, Output::Table) {
        project_findings::say_errors(&opened, &config, settings);
    }
    Ok(Exit::Success)
}

/// Indented JSON; what is written here always can be.
pub(crate) fn to_json(value: &impl serde::Serialize) -> String {
    without_controls(&serde_json::to_string_pretty(value).unwrap_or_default()).into_owned()
}
