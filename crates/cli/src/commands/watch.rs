use clap::Args;

use super::Result;
use super::run::Output;
use crate::cluster_run::{Found, find};
use crate::connection::Connection;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::follow::{Following, follow, summarise};
use crate::reporter::View;
use crate::settings::Settings;

/// Show the progress of a run on a cluster until it ends
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
    output: Output,
}

pub(crate) async fn run(arguments: &WatchArguments, settings: &Settings) -> Result {
    let found = find(&arguments.run, &arguments.connection, settings).await;
    let Found::Cluster(mut run) = found.map_err(CommandError::on_cluster)? else {
        return Err(CommandError::new(
            "this run is on this machine; `run` itself shows its progress",
        )
        .hint("to see its state: {program} status"));
    };
    settings.printer.say(&format!(
        "{} · {} in {}",
        run.record.name,
        run.cluster.namespace,
        run.cluster
            .context
            .as_deref()
            .unwrap_or(&run.cluster.server)
    ));
    let view = match arguments.output {
        Output::Json => View::Json,
        Output::Text => View::Progress {
            logs: arguments.logs,
        },
    };
    let how = Following {
        view,
        logs: arguments.logs,
    };
    let exit = follow(&mut run, how, settings).await?;
    if exit != Exit::Interrupted && arguments.output == Output::Text {
        summarise(&run, settings).await;
    }
    Ok(exit)
}
