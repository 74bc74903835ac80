use clap::Args;
use runs::{Phase, RunRecord};

use super::Result;
use crate::error::exit::Exit;
use crate::local::follow::follow_here;
use crate::local::how::RunOutput;
use crate::local::summary::summarise as summarise_here;
use crate::local::written;
use crate::record::results;
use crate::record::store::Store;
use crate::remote::cluster_run::ClusterRun;
use crate::remote::connection::Connection;
use crate::remote::find::{FoundRun, find};
use crate::remote::follow::{Following, follow, summarise};
use crate::settings::Settings;
use crate::terminal::reporter::View;

/// Show the progress of a run until it ends; the exit code is 1 if it failed
#[derive(Debug, Args)]
pub(crate) struct WatchArguments {
    /// The run: its name, the beginning of its name, or @latest
    #[arg(default_value = runs::LATEST)]
    run: String,

    #[command(flatten)]
    connection: Connection,

    /// Also show the output of the tasks
    #[arg(long)]
    logs: bool,

    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: RunOutput,
}

pub(crate) async fn run(arguments: &WatchArguments, settings: &Settings) -> Result {
    match find(&arguments.run, &arguments.connection, settings).await? {
        FoundRun::Here(found) => here(&found.record, arguments, settings).await,
        FoundRun::Cluster(run) => on_cluster(*run, arguments, settings).await,
    }
}

impl WatchArguments {
    fn view(&self) -> View {
        match self.output {
            RunOutput::Json => View::Json,
            RunOutput::Text | RunOutput::Name => View::Progress { logs: self.logs },
        }
    }

    /// Prints the run's name if the user asked for nothing else.
    fn say_its_name(&self, record: &RunRecord, settings: &Settings) {
        if self.output == RunOutput::Name {
            settings.printer.data(&record.name);
        }
    }
}

async fn here(record: &RunRecord, arguments: &WatchArguments, settings: &Settings) -> Result {
    let name = &record.name;
    arguments.say_its_name(record, settings);
    let store = Store::open(settings)?;
    let (state, exit) =
        follow_here(&store, name, (arguments.view(), arguments.logs), settings).await?;
    if exit != Exit::Interrupted && arguments.output == RunOutput::Text {
        summarise_here(record, &state, None, &store, settings);
        if state.phase == Phase::Succeeded {
            results::show(
                &written::here(&store, name, settings.printer)?,
                settings.printer,
            );
        }
    }
    Ok(exit)
}

async fn on_cluster(
    mut run: ClusterRun,
    arguments: &WatchArguments,
    settings: &Settings,
) -> Result {
    settings.printer.say(&format!(
        "{} · {} in {}",
        run.record.name,
        run.cluster.namespace,
        run.cluster
            .context
            .as_deref()
            .unwrap_or(&run.cluster.server)
    ));
    arguments.say_its_name(&run.record, settings);
    let how = Following {
        view: arguments.view(),
        logs: arguments.logs,
    };
    let exit = follow(&mut run, how, settings).await?;
    if exit != Exit::Interrupted && arguments.output == RunOutput::Text {
        summarise(&run, settings).await;
    }
    Ok(exit)
}
