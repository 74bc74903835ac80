//! `stop`, `terminate`, `suspend` and `resume`: a word to the cluster each, and `stop` to a run here as well.

use clap::Args;
use cluster::Shutdown;
use runs::RunLock;
use rustix::process::{Pid, Signal, kill_process};

use super::Result;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::record::store::Store;
use crate::remote::cluster_run::ClusterRun;
use crate::remote::connection::Connection;
use crate::remote::find::{Found, find, find_of_cluster};
use crate::settings::Settings;

/// Stop a run: its running tasks are told to end; on a cluster, the exit handler still runs
#[derive(Debug, Args)]
pub(crate) struct StopArguments {
    #[command(flatten)]
    which: Which,
}

/// Terminate a run on a cluster: its running tasks are told to end; the exit handler does not run
#[derive(Debug, Args)]
pub(crate) struct TerminateArguments {
    #[command(flatten)]
    which: Which,
}

/// Suspend a run on a cluster: it starts no more tasks; running tasks continue
#[derive(Debug, Args)]
pub(crate) struct SuspendArguments {
    #[command(flatten)]
    which: Which,
}

/// Resume a suspended run on a cluster: it starts tasks again
#[derive(Debug, Args)]
pub(crate) struct ResumeArguments {
    #[command(flatten)]
    which: Which,
}

#[derive(Debug, Args)]
struct Which {
    /// The run: its name, the beginning of its name, or @latest
    #[arg(default_value = runs::LATEST)]
    run: String,

    #[command(flatten)]
    connection: Connection,
}

impl Which {
    async fn find(
        &self,
        settings: &Settings,
    ) -> std::result::Result<Box<ClusterRun>, CommandError> {
        find_of_cluster(&self.run, &self.connection, settings).await
    }
}

pub(crate) async fn stop(arguments: &StopArguments, settings: &Settings) -> Result {
    let which = &arguments.which;
    let run = match find(&which.run, &which.connection, settings).await? {
        Found::Cluster(run) => run,
        Found::Here(found) => return stop_here(&found.0.name, settings),
    };
    let name = &run.record.name;
    run.cluster.shut_down(name, Shutdown::Stop).await?;
    settings.printer.say(&format!(
        "{name} was told to stop. To see its end: {} watch {name}",
        settings.program
    ));
    Ok(Exit::Success)
}

/// Does what Ctrl-C does where the run goes on.
fn stop_here(name: &str, settings: &Settings) -> Result {
    let folder = Store::open(settings)?.run(name);
    let unknown = |error: std::io::Error| {
        CommandError::new(format!(
            "cannot find the process that runs `{name}`: {error}"
        ))
        .hint("stop it with Ctrl-C in the terminal where it runs")
    };
    let Some(holder) = RunLock::holder(&folder).map_err(unknown)? else {
        return Err(CommandError::new(format!("run `{name}` has ended already"))
            .hint(format!("to see how it ended: {{program}} status {name}")));
    };
    if !holder.is_here() {
        return Err(CommandError::new(format!(
            "run `{name}` is on another machine: {}",
            holder.machine
        ))
        .hint("stop it on that machine"));
    }
    if let Some(process) = Pid::from_raw(holder.process) {
        kill_process(process, Signal::TERM).map_err(|error| unknown(error.into()))?;
    }
    settings.printer.say(&format!(
        "{name} was told to stop. To see how it ended: {program} status {name}. To continue: {program} retry {name}",
        program = settings.program
    ));
    Ok(Exit::Success)
}

pub(crate) async fn terminate(arguments: &TerminateArguments, settings: &Settings) -> Result {
    let run = arguments.which.find(settings).await?;
    let name = &run.record.name;
    run.cluster.shut_down(name, Shutdown::Terminate).await?;
    settings.printer.say(&format!(
        "{name} was terminated. To see its end: {} watch {name}",
        settings.program
    ));
    Ok(Exit::Success)
}

pub(crate) async fn suspend(arguments: &SuspendArguments, settings: &Settings) -> Result {
    let run = arguments.which.find(settings).await?;
    let name = &run.record.name;
    run.cluster.suspend(name).await?;
    settings.printer.say(&format!(
        "{name} starts no more tasks. To continue: {} resume {name}",
        settings.program
    ));
    Ok(Exit::Success)
}

pub(crate) async fn resume(arguments: &ResumeArguments, settings: &Settings) -> Result {
    let run = arguments.which.find(settings).await?;
    let name = &run.record.name;
    settings.printer.say(&if run.cluster.resume(name).await? {
        format!("{name} continues")
    } else {
        format!("{name} is not suspended")
    });
    Ok(Exit::Success)
}
