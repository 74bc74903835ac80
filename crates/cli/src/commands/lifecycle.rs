//! `stop`, `terminate`, `suspend` and `resume`: each sends a command to the cluster, or to the
//! program that runs the run here.

use argo::status::waits::NodeSelector;
use clap::Args;
use cluster::Shutdown;
use runs::{Request, RunState, SUSPENDED};

use super::Result;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::flags::waiting_nodes::WaitingNodes;
use crate::local::control::{ask, check_outputs, chosen, status};
use crate::remote::connection::Connection;
use crate::remote::find::{FoundRun, find};
use crate::settings::Settings;

/// Stop a run: its running tasks are told to end; the exit handler still runs
///
/// With --node, only a suspended task fails, and the run goes on as if the task had failed by itself.
#[derive(Debug, Args)]
pub(crate) struct StopArguments {
    #[command(flatten)]
    which: Which,

    #[command(flatten)]
    nodes: WaitingNodes,

    /// Reason why the suspended task fails
    #[arg(long, value_name = "TEXT", default_value = "")]
    message: String,
}

/// Terminate a run: its running tasks are told to end; the exit handler does not run
#[derive(Debug, Args)]
pub(crate) struct TerminateArguments {
    #[command(flatten)]
    which: Which,
}

/// Suspend a run: it starts no more tasks; running tasks continue
#[derive(Debug, Args)]
pub(crate) struct SuspendArguments {
    #[command(flatten)]
    which: Which,
}

/// Resume a suspended run: it starts tasks again, and its suspended tasks end
///
/// With --node, only a suspended task ends, and what comes after it goes on.
#[derive(Debug, Args)]
pub(crate) struct ResumeArguments {
    #[command(flatten)]
    which: Which,

    #[command(flatten)]
    nodes: WaitingNodes,

    /// Give an output parameter of a suspended task its value (`valueFrom: {supplied: {}}`)
    #[arg(long, short = 'p', value_name = "NAME=VALUE")]
    output_parameter: Vec<String>,
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
    async fn find(&self, settings: &Settings) -> std::result::Result<FoundRun, CommandError> {
        find(&self.run, &self.connection, settings).await
    }
}

pub(crate) async fn stop(arguments: &StopArguments, settings: &Settings) -> Result {
    let found = arguments.which.find(settings).await?;
    if let Some(selector) = arguments.nodes.selector()? {
        return refuse(arguments, found, &selector, settings).await;
    }
    if !arguments.message.is_empty() {
        return Err(CommandError::new("--message is for a suspended task")
            .hint("name the task: --node NAME"));
    }
    let program = &settings.program;
    let name = match found {
        FoundRun::Cluster(run) => {
            let name = run.record.name.clone();
            run.cluster.shut_down(&name, Shutdown::Stop).await?;
            name
        }
        FoundRun::Here(found) => {
            let (state, record) = (found.state()?, found.record);
            ask(&record.name, &state, Request::Stop, settings)?;
            record.name
        }
    };
    settings.printer.say(&format!(
        "{name} was told to stop. To see its end: {program} watch {name}. To continue it then: {program} retry {name}"
    ));
    Ok(Exit::Success)
}

/// Makes a task fail that waits for a user.
async fn refuse(
    arguments: &StopArguments,
    found: FoundRun,
    selector: &NodeSelector,
    settings: &Settings,
) -> Result {
    let message = arguments.message.clone();
    let typed = arguments.nodes.typed();
    let name = match found {
        FoundRun::Cluster(run) => {
            let name = run.record.name.clone();
            if !run.cluster.refuse(&name, selector, &message).await? {
                return Err(nobody_waits(&name, &typed));
            }
            name
        }
        FoundRun::Here(found) => {
            let (state, record) = (found.state()?, found.record);
            let status = status(&record.name, settings)?;
            let nodes = chosen(&status, Some(selector), &record.name);
            if nodes.is_empty() && !state.phase.is_final() {
                return Err(nobody_waits(&record.name, &typed));
            }
            let nodes = nodes.iter().map(|node| node.id.clone()).collect();
            let request = Request::Refuse { nodes, message };
            ask(&record.name, &state, request, settings)?;
            record.name
        }
    };
    settings
        .printer
        .say(&format!("{typed} of {name} was told to fail"));
    Ok(Exit::Success)
}

