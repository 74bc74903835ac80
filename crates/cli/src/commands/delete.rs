use clap::Args;
use cluster::{ClusterError, Object};
use jiff::{SignedDuration, Timestamp};
use runs::{RunLock, RunSummary};

use super::Result;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::flags::age::age;
use crate::local::like_a_pod;
use crate::record::store::Store;
use crate::remote::cluster_run::ClusterRun;
use crate::remote::connection::Connection;
use crate::remote::find::{FoundRun, find};
use crate::render::words;
use crate::settings::Settings;
use crate::terminal::ask::{ask, is_somebody_there};

/// Delete a run: on this machine with its data, on a cluster with its pods
///
/// For a run on this machine, this deletes its record, its output and the data that its tasks
/// passed on. For a run on a cluster, this deletes the Workflow and its pods; the record stays
/// here.
#[derive(Debug, Args)]
pub(crate) struct DeleteArguments {
    /// The run: its name, the beginning of its name, or @latest
    #[arg(required_unless_present = "older_than")]
    run: Option<String>,

    /// Delete all finished runs on this machine that are older than this: 7d, 12h, 2w
    #[arg(long, value_name = "AGE", value_parser = age, conflicts_with = "run")]
    older_than: Option<SignedDuration>,

    #[command(flatten)]
    connection: Connection,

    /// Do not ask; without a terminal, the command never asks
    #[arg(long, short)]
    yes: bool,
}

pub(crate) async fn run(arguments: &DeleteArguments, settings: &Settings) -> Result {
    let (Some(word), None) = (&arguments.run, arguments.older_than) else {
        let age = arguments.older_than.unwrap_or_default();
        return older(age, arguments.yes, settings).await;
    };
    match find(word, &arguments.connection, settings).await {
        Ok(FoundRun::Here(found)) => here(&found.record.name, arguments.yes, settings).await,
        Ok(FoundRun::Cluster(run)) => on_cluster(arguments, *run, settings).await,
        Err(error) => {
            let store = Store::open_anywhere(settings)?;
            match store.name(word) {
                // The record of the run is unreadable.
                Ok(name) if store.load(&name).is_err() => {
                    here(&name, arguments.yes, settings).await
                }
                _ => Err(error),
            }
        }
    }
}

async fn here(name: &str, is_sure: bool, settings: &Settings) -> Result {
    let store = Store::create(settings, &settings.folder_of_runs()?)?;
    if RunLock::is_held(&store.run(name))? {
        return Err(still_runs(name));
    }
    let question = format!("Delete {name} with its output and its data?");
    if !is_sure && is_somebody_there() && !ask(&question, false).await? {
        return Err(CommandError::interrupted());
    }
    forget(&store, name)?;
    settings
        .printer
        .say(&format!("deleted {name}, with its output and its data"));
    Ok(Exit::Success)
}

fn still_runs(name: &str) -> CommandError {
    CommandError::new(format!("run `{name}` is still running"))
        .hint(format!("stop it first: {{program}} stop {name}"))
}

/// Deletes a run on this machine: its folder, then its record, so that a failed deletion can be repeated.
fn forget(store: &Store, name: &str) -> std::result::Result<(), CommandError> {
    let folder = store.run(name);
    if folder.is_dir() {
        // The locks keep other programs from starting work on the run.
        let (lock, tasks) = (RunLock::take(&folder)?, runs::lock_tasks(&folder)?);
        if lock.is_none() || tasks.is_none() {
            return Err(still_runs(name));
        }
        like_a_pod::remove_left(&folder)?;
        fs_err::remove_dir_all(&folder)?;
    }
    store.history()?.forget(name)?;
    Ok(())
}

async fn older(age: SignedDuration, is_sure: bool, settings: &Settings) -> Result {
    let printer = settings.printer;
    let store = Store::create(settings, &settings.folder_of_runs()?)?;
    let now = Timestamp::now();
    let is_old = |run: &RunSummary| {
        run.record.cluster.is_none() && now.duration_since(run.record.created) > age
    };
    let mut names: Vec<String> = Vec::new();
    for run in store.all()?.runs {
        if is_old(&run) && !RunLock::is_held(&store.run(&run.record.name))? {
            names.push(run.record.name);
        }
    }
    if names.is_empty() {
        printer.say("no finished run on this machine is older than that");
        return Ok(Exit::Success);
    }
    let count = words::count(names.len(), "run");
    let shown: Vec<&str> = names.iter().map(String::as_str).collect();
    let question = format!(
        "Delete {count} with all output and data: {}?",
        words::list(&shown)
    );
    if !is_sure && is_somebody_there() && !ask(&question, false).await? {
        return Err(CommandError::interrupted());
    }
    for name in &names {
        forget(&store, name)?;
    }
    printer.say(&format!("deleted {count}: {}", words::list(&shown)));
    Ok(Exit::Success)
}

async fn on_cluster(
    arguments: &DeleteArguments,
    mut run: ClusterRun,
    settings: &Settings,
) -> Result {
    let name = run.record.name.clone();
    let mut there = run.refresh().await?;
    let is_running = there && !run.state.phase.is_final();
    if is_running && !arguments.yes && is_somebody_there() {
        if !ask(&format!("{name} is still running. Delete it?"), false).await? {
            return Err(CommandError::interrupted());
        }
        // The user may have taken long to answer.
        there = run.refresh().await?;
    }
    // The history must have the run's end before the cluster loses it.
    if run.is_behind() {
        return Err(CommandError::new(format!(
            "{name} was not deleted: its end cannot be written to the history"
        ))
        .hint("use another folder for the history: --state FOLDER"));
    }
    if there {
        let uid = Some(run.record.uid.as_str());
        match run.cluster.delete(Object::Workflow, &name, uid).await {
            Ok(()) => run.deleted(),
            // An Argo Server also finds runs in Argo's archive; the cluster has nothing left of them.
            Err(ClusterError::NotFound { .. }) => {
                there = false;
                run.lost();
            }
            Err(error) => return Err(error.into()),
        }
    } else {
        run.lost();
    }
    settings.printer.say(&format!(
        "{name} {}; its record stays",
        if there {
            "was deleted"
        } else {
            "had been deleted before"
        }
    ));
    Ok(Exit::Success)
}
