//! `stop`, `terminate`, `suspend`, `resume` and `delete`: a word to the cluster each.

use clap::Args;
use cluster::{Object, Shutdown};

use super::Result;
use crate::ask::{ask, is_somebody_there};
use crate::cluster_run::{ClusterRun, Found, find};
use crate::connection::Connection;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::settings::Settings;

/// End a run on a cluster: running tasks are told to end, the exit handler runs
#[derive(Debug, Args)]
pub(crate) struct StopArguments {
    #[command(flatten)]
    which: Which,
}

/// End a run on a cluster at once: running tasks are told to end, nothing else runs
#[derive(Debug, Args)]
pub(crate) struct TerminateArguments {
    #[command(flatten)]
    which: Which,
}

/// Let a run on a cluster start no more tasks; those that run go on
#[derive(Debug, Args)]
pub(crate) struct SuspendArguments {
    #[command(flatten)]
    which: Which,
}

/// Let a suspended run on a cluster start tasks again
#[derive(Debug, Args)]
pub(crate) struct ResumeArguments {
    #[command(flatten)]
    which: Which,
}

/// Delete a run and its pods from the cluster; what is on record of it stays here
#[derive(Debug, Args)]
pub(crate) struct DeleteArguments {
    #[command(flatten)]
    which: Which,

    /// Delete one that still runs without asking; off a terminal nothing is asked
    #[arg(long, short)]
    yes: bool,
}

#[derive(Debug, Args)]
struct Which {
    /// The run: its name, a unique beginning of it, or @latest
    run: String,

    #[command(flatten)]
    connection: Connection,
}

impl Which {
    async fn find(
        &self,
        settings: &Settings,
    ) -> std::result::Result<Box<ClusterRun>, CommandError> {
        match find(&self.run, &self.connection, settings).await? {
            Found::Cluster(run) => Ok(run),
            Found::Here(found) => Err(CommandError::new(format!(
                "run `{}` is on this machine, not on a cluster",
                found.0.name
            ))
            .hint("end it with Ctrl-C where it runs")),
        }
    }
}

pub(crate) async fn stop(arguments: &StopArguments, settings: &Settings) -> Result {
    let run = arguments.which.find(settings).await?;
    let name = &run.record.name;
    run.cluster.shut_down(name, Shutdown::Stop).await?;
    settings.printer.say(&format!(
        "{name} is told to stop; see it end: {} watch {name}",
        settings.program
    ));
    Ok(Exit::Success)
}

pub(crate) async fn terminate(arguments: &TerminateArguments, settings: &Settings) -> Result {
    let run = arguments.which.find(settings).await?;
    let name = &run.record.name;
    run.cluster.shut_down(name, Shutdown::Terminate).await?;
    settings.printer.say(&format!(
        "{name} is told to end at once; see it end: {} watch {name}",
        settings.program
    ));
    Ok(Exit::Success)
}

pub(crate) async fn suspend(arguments: &SuspendArguments, settings: &Settings) -> Result {
    let run = arguments.which.find(settings).await?;
    let name = &run.record.name;
    run.cluster.suspend(name).await?;
    settings.printer.say(&format!(
        "{name} starts no more tasks; go on with it: {} resume {name}",
        settings.program
    ));
    Ok(Exit::Success)
}

pub(crate) async fn resume(arguments: &ResumeArguments, settings: &Settings) -> Result {
    let run = arguments.which.find(settings).await?;
    let name = &run.record.name;
    settings.printer.say(&if run.cluster.resume(name).await? {
        format!("{name} goes on")
    } else {
        format!("{name} is not suspended")
    });
    Ok(Exit::Success)
}

pub(crate) async fn delete(arguments: &DeleteArguments, settings: &Settings) -> Result {
    let mut run = arguments.which.find(settings).await?;
    let name = run.record.name.clone();
    let mut there = run.refresh().await?;
    let is_running = there && !run.state.phase.is_final();
    if is_running && !arguments.yes && is_somebody_there() {
        if !ask(&format!("{name} still runs; delete it?"), false).await? {
            return Err(CommandError::interrupted());
        }
        // The question may have stood there for long.
        there = run.refresh().await?;
    }
    // What it came to is put on record first.
    if run.is_behind() {
        return Err(CommandError::new(format!(
            "{name} is not deleted: what became of it would be on record nowhere"
        ))
        .hint("keep its record where it can be written: --state FOLDER"));
    }
    if there {
        let uid = Some(run.record.uid.as_str());
        run.cluster.delete(Object::Workflow, &name, uid).await?;
        run.deleted();
    } else {
        run.lost();
    }
    settings.printer.say(&format!(
        "{name} {}; what is on record of it stays",
        if there {
            "is deleted"
        } else {
            "was deleted before"
        }
    ));
    Ok(Exit::Success)
}