fn nobody_waits(name: &str, typed: &str) -> CommandError {
    CommandError::new(format!("run `{name}` has no suspended task `{typed}`"))
        .hint(format!("to see what waits: {{program}} status {name}"))
}

pub(crate) async fn terminate(arguments: &TerminateArguments, settings: &Settings) -> Result {
    let name = match arguments.which.find(settings).await? {
        FoundRun::Cluster(run) => {
            let name = run.record.name.clone();
            run.cluster.shut_down(&name, Shutdown::Terminate).await?;
            name
        }
        FoundRun::Here(found) => {
            let (state, record) = (found.state()?, found.record);
            ask(&record.name, &state, Request::Terminate, settings)?;
            record.name
        }
    };
    settings.printer.say(&format!(
        "{name} was terminated. To see its end: {} watch {name}",
        settings.program
    ));
    Ok(Exit::Success)
}

pub(crate) async fn suspend(arguments: &SuspendArguments, settings: &Settings) -> Result {
    let name = match arguments.which.find(settings).await? {
        FoundRun::Cluster(run) => {
            let name = run.record.name.clone();
            run.cluster.suspend(&name).await?;
            name
        }
        FoundRun::Here(found) => {
            let (state, record) = (found.state()?, found.record);
            ask(&record.name, &state, Request::Suspend, settings)?;
            record.name
        }
    };
    settings.printer.say(&format!(
        "{name} starts no more tasks. To continue: {} resume {name}",
        settings.program
    ));
    Ok(Exit::Success)
}

pub(crate) async fn resume(arguments: &ResumeArguments, settings: &Settings) -> Result {
    let outputs = outputs(&arguments.output_parameter)?;
    let selector = arguments.nodes.selector()?;
    let typed = arguments.nodes.typed();
    let (name, goes_on) = match arguments.which.find(settings).await? {
        FoundRun::Cluster(run) => {
            let name = run.record.name.clone();
            let goes_on = run
                .cluster
                .resume(&name, selector.as_ref(), &outputs)
                .await?;
            (name, goes_on)
        }
        FoundRun::Here(found) => {
            let (state, record) = (found.state()?, found.record);
            let name = &record.name;
            let goes_on = resume_here(name, &state, selector.as_ref(), outputs, settings)?;
            (record.name, goes_on)
        }
    };
    match (&selector, goes_on) {
        (_, true) => settings.printer.say(&format!("{name} continues")),
        (Some(_), false) => return Err(nobody_waits(&name, &typed)),
        (None, false) => settings.printer.say(&format!("{name} is not suspended")),
    }
    Ok(Exit::Success)
}

/// Resumes a run here, and says whether a task waited for that.
fn resume_here(
    name: &str,
    state: &RunState,
    selector: Option<&NodeSelector>,
    outputs: Vec<(String, String)>,
    settings: &Settings,
) -> std::result::Result<bool, CommandError> {
    let status = status(name, settings)?;
    let nodes = chosen(&status, selector, name);
    let is_suspended = selector.is_none() && state.message.as_deref() == Some(SUSPENDED);
    if !state.phase.is_final() {
        if nodes.is_empty() && !is_suspended {
            return Ok(false);
        }
        check_outputs(&nodes, &outputs)?;
    }
    let ids = nodes.iter().map(|node| node.id.clone()).collect();
    let request = Request::Resume {
        nodes: selector.map(|_| ids),
        outputs,
    };
    ask(name, state, request, settings)?;
    Ok(true)
}

fn outputs(typed: &[String]) -> std::result::Result<Vec<(String, String)>, CommandError> {
    let split = |word: &String| {
        let (name, value) = word.split_once('=').ok_or_else(|| {
            CommandError::new(format!("`{word}` is not an output parameter"))
                .hint("write the name and the value: --output-parameter NAME=VALUE")
        })?;
        Ok((name.to_owned(), value.to_owned()))
    };
    typed.iter().map(split).collect()
}
