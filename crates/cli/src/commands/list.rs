use clap::{Args, ValueEnum};
use jiff::Timestamp;
use runs::{RunRecord, RunState};

use super::Result;
use super::plan::to_json;
use crate::cluster_run;
use crate::connection::Connection;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::runs as table;
use crate::settings::Settings;
use crate::store::Store;

/// List the runs of this project, here and on clusters
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// List what argo-kedro runs in the cluster's namespace, whoever submitted it
    #[arg(long)]
    cluster: bool,

    #[command(flatten)]
    connection: Connection,

    /// Form of the output
    #[arg(long, short, value_enum, default_value_t)]
    output: Output,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Output {
    /// For people
    #[default]
    Table,
    /// For people, with the `WORKFLOW_ID` of each run
    Wide,
    /// For programs
    Json,
    /// Names alone
    Name,
}

pub(crate) async fn run(arguments: &ListArguments, settings: &Settings) -> Result {
    let runs = if arguments.cluster {
        let mut runs = cluster_run::in_namespace(&arguments.connection, settings).await?;
        for (record, state) in &mut runs {
            cluster_run::expect_tasks(record, state);
        }
        runs
    } else {
        cluster_run::bring_up_to_date(&arguments.connection, settings).await?;
        on_record(&Store::open(settings)?)?
    };
    let text = match arguments.output {
        Output::Name => runs
            .iter()
            .map(|(record, _)| format!("{}\n", record.name))
            .collect(),
        Output::Json => {
            let rows: Vec<serde_json::Value> = runs
                .iter()
                .map(|(record, state)| serde_json::json!({"run": record, "state": state}))
                .collect();
            to_json(&rows)
        }
        Output::Table | Output::Wide if runs.is_empty() => {
            settings
                .printer
                .say(&format!("no runs yet; start one: {} run", settings.program));
            return Ok(Exit::Success);
        }
        Output::Table | Output::Wide => {
            let is_wide = matches!(arguments.output, Output::Wide);
            table::list(&runs, Timestamp::now(), settings.printer.width(), is_wide)
        }
    };
    match arguments.output {
        Output::Json => settings.printer.document(&text),
        Output::Name | Output::Table | Output::Wide => settings.printer.data(&text),
    }
    Ok(Exit::Success)
}

/// The runs on record; those that no controller has seen yet have the tasks of their manifests.
fn on_record(store: &Store) -> std::result::Result<Vec<(RunRecord, RunState)>, CommandError> {
    let mut runs = store.all()?;
    let unseen = runs
        .iter_mut()
        .filter(|(record, state)| record.cluster.is_some() && state.tasks.is_empty());
    for (record, state) in unseen {
        // Records in a list come without their manifests.
        let (whole, _) = store.select(&record.name)?;
        cluster_run::expect_tasks(&whole, state);
    }
    Ok(runs)
}
