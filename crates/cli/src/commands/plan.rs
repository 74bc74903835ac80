use clap::{Args, ValueEnum};

use super::Result;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::flags::selection::Selection;
use crate::render::json::to_json;
use crate::render::{costs, graph, plan as table};
use crate::run::experience::{Experience, RUNS, tasks_of};
use crate::settings::Settings;
use crate::spine;
use crate::spine::findings;

/// Show what will run: tasks, their nodes, machines and data
#[derive(Debug, Args)]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    selection: Selection,

    /// Show what one run costs, from the durations of earlier runs and the prices of argo.yml
    #[arg(long)]
    cost: bool,

    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: PlanOutput,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum PlanOutput {
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
    opened.show(&left_out, lint::Target::Cluster, settings);
    let (config, plan) = opened.plan()?;
    if arguments.cost {
        let tasks = tasks_of(&plan);
        let experience = Experience::of(&tasks, RUNS, None, settings)?;
        let rows: Vec<costs::Row<'_>> = tasks
            .iter()
            .enumerate()
            .map(|(index, task)| costs::Row::new(task, experience.seconds(index), &config))
            .collect();
        let currency = config.prices.currency.as_deref();
        let width = settings.printer.width();
        match arguments.output {
            PlanOutput::Table => settings.printer.data(&costs::table(&rows, currency, width)),
            PlanOutput::Json => {
                let mut planned = serde_json::json!(plan);
                planned["cost"] = costs::json(&rows, currency);
                settings.printer.document(&to_json(&planned)?);
            }
            PlanOutput::Name | PlanOutput::Mermaid => {
                return Err(CommandError::new(
                    "`plan --cost` is a table or JSON: leave out -o, or use -o json",
                ));
            }
        }
        return Ok(Exit::Success);
    }
    let text = match arguments.output {
        PlanOutput::Table => table::table(&plan, &opened.snapshot, settings.printer.width()),
        PlanOutput::Json => to_json(&plan)?,
        PlanOutput::Mermaid => graph::mermaid(&plan),
        PlanOutput::Name => plan
            .tasks
            .iter()
            .map(|task| format!("{}\n", task.name))
            .collect(),
    };
    match arguments.output {
        PlanOutput::Json | PlanOutput::Mermaid => settings.printer.document(&text),
        PlanOutput::Table | PlanOutput::Name => settings.printer.data(&text),
    }
    if matches!(arguments.output, PlanOutput::Table) {
        findings::say_errors(&opened, &config, settings);
    }
    Ok(Exit::Success)
}
